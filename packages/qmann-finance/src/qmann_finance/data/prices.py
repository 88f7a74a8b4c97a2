"""Prices: the records that every finance task starts from."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pandas import DataFrame, DatetimeIndex

from qmann_core.data import Panel


@dataclass(frozen=True, eq=False)
class Prices(Panel):
    """Daily prices of one or many series, checked by ``load_prices``.

    A frame has float64 columns "open", "high", "low", "close", or "close" alone where the range of
    the day is not known; its index "date" is daily.
    """

    @property
    def has_range(self) -> bool:
        """Whether open, high and low are known."""
        return all("high" in frame for frame in self.frames.values())

    @property
    def frequency(self) -> Literal["B", "D"]:
        """Business days ("B"), or all days ("D") where some series trades at weekends as a rule."""
        return "D" if any(_at_weekends(f.index) for f in self.frames.values()) else "B"

    def future(self, n: int, name: str) -> DatetimeIndex:
        """The ``n`` days after the last row of a series, of the weekdays that it trades on.

        Holidays are not known here and count as days of trade.
        """
        index = DatetimeIndex(self.frames[name].index)
        start, week = index[-1] + pd.Timedelta(days=1), _trading_week(index)
        return pd.bdate_range(start, periods=n, freq="C", weekmask=week, name="date")

    def days_per_year(self, name: str) -> int:
        """Trading days of a year: 252, or 365 for a series that trades at weekends."""
        return 365 if _at_weekends(self.frames[name].index) else 252

    def to_long(self) -> DataFrame:
        """All of them, a row for each day of each series, as `load_prices` reads them."""
        return pd.concat(self.frames, names=["unique_id", "date"]).reset_index()

    def to_frame(self) -> DataFrame:
        """One row per series: first and last day, rows, last close, and the columns there are."""
        table = super().to_frame()
        last = [frame["close"].iloc[-1] for frame in self.frames.values()]
        table.insert(len(table.columns) - 1, "last close", last)
        return table


def row_of_date(days: DatetimeIndex, text: str) -> int | None:
    """The row of a date, or of the last one before it; -1 outside, None for what is no date."""
    date = pd.to_datetime(text, errors="coerce")
    if pd.isna(date):
        return None
    date = date.tz_localize(None)
    inside = days[0] <= date and date.normalize() <= days[-1]
    return int(days.searchsorted(date, side="right")) - 1 if inside else -1


def _at_weekends(index: pd.Index) -> bool:
    """Whether Saturdays and Sundays are each at least half as frequent as other days.

    A stray Saturday session, a six-day week or a week from Sunday to Thursday is not enough.
    """
    weekday = DatetimeIndex(index).day_of_week
    usual = (weekday < 5).sum() / 5
    return bool(min((weekday == 5).sum(), (weekday == 6).sum()) >= usual / 2)


def _trading_week(index: DatetimeIndex) -> str:
    """The weekdays of the last three months that are at least half as frequent as another one.

    A month must be known before one from Monday to Friday counts as free of trade.
    """
    recent = index[index > index[-1] - pd.Timedelta(days=91)]
    if recent[-1] - recent[0] < pd.Timedelta(days=28):
        return "1111111" if _at_weekends(recent) else "1111100"
    days = np.bincount(recent.day_of_week, minlength=7)
    return "".join("01"[int(2 * count >= days.max())] for count in days)
