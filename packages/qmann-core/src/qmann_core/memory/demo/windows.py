"""A series cut into windows that are keys, each with what followed it as its value."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float64, UInt8

from ...data.windows import sliding
from ...errors import ConfigError, DataError

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
    changes: Float64[np.ndarray, "window day"]
    """Log returns in percent."""
    followed: Float64[np.ndarray, "window 2"]
    """Percent by which the price had changed one day after, and `HORIZON` days after."""
    day: pd.Timestamp
    """Last day of the query."""
    query: Float64[np.ndarray, " day"]
    """Its changes."""

    def __len__(self) -> int:
        return len(self.days)

    @property
    def seconds(self) -> Float64[np.ndarray, " window"]:
        """The days, as seconds since 1970."""
        return self.days.to_numpy().astype("datetime64[s]").astype(np.float64)

    @property
    def angles(self) -> Float64[np.ndarray, "window day"]:
        """A quarter turn at most to either side, so that a fall never looks like a rise."""
        return np.asarray(np.arctan(self.changes / self.changes.std()))

    @property
    def query_angles(self) -> Float64[np.ndarray, " day"]:
        return np.asarray(np.arctan(self.query / self.changes.std()))

    @property
    def bits(self) -> UInt8[np.ndarray, "window day"]:
        """1 for a day on which the price rose."""
        return (self.changes > 0).astype(np.uint8)

    @property
    def query_bits(self) -> tuple[int, ...]:
        return tuple((self.query > 0).astype(int).tolist())


def cut(prices: pd.Series, length: int, query: str | None) -> Windows:
    """Windows of ``length`` days, up to the one that is asked about.

    Args:
        prices: positive, by day.
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
    if len(prices) <= first:
        raise DataError(
            f"{prices.name}: {len(prices)} rows; expected at least {first + 1} for windows of "
            f"{length} days: give a longer history or shorten the window"
        )
    last = len(prices) - 1 if query is None else _row(prices, query, first)
    numbers, days = prices.to_numpy(np.float64), pd.DatetimeIndex(prices.index)
    changes = sliding(100 * np.diff(np.log(numbers))[:, None], length)[..., 0]
    ends = np.arange(last - apart, length - 1, -1)
    found = Windows(
        days=days[ends],
        changes=changes[ends - length],
        followed=np.stack([100 * (numbers[ends + n] / numbers[ends] - 1) for n in (1, HORIZON)], 1),
        day=days[last],
        query=changes[last - length],
    )
    if not found.changes.any():
        raise DataError(f"{prices.name}: the prices never move: expected some that do")
    return found


def _row(prices: pd.Series, query: str, first: int) -> int:
    """The row of a query, counted from 0: of that date, or of the last one before it."""
    days = prices.index
    expected = (
        f"expected a date from {days[first]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}, or a row from "
        f"{first + 1} to {len(prices)}; before that there are too few windows"
    )
    if query.strip().isdigit():
        row = int(query) - 1
    else:
        date = _date(query)
        if date is None:
            raise ConfigError(f"the query is {query!r}: {expected}")
        inside = days[0] <= date and date.normalize() <= days[-1]
        row = int(days.searchsorted(date, side="right")) - 1 if inside else -1
    if not first <= row < len(prices):
        raise DataError(f"{prices.name}: the query is {query}: {expected}")
    return row


def _date(text: str) -> pd.Timestamp | None:
    """A date on the wall clock; None if it is none."""
    try:
        date = pd.Timestamp(text)
    except ValueError:
        return None
    return None if pd.isna(date) else date.tz_localize(None)
