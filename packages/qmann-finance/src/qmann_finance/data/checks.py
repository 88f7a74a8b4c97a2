"""Checks of one raw series: order of the days, prices, gaps, and the range of each day."""

import numpy as np
import pandas as pd
from pandas import DataFrame, DatetimeIndex, Series

from qmann_core.data.tables import Column, Schema, describe_rows, join_first, list_names
from qmann_core.errors import DataError

_SCHEMA = Schema(
    (
        Column("open", required=False, positive=True),
        Column("high", required=False, positive=True),
        Column("low", required=False, positive=True),
        Column("close", positive=True),
        Column("adj close", required=False, positive=True),
    )
)
_NOT_PRICES = frozenset({"volume", "dividends", "stock splits", "capital gains"})
_ROUNDING = 1e-4  # relative; what separately rounded quotes of one price may differ by
_STALE_ROWS = 20  # a price that has not moved for a month was not traded


def clean(raw: DataFrame, *, where: str, max_gap_days: int) -> tuple[DataFrame, tuple[str, ...]]:
    """Turn a raw frame into the frame of one series in ``Prices``, with remarks for its reader.

    Raises:
        DataError: Days or prices are not what daily prices are; the message names the rows.
    """
    days = _days(raw["date"], where)
    _refuse_sparse(days, where)
    prices = raw.drop(columns="date").set_axis(days, axis="index")
    if "close" not in prices:
        prices = prices.rename(columns={"adj close": "close"})
    if "close" in prices:
        _refuse_returns(prices["close"], where)
    frame = _SCHEMA.validate(prices, where=where)
    _refuse_gaps(days, where, max_gap_days)
    unused = set(prices.columns) - {c.name for c in _SCHEMA.columns} - _NOT_PRICES
    remarks = (f"columns not used: {list_names(sorted(unused))}",) if unused else ()
    adjusted, adjustment = _adjust(frame)
    ranged, range_remarks = _check_range(adjusted, where)
    moving, stale_remarks = _drop_stale_head(ranged)
    return moving, (*remarks, *adjustment, *range_remarks, *stale_remarks)


def _drop_stale_head(frame: DataFrame) -> tuple[DataFrame, tuple[str, ...]]:
    """Leave out the rows before a close that stood still for weeks first moved: no market yet."""
    close = frame["close"].to_numpy()
    moves = (close != close[0]).nonzero()[0]
    unmoved = int(moves[0]) - 1 if len(moves) else 0
    if unmoved < _STALE_ROWS:
        return frame, ()
    return frame.iloc[unmoved:], (f"{unmoved} rows before the price first moved left out",)


def _days(dates: Series, where: str) -> DatetimeIndex:
    day = dates.dt.normalize()
    steps = day.diff().iloc[1:]
    back = (day.diff() < pd.Timedelta(0)).to_numpy()
    if back.any():
        newest_first = bool((steps < pd.Timedelta(0)).all())
        raise DataError(
            f"{where}: the dates go back in time at {describe_rows(day, back)}. Expected "
            "increasing dates: "
            + ("reverse the rows, which stand newest first" if newest_first else _SORT)
        )
    repeated = day.duplicated(keep=False).to_numpy()
    if repeated.any() and dates[repeated].nunique() > day[repeated].nunique():
        raise DataError(
            f"{where}: several rows a day, such as {describe_rows(dates, repeated)}. Expected one "
            'row a day: resample intraday data, as in frame.resample("B").last().dropna()'
        )
    if repeated.any():
        raise DataError(
            f"{where}: duplicate dates at {describe_rows(day, repeated)}. Expected each date once: "
            "leave out the repeated rows, or add a column unique_id if they are different series"
        )
    return DatetimeIndex(day, name="date").as_unit("us")


_SORT = "sort the rows by date, or add a column unique_id if they are different series"


def _refuse_sparse(days: DatetimeIndex, where: str) -> None:
    steps = np.diff(days) / np.timedelta64(1, "D")
    if len(steps) >= 4 and np.median(steps) > 4:
        raise DataError(
            f"{where}: rows are typically {np.median(steps):.0f} days apart, as in weekly or "
            "monthly data. Expected daily rows: load daily prices"
        )


def _refuse_returns(close: Series, where: str) -> None:
    numbers = pd.to_numeric(close, errors="coerce").to_numpy("float64", na_value=np.nan)
    finite = numbers[np.isfinite(numbers)]
    if not (finite < 0).any() or not (finite > 0).any():
        return
    typical, negative = np.median(np.abs(finite)), np.mean(finite < 0)
    if typical < 1 or negative > 0.2:
        raise DataError(
            f"{where}: this looks like returns: {negative:.0%} of the values are negative and the "
            f"typical size is {typical:.2g}. Expected prices: pass the prices themselves, or "
            "rebuild an index from simple returns r, as in 100 * (1 + r).cumprod()"
        )


def _refuse_gaps(days: DatetimeIndex, where: str, max_gap_days: int) -> None:
    steps = np.diff(days) / np.timedelta64(1, "D")
    gaps = np.flatnonzero(steps > max_gap_days).tolist()
    if gaps:
        texts = [
            f"between {days[i]:%Y-%m-%d} and {days[i + 1]:%Y-%m-%d} ({steps[i]:.0f} days)"
            for i in gaps
        ]
        raise DataError(
            f"{where}: no rows {join_first(texts, limit=3)}. Expected gaps of at most "
            f"{max_gap_days} days: add the missing rows, load one side of the gap only, or raise "
            "max_gap_days"
        )


def _adjust(frame: DataFrame) -> tuple[DataFrame, tuple[str, ...]]:
    """Scale all prices by Adj Close / Close, so that returns and ranges stay consistent."""
    if "adj close" not in frame:
        return frame, ()
    factor = frame["adj close"] / frame["close"]
    prices = frame.drop(columns="adj close")
    if np.allclose(factor, 1.0, rtol=0.0, atol=1e-6):
        return prices, ()
    return prices.mul(factor, axis="index"), (
        "prices are adjusted for dividends and splits (scaled by Adj Close / Close)",
    )


def _check_range(frame: DataFrame, where: str) -> tuple[DataFrame, tuple[str, ...]]:
    """Check that open and close lie in [low, high], and widen that by rounding errors."""
    known = [c for c in ("open", "high", "low") if c in frame]
    if len(known) < 3:
        remark = f"{list_names(known)} not used: open, high and low are needed together"
        return frame[["close"]], (remark,) if known else ()
    high, low = frame["high"] * (1 + _ROUNDING), frame["low"] * (1 - _ROUNDING)
    problems = [
        ("high is below low", "high", high < low),
        ("close is outside [low, high]", "close", (frame["close"] > high) | (frame["close"] < low)),
        ("open is outside [low, high]", "open", (frame["open"] > high) | (frame["open"] < low)),
    ]
    for problem, column, mask in problems:
        if mask.any():
            raise DataError(
                f"{where}: {problem} at {int(mask.sum())} of {len(mask)} rows: "
                f"{describe_rows(frame[column], mask.to_numpy())}. Expected low <= open, close <= "
                "high: correct these rows, or leave out open, high and low to use closes alone"
            )
    return frame.assign(
        high=frame[["high", "open", "close"]].max(axis="columns"),
        low=frame[["low", "open", "close"]].min(axis="columns"),
    ), ()
