"""The toy task with baselines that fail, importable by processes that are started afresh."""

import os
import time
from dataclasses import replace
from pathlib import Path

from toy import SMALL, TOY

from qmann_core.errors import DataError


def refuses(*_parts):
    raise DataError("series a has a gap: fill it")


def dies(*_parts):
    os._exit(3)


def sleeps(*_parts):
    if place := os.environ.get("AUDITED_WORKING"):
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
    time.sleep(600)


__all__ = ["FAILING", "SMALL", "TOY"]
FAILING = replace(TOY, baselines={"refuses": refuses, "dies": dies, "sleeps": sleeps})
