"""A series cut into windows that are keys, each with what followed it as its value."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qmann_core.data import sliding
from qmann_core.errors import ConfigError, DataError

from ..data import row_of_date

HORIZON = 5
"""Days over which what followed is told."""
_FEWEST = 16
"""Windows of which a search is a search."""
_SHORTEST, _LONGEST = 2, 20


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of daily changes that end before the query's begins.

    What followed each of them was known on the last day of the query.
    """

    days: pd.DatetimeIndex
    """Last day of each, the newest first."""
    changes: NDArray[np.float64]
    """(window, day) log returns in percent."""
    followed: NDArray[np.float64]
    """(window, 2) percent by which the price had changed one day after, and `HORIZON` after."""
    day: pd.Timestamp
    """Last day of the query."""
    query: NDArray[np.float64]
    """(day,) its changes."""

    def __len__(self) -> int:
        return len(self.days)

    def angles(self, changes: NDArray[np.float64]) -> NDArray[np.float64]:
        """A quarter turn at most to either side, so that a fall never looks like a rise."""
        return np.asarray(np.arctan(changes / self.changes.std()))


def bits(changes: NDArray[np.float64]) -> NDArray[np.uint8]:
    """1 for a day on which the price rose."""
    return (changes > 0).astype(np.uint8)


def signs(changes: NDArray[np.float64]) -> str:
    """Days of a rise as +, others as -."""
    return "".join("+" if change > 0 else "-" for change in changes)


def cut(close: pd.Series, name: str, length: int, query: str | None) -> Windows:
    """Windows of ``length`` days, up to the one that is asked about.

    Args:
        close: positive, by day.
        name: of the series.
        length: of a window.
        query: last day of the query, as a date or a row counted from 1; None for the newest.

    Raises:
        ConfigError: a length out of range, or a query that is neither date nor row.
        DataError: too few rows, a day that is outside, or prices that never move.
    """
    if not _SHORTEST <= length <= _LONGEST:
        raise ConfigError(
            f"the window is {length} days: expected {_SHORTEST} to {_LONGEST}; longer ones are "
            "never alike"
        )
    apart = max(length, HORIZON)
    first = length + apart + _FEWEST - 1
    if len(close) <= first:
        raise DataError(
            f"{name}: {len(close)} rows; expected at least {first + 1} for windows of "
            f"{length} days: give a longer history or shorten the window"
        )
    days = pd.DatetimeIndex(close.index)
    last = len(close) - 1 if query is None else _row(days, name, query, first)
    prices = close.to_numpy(np.float64)
    changes = sliding(100 * np.diff(np.log(prices))[:, None], length)[..., 0]
    ends = np.arange(last - apart, length - 1, -1)
    found = Windows(
        days=days[ends],
        changes=changes[ends - length],
        followed=np.stack([100 * (prices[ends + n] / prices[ends] - 1) for n in (1, HORIZON)], 1),
        day=days[last],
        query=changes[last - length],
    )
    if not found.changes.any():
        raise DataError(f"{name}: the prices never move: expected some that do")
    return found


def _row(days: pd.DatetimeIndex, name: str, query: str, first: int) -> int:
    """The row of a query, counted from 0: of that date, or of the last one before it."""
    expected = (
        f"expected a date from {days[first]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}, or a row from "
        f"{first + 1} to {len(days)}; before that there are too few windows"
    )
    row = (
        int(query) - 1
        if len(query) < 20 and query.strip().isdecimal()
        else row_of_date(days, query)
    )
    if row is None:
        raise ConfigError(f"the query is {query!r}: {expected}")
    if not first <= row < len(days):
        raise DataError(f"{name}: the query is {query}: {expected}")
    return row
