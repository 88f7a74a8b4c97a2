"""What is suspicious in a table of patients: leaks, mixed units, ages, long tails."""

import numpy as np
from pandas import DataFrame, Series

from qmann_core.data import describe_rows, list_names, plain_name
from qmann_core.errors import DataError

_OLDEST = 130  # years
_FEWEST = 5  # of each class, below which a column may separate them by chance
_UNITS, _GAP = (2.5, 3.5), 1.0  # powers of ten between two units, and without a value
_LONG = 3.0  # skewness


def check_ages(table: DataFrame, where: str) -> None:
    """Refuse ages that nobody has.

    Raises:
        DataError: a column called age below 0 or above 130.
    """
    for name, values in table.items():
        if "age" not in plain_name(name).split() or values.dtype.kind != "f":
            continue
        odd = (values.lt(0) | values.gt(_OLDEST)).to_numpy()
        if odd.any():
            raise DataError(
                f"{where}: column {name!r} is no age at {describe_rows(values, odd)}. Expected "
                f"years from 0 to {_OLDEST}: correct these rows, or rename the column"
            )


def suspicions(table: DataFrame, target: Series) -> tuple[str, ...]:
    """Columns that tell the target alone, and numbers that seem to be in two units.

    Args:
        table: numbers and words as read.
        target: 1, 0, or NaN where not known.
    """
    leaks = [str(name) for name, values in table.items() if _tells(values, target)]
    said = (
        f"{list_names(leaks)} alone tells every known outcome: is it written down only after it, "
        "or the outcome itself? then leave it out"
    )
    return (*((said,) if leaks else ()), *filter(None, map(_mixed, _numeric(table))))


def skewed(table: DataFrame, log1p: tuple[str, ...]) -> tuple[str, ...]:
    """The note on columns with long tails, of which a logarithm may help."""
    names = [
        str(values.name)
        for values in _numeric(table)
        if values.name not in log1p and values.min() >= 0 and float(values.skew()) > _LONG
    ]
    text = f"{list_names(names)}: a few values are very large; log1p={','.join(names)} reads "
    return (f"{text}log(1 + x) of them",) if names else ()


def _numeric(table: DataFrame) -> list[Series]:
    return [values for _, values in table.items() if values.dtype.kind == "f"]


def _tells(values: Series, target: Series) -> bool:
    known = values.notna() & target.notna()
    values, event = values[known], target[known].eq(1)
    if min(event.sum(), (~event).sum()) < _FEWEST:
        return False
    one, other = values[event], values[~event]
    if values.dtype.kind == "f":
        return bool(one.min() > other.max() or one.max() < other.min())
    return not set(one) & set(other)


def _mixed(values: Series) -> str:
    """What to say of positive numbers in two clusters about 1,000 times apart, if they are."""
    logs = np.log10(values.where(values > 0))
    ordered = np.sort(logs.dropna())
    if len(ordered) < 2 or (gaps := np.diff(ordered)).max() < _GAP:
        return ""
    cut = int(gaps.argmax()) + 1
    apart = np.median(ordered[cut:]) - np.median(ordered[:cut])
    if not _UNITS[0] <= apart <= _UNITS[1]:
        return ""
    few = logs.lt(ordered[cut]) if cut <= len(ordered) / 2 else logs.ge(ordered[cut])
    rows = describe_rows(values, few.to_numpy())
    return f"column {values.name!r} seems to be in two units, about 1,000 apart: see {rows}"
