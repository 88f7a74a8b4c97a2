"""Reading of prices: source -> table -> one raw frame for each series -> checked frames."""

from collections.abc import Sequence
from pathlib import Path

from pandas import DataFrame, Series

from qmann_core.data.tables import list_names, read_table

from .checks import clean
from .layouts import has_two_header_lines, split_series, trim
from .prices import Prices, pick


def load_prices(
    source: str | Path | DataFrame | Series,
    *,
    tickers: Sequence[str] | None = None,
    max_gap_days: int = 10,
) -> Prices:
    """Read daily prices from a CSV, CSV.gz or Parquet file, a DataFrame or a Series.

    Layouts, told apart by the column names in any order and letter case:

    - wide: dates and one column of closing prices for each ticker, which may start and end on
      different days;
    - long: ``unique_id, ds, y``, or an id (``unique_id``, ``ticker`` or ``symbol``) and OHLCV;
    - OHLCV as yfinance writes it, one series named after the file;
    - yfinance's two-level columns, (Price, Ticker) or (Ticker, Price), with or without names.

    Where "Adj Close" differs from "Close", all four prices are scaled by Adj Close / Close, so that
    returns and ranges count dividends and splits; a note says so.

    Args:
        source: Path or data; the dates are an index or a column (date, ds, datetime, timestamp).
        tickers: Series to read; all when None.
        max_gap_days: Longest allowed distance between two rows, in calendar days.

    Raises:
        DataError: The file cannot be read, a ticker is unknown, or the prices are not daily
            positive numbers in order of time; the message says where and what to do.
    """
    if isinstance(source, Series) and source.name is None:
        source = source.rename("close")
    table = read_table(source)
    if isinstance(source, DataFrame | Series):
        name, label = "close", type(source).__name__
    else:
        path = Path(source)
        name, label = path.name.split(".")[0], path.name
        if has_two_header_lines(table):
            table = read_table(path, header=[0, 1])
    return prices_from_table(
        table, name=name, source=label, tickers=tickers, max_gap_days=max_gap_days
    )


def prices_from_table(
    table: DataFrame,
    *,
    name: str,
    source: str,
    tickers: Sequence[str] | None = None,
    max_gap_days: int = 10,
    notes: tuple[str, ...] = (),
) -> Prices:
    """Split a table into series and check each; ``name`` is that of a lone OHLCV series."""
    series = split_series(table, name=name, where=source)
    chosen = series if tickers is None else {t: series[t] for t in pick(tickers, series, source)}
    # Where several series share rows, empty ones are those of another series.
    chosen, trim_notes = trim(chosen) if len(series) > 1 else (chosen, ())
    frames, remarks = dict[str, DataFrame](), dict[str, list[str]]()
    for ticker, raw in chosen.items():
        where = source if len(series) == 1 else f"{source}, series {ticker!r}"
        frames[ticker], found = clean(raw, where=where, max_gap_days=max_gap_days)
        for remark in found:
            remarks.setdefault(remark, []).append(ticker)
    said = tuple(f"{list_names(names, limit=5)}: {text}" for text, names in remarks.items())
    frames, range_notes = _same_columns(frames)
    return Prices(frames, source, (*notes, *trim_notes, *said, *range_notes))


def _same_columns(frames: dict[str, DataFrame]) -> tuple[dict[str, DataFrame], tuple[str, ...]]:
    """Closes alone where the range of the day is known for some series only."""
    closes = [name for name, frame in frames.items() if "high" not in frame]
    if len(closes) in (0, len(frames)):
        return frames, ()
    note = f"only closes are used: no open, high and low for {list_names(closes, limit=5)}"
    return {name: frame[["close"]] for name, frame in frames.items()}, (note,)
