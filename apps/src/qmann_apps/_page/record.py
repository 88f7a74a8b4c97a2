"""How an answer did before: the track record, and who does better."""

from collections.abc import Mapping
from typing import Any

from pandas import Series


def advice(report: Any, names: Mapping[str, str], rows: Series) -> None:
    pass


def record(report: Any, names: Mapping[str, str], name: str | None = None) -> None:
    pass
