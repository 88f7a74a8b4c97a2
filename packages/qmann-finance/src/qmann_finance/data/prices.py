"""Prices: the records that every finance task starts from."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd
from pandas import DataFrame, DatetimeIndex

from qmann_core.data.tables import list_names
from qmann_core.errors import DataError


@dataclass(frozen=True, eq=False)
class Prices:
    """Daily prices of one or many series, checked by ``load_prices``."""

    frames: Mapping[str, DataFrame]
    """Series name -> float64 columns "open", "high", "low", "close", or "close" alone where the
    range of the day is not known; the index "date" is daily, unique, increasing, without zone."""
    source: str
    """File or demo that the prices come from."""
    notes: tuple[str, ...] = ()
    """What a reader of any result must know about the data."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.frames)

    @property
    def has_range(self) -> bool:
        """Whether every series has open, high and low."""
        return all("high" in frame for frame in self.frames.values())

    @property
    def frequency(self) -> Literal["B", "D"]:
        """Business days ("B"), or all days ("D") where some series trades at weekends as a rule."""
        return "D" if any(_at_weekends(f.index) for f in self.frames.values()) else "B"

    def future(self, n: int, name: str) -> DatetimeIndex:
        """The ``n`` days after the last row of a series: business days unless it trades daily.

        Holidays are not known here and count as business days.
        """
        index = self.frames[name].index
        freq = "D" if _at_weekends(index) else "B"
        start = index[-1] + pd.Timedelta(days=1)
        return pd.date_range(start, periods=n, freq=freq, name="date")

    def days_per_year(self, name: str) -> int:
        """Trading days of a year: 252, or 365 for a series that trades at weekends."""
        return 365 if _at_weekends(self.frames[name].index) else 252

    def to_frame(self) -> DataFrame:
        """One row per series: first and last day, rows, last close, and the columns there are."""
        return DataFrame(
            [
                {
                    "unique_id": name,
                    "first": frame.index[0],
                    "last": frame.index[-1],
                    "rows": len(frame),
                    "last close": frame["close"].iloc[-1],
                    "columns": " ".join(frame.columns),
                }
                for name, frame in self.frames.items()
            ]
        )

    def select(self, names: Iterable[str]) -> "Prices":
        """Only these series, in this order.

        Raises:
            DataError: A name is unknown; the message gives the nearest known ones.
        """
        chosen = pick(names, self.frames, self.source)
        return replace(self, frames={name: self.frames[name] for name in chosen})


def pick(names: Iterable[str], known: Iterable[str], where: str) -> tuple[str, ...]:
    """Check names against the known ones; a single string counts as one name."""
    wanted = (names,) if isinstance(names, str) else tuple(dict.fromkeys(names))
    available = list(known)
    lower = {name.lower(): name for name in available}
    if not wanted:
        raise DataError(
            f"{where}: got no tickers. Expected some of {list_names(available)}: "
            "name one, or leave tickers out for all"
        )
    for name in wanted:
        if name not in available:
            near = difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.5)
            nearest = f"Nearest: {list_names([lower[n] for n in near])}. " if near else ""
            raise DataError(
                f"{where}: no series {name!r}. {nearest}"
                f"Expected one of {list_names(available)}: correct the ticker"
            )
    return wanted


def _at_weekends(index: pd.Index) -> bool:
    """Whether Saturdays and Sundays are each at least half as frequent as other days.

    A stray Saturday session, a six-day week or a week from Sunday to Thursday is not enough.
    """
    weekday = DatetimeIndex(index).day_of_week
    usual = (weekday < 5).sum() / 5
    return bool(min((weekday == 5).sum(), (weekday == 6).sum()) >= usual / 2)
