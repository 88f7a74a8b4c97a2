"""What is suspicious in a table of patients: leaks, mixed units, ages, long tails."""

from itertools import pairwise
from typing import Any

import numpy as np
from pandas import DataFrame, Series

from qmann_core.data import describe_rows, list_names, plain_name
from qmann_core.errors import DataError

_OLDEST = 130  # years
_FEWEST = 5  # of each class, below which a column may part them by chance
_UNITS, _GAP = (2.5, 3.5), 1.0  # powers of ten between two units, and without a value
_LONG = 3.0  # skewness


def check_ages(table: DataFrame, where: str) -> None:
    """Refuse ages that nobody has.

    Raises:
        DataError: a column called age below 0 or above 130.
    """
    for values in _numeric(table):
        odd = ~values.dropna().between(0, _OLDEST)
        if "age" in plain_name(values.name).split() and odd.any():
            raise DataError(
                f"{where}: column {values.name!r} is no age at "
                f"{describe_rows(values.dropna(), odd.to_numpy())}. Expected years from 0 to "
                f"{_OLDEST}: correct these rows, or rename the column"
            )


def suspicions(table: DataFrame, target: Series | None, log1p: tuple[str, ...]) -> tuple[str, ...]:
    """Columns that tell the target alone, are in two units, or have long tails.

    Args:
        table: numbers and words as read.
        target: which class, or NaN where not known; None if there is none.
        log1p: columns whose logarithm is read already.
    """
    notes = [_mixed(values) for values in _numeric(table)]
    known = table if target is not None else table.iloc[:, :0]
    if leaks := [name for name, values in known.items() if _tells(values, target)]:
        notes.append(
            f"{list_names(leaks)} alone tells every known outcome: is it written down only after "
            "it, or the outcome itself? then leave it out"
        )
    if others := [name for name in long_tails(table) if name not in log1p]:
        notes.append(f"long tails, of which log(1 + x) is read by log1p={','.join(others)}")
    return tuple(filter(None, notes))


def long_tails(table: DataFrame) -> list[str]:
    """Columns of numbers, none negative, that have a skewness above 3."""
    return [str(values.name) for values in _numeric(table) if _is_long(values)]


def _numeric(table: DataFrame) -> list[Series]:
    return [values for _, values in table.items() if values.dtype.kind == "f"]


def _is_long(values: Series) -> bool:
    z = values.dropna().to_numpy(float)
    z = z - z.mean()
    return bool(values.min() >= 0 and np.mean(z**3) > _LONG * np.mean(z**2) ** 1.5)


def _tells(values: Series, target: Any) -> bool:
    known = values.notna() & target.notna()
    parts = [part for _, part in values[known].groupby(target[known])]
    if len(parts) < 2 or min(map(len, parts)) < _FEWEST:
        return False
    if values.dtype.kind == "f":
        parts.sort(key=Series.min)
        return all(low.max() < high.min() for low, high in pairwise(parts))
    return bool(sum(map(Series.nunique, parts)) == values[known].nunique())


def _mixed(values: Series) -> str:
    """What to say of positive numbers in two clusters about 1,000 times apart, if they are."""
    logs = np.log10(values.where(values > 0))
    ordered = np.sort(logs.dropna())
    gaps = np.diff(ordered)
    if gaps.max(initial=0) < _GAP:
        return ""
    cut = int(gaps.argmax()) + 1
    if not _UNITS[0] <= np.median(ordered[cut:]) - np.median(ordered[:cut]) <= _UNITS[1]:
        return ""
    few = logs.lt(ordered[cut]) if cut <= len(ordered) / 2 else logs.ge(ordered[cut])
    rows = describe_rows(values, few.to_numpy())
    return f"column {values.name!r} seems to be in two units, about 1,000 apart: see {rows}"
