"""The range of each day, and what adjusts it."""

import numpy as np
from pandas import DataFrame, Series

from qmann_core.data import describe_rows, join_first, list_names
from qmann_core.errors import DataError

_ROUNDING = 1e-4  # relative; what separately rounded quotes of one price may differ by
_JUMP = 0.35  # in logarithms; a split three for two is 0.41
_UNUSUAL = 8.0  # times the typical move
_STALE_ROWS = 20  # a price that has not moved for a month was not traded


def clean(prices: DataFrame, where: str) -> tuple[DataFrame, tuple[str, ...]]:
    """Turn checked prices into the frame of one series in ``Prices``, with remarks for its reader.

    Raises:
        DataError: Open or close lie outside of the range of the day; the message names the rows.
    """
    adjusted, adjustment = _adjust(prices)
    ranged, range_remarks = _check_range(adjusted, where)
    moving, stale_remarks = _drop_stale_head(ranged)
    return moving, (*adjustment, *range_remarks, *stale_remarks, *_jumps(moving["close"]))


def _jumps(close: Series) -> tuple[str, ...]:
    """A remark on days whose change is rather that of a split or of the unit than of the market."""
    moves = np.abs(np.diff(np.log(close.to_numpy())))
    rows = (moves >= max(_JUMP, _UNUSUAL * np.median(moves))).nonzero()[0] if len(moves) else []
    changes = [
        f"{close.iloc[i + 1] / close.iloc[i] - 1:+.0%} on {close.index[i + 1]:%Y-%m-%d}"
        for i in rows
    ]
    if not changes:
        return ()
    days = join_first(changes, limit=3)
    return (f"the close changes by {days}: adjust the prices if that is a split or another unit",)


def _drop_stale_head(frame: DataFrame) -> tuple[DataFrame, tuple[str, ...]]:
    """Leave out the rows before a close that stood still for weeks first moved: no market yet."""
    close = frame["close"].to_numpy()
    moves = (close != close[0]).nonzero()[0]
    unmoved = int(moves[0]) - 1 if len(moves) else 0
    if unmoved < _STALE_ROWS:
        return frame, ()
    return frame.iloc[unmoved:], (f"{unmoved} rows before the price first moved left out",)


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
    flat = int((frame["high"] == frame["low"]).sum())
    if 2 * flat > len(frame):
        remark = f"open, high and low not used: one price on {flat} of {len(frame)} days"
        return frame[["close"]], (remark,)
    return frame.assign(
        high=frame[["high", "open", "close"]].max(axis="columns"),
        low=frame[["low", "open", "close"]].min(axis="columns"),
    ), ()
