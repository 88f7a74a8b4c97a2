"""The toy task with baselines that fail, importable by processes that are started afresh."""

import os
import time
from dataclasses import replace

from toy import TOY

from qmann_core.errors import DataError


def refuses(*_parts):
    raise DataError("series a has a gap: fill it")


def dies(*_parts):
    os._exit(3)


def sleeps(*_parts):
    time.sleep(600)


FAILING = replace(TOY, baselines={"refuses": refuses, "dies": dies, "sleeps": sleeps})
