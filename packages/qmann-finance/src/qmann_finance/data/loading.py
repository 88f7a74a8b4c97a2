"""Reading of prices: a panel, checked for what only prices are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pandas import DataFrame, Index, Series

from qmann_core.data import Column, PanelSchema, as_numbers, join_first, list_names, read_panel
from qmann_core.errors import DataError
from qmann_core.files import Readable

from .headings import HEADINGS
from .prices import Prices
from .ranges import clean

_SCHEMA = PanelSchema(
    columns=(
        Column("open", required=False, positive=True),
        Column("high", required=False, positive=True),
        Column("low", required=False, positive=True),
        Column("close", positive=True),
        Column("adj close", required=False, positive=True),
    ),
    unit=("unique id", "ticker", "symbol"),
    aliases={"adjclose": "adj close", "adjusted close": "adj close", "adj close": "close"},
    translations=HEADINGS,
    ignored=frozenset({"volume", "dividends", "stock splits", "capital gains", "change"}),
    thing="closing price",
)


_FEW = 0.1  # of the rows, which may be left out as they have no price


def load_prices(
    source: str | Path | Readable | DataFrame | Series,
    *,
    tickers: Sequence[str] | None = None,
    max_gap_days: int = 10,
    called: str | None = None,
    newest_first: bool = False,
    strict: bool = False,
) -> Prices:
    """Read daily prices from a CSV, CSV.gz, Excel or Parquet file, a DataFrame or a Series.

    Layouts, told apart by the column names in any order and letter case:

    - wide: dates and one column of closing prices for each ticker, which may start and end on
      different days;
    - long: ``unique_id, ds, y``, or an id (``unique_id``, ``ticker`` or ``symbol``) and OHLCV;
    - OHLCV as yfinance writes it, one series named after the file;
    - yfinance's two-level columns, (Price, Ticker) or (Ticker, Price), with or without names.

    Where "Adj Close" differs from "Close", all four prices are scaled by Adj Close / Close, so that
    returns and ranges count dividends and splits; a note says so. So does one for all else that was
    read otherwise than it stands: headings in another language, a decimal comma, rows that repeat
    another one, and the few that have no price.

    Args:
        source: Path, open file or data; the dates are an index or a column (date, ds, datetime,
            timestamp).
        tickers: Series to read; all when None.
        max_gap_days: Longest allowed distance between two rows, in calendar days.
        called: Name of the source and of a series that has none; by default that of the file.
        newest_first: Reverse rows that stand newest first; those of exports that are known by their
            headings are reversed anyway.
        strict: Refuse what a note would tell: rows that stand newest first, repeat another one, or
            have no price.

    Raises:
        DataError: The file cannot be read, a ticker is unknown, or the prices are not daily
            positive numbers in order of time; the message says where and what to do.
    """
    panel = read_panel(
        source,
        _SCHEMA,
        units=tickers,
        max_gap=max_gap_days,
        called=called,
        check=_refuse_other_data,
        mend=_leave_out_gaps,
        clean=clean,
        newest_first=newest_first,
        strict=strict,
    )
    frames, notes = _same_columns(panel.frames)
    return Prices(frames, panel.source, (*panel.notes, *notes))


def _refuse_other_data(prices: DataFrame, where: str) -> None:
    _refuse_sparse(prices.index, where)
    if "close" in prices:
        _refuse_returns(prices["close"], where)


def _leave_out_gaps(prices: DataFrame) -> tuple[DataFrame, tuple[str, ...]]:
    """Leave out a few rows with a price that is missing or zero, unless one is the newest."""
    named = [column.name for column in _SCHEMA.columns if column.name in prices]
    cells = prices[named]
    zeros = cells.apply(as_numbers).eq(0)
    gaps = (cells.isna() | zeros).any(axis="columns").to_numpy()
    if not 0 < gaps.sum() <= _FEW * len(gaps) or gaps[-1]:
        return prices, ()
    days = join_first([f"{day:%Y-%m-%d}" for day in prices.index[gaps]], limit=3)
    return prices[~gaps], (
        f"{gaps.sum()} of {len(gaps)} rows left out, which have no price: {days}",
    )


def _refuse_sparse(days: Index, where: str) -> None:
    steps = np.diff(days) / np.timedelta64(1, "D")
    if len(steps) >= 4 and np.median(steps) > 4:
        raise DataError(
            f"{where}: rows are typically {np.median(steps):.0f} days apart, as in weekly or "
            "monthly data. Expected daily rows: load daily prices"
        )


def _refuse_returns(close: Series, where: str) -> None:
    numbers = as_numbers(close).to_numpy()
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


def _same_columns(frames: Mapping[str, DataFrame]) -> tuple[Mapping[str, DataFrame], Sequence[str]]:
    """Closes alone where the range of the day is known for some series only."""
    closes = [name for name, frame in frames.items() if "high" not in frame]
    if len(closes) in (0, len(frames)):
        return frames, ()
    note = f"only closes are used: no open, high and low for {list_names(closes, limit=5)}"
    return {name: frame[["close"]] for name, frame in frames.items()}, (note,)
