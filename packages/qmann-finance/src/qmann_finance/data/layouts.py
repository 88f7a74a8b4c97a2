"""The layouts of price tables, each split into one raw frame for each series.

A raw frame has dates in "date" and prices, not yet checked, in columns named in lower case; its
index counts the table's data rows from 1 and names them in messages.
"""

import re
from collections.abc import Mapping

from pandas import (
    DataFrame,
    DatetimeIndex,
    Index,
    MultiIndex,
    PeriodIndex,
    RangeIndex,
    Series,
)
from pandas.api.types import is_numeric_dtype

from qmann_core.data.tables import Column, Schema, join_first, list_names
from qmann_core.errors import DataError

_DATE_NAMES = ("date", "datetime", "timestamp", "ds")
_ID_NAMES = ("unique id", "ticker", "symbol")
_PRICES = frozenset({"open", "high", "low", "close", "adj close"})
_CLOSES = frozenset({"close", "adj close"})
_DATES = Schema((Column("date", "date"),))


def has_two_header_lines(table: DataFrame) -> bool:
    """Whether a CSV file read with one header line has yfinance's two, then a line "Date,,"."""
    third = str(table.iloc[1, 0]).lower() if len(table) > 1 else ""
    return third in _DATE_NAMES and bool(table.iloc[1, 1:].isna().all())


def split_series(table: DataFrame, *, name: str, where: str) -> dict[str, DataFrame]:
    """Recognise the layout of a table and split it; a lone OHLCV series gets ``name``.

    Raises:
        DataError: There is no date column or no price column, a date cannot be read, or two
            columns have the same name.
    """
    if isinstance(table.index, MultiIndex):
        table = table.reset_index()  # dates and tickers stacked, as a long table
    _refuse_twins(table.columns, where)
    dates, values = _dates_and_values(table, where)
    if isinstance(values.columns, MultiIndex):
        return _two_level(dates, values, where)
    fields = values.set_axis([_field(c) for c in values.columns], axis="columns")
    present = set(fields.columns)
    id_name = next((c for c in _ID_NAMES if c in present), None)
    if id_name is not None:
        return _long(dates, fields, id_name, where)
    if present & _CLOSES:
        return {name: fields.assign(date=dates)}
    if present >= _PRICES - _CLOSES:
        raise _no_close(fields.columns, where)
    if values.empty:
        raise DataError(
            f"{where}: there is a date column and nothing else. Expected prices beside it: "
            "add a column of closing prices for each ticker"
        )
    columns = zip(values.columns, range(values.shape[1]), strict=True)
    return {str(c): DataFrame({"date": dates, "close": values.iloc[:, i]}) for c, i in columns}


def trim(series: Mapping[str, DataFrame]) -> tuple[dict[str, DataFrame], tuple[str, ...]]:
    """Leave out the empty rows before the first and after the last price of each series."""
    trimmed, texts = {}, []
    for name, raw in series.items():
        priced = raw[[c for c in raw.columns if c in _PRICES]].notna().any(axis="columns")
        rows = priced.to_numpy().nonzero()[0]
        first, last = (rows[0], rows[-1]) if len(rows) else (0, len(raw) - 1)
        trimmed[name] = raw.iloc[first : last + 1]
        if first > 0:
            texts.append(f"{name!r} starts on {raw['date'].iloc[first]:%Y-%m-%d}")
        if last < len(raw) - 1:
            texts.append(f"{name!r} ends on {raw['date'].iloc[last]:%Y-%m-%d}")
    note = f"not all series span the whole table: {join_first(texts, limit=5)}"
    return trimmed, (note,) if texts else ()


def _two_level(dates: Series, values: DataFrame, where: str) -> dict[str, DataFrame]:
    levels = [values.columns.get_level_values(k) for k in range(values.columns.nlevels)]
    price = next((k for k, names in enumerate(levels) if _CLOSES & set(map(_field, names))), None)
    if price is None or len(levels) != 2:
        raise DataError(
            f"{where}: the columns have {len(levels)} levels, such as {values.columns[0]}. "
            "Expected two, one of them with Close and the other with tickers: rename the columns"
        )
    fields = values.set_axis([_field(c) for c in levels[price]], axis="columns")
    tickers = levels[1 - price]
    return {str(t): fields.loc[:, tickers == t].assign(date=dates) for t in tickers.unique()}


def _long(dates: Series, fields: DataFrame, id_name: str, where: str) -> dict[str, DataFrame]:
    ids = Schema((Column(id_name, "text"),)).validate(fields, where=where)[id_name]
    if not _CLOSES & set(fields.columns):
        fields = fields.rename(columns={"y": "close"})
    if not _CLOSES & set(fields.columns):
        raise _no_close(fields.columns, where)
    raw = fields.drop(columns=id_name).assign(date=dates)
    return {str(name): part for name, part in raw.groupby(ids, sort=False)}


def _dates_and_values(table: DataFrame, where: str) -> tuple[Series, DataFrame]:
    """Parsed dates and the other columns, both with rows counted from 1."""
    position = _date_position(table, where)
    raw = Series((table.index if position is None else table.iloc[:, position]).array)
    names = [_plain(c) for c in table.columns]
    keep = [i for i, n in enumerate(names) if i != position and not n.startswith("unnamed")]
    values = table.iloc[:, keep]
    if isinstance(table.columns, MultiIndex) and str(raw.iloc[0]).lower() in _DATE_NAMES:
        raw, values = raw.iloc[1:], values.iloc[1:]  # the line "Date,," below two header lines
    rows = RangeIndex(1, len(raw) + 1)
    dates = _DATES.validate(DataFrame({"date": Series(raw.array, index=rows)}), where=where)
    return dates["date"], values.set_axis(rows, axis="index")


def _date_position(table: DataFrame, where: str) -> int | None:
    """Position of the date column; None when the index holds the dates."""
    if isinstance(table.index, DatetimeIndex | PeriodIndex):
        return None
    names = [_plain(c) for c in table.columns]
    # What pandas writes for an index without a name, or for one below named column levels.
    nameless = names[0].startswith("unnamed") and not is_numeric_dtype(table.iloc[:, 0])
    if nameless or names[0] in ("price ticker", "ticker price"):
        return 0
    for name in _DATE_NAMES:
        if name in names:
            return names.index(name)
    if not is_numeric_dtype(table.index):
        return None
    raise DataError(
        f"{where}: no date column among {list_names(table.columns)}. Expected a DatetimeIndex or "
        "a column named date, ds, datetime or timestamp in a comma-separated table: rename it"
    )


def _refuse_twins(columns: Index, where: str) -> None:
    names = Index([_plain(c) for c in columns])
    if names.has_duplicates:
        raise DataError(
            f"{where}: two columns are named {names[names.duplicated()][0]!r} (letter case does "
            "not count). Expected each name once: rename or leave out one"
        )


def _no_close(columns: Index, where: str) -> DataError:
    return DataError(
        f"{where}: no closing price among the columns {list_names(columns)}. "
        "Expected a column close (or y in long format): rename or add it"
    )


def _plain(column: object) -> str:
    parts = column if isinstance(column, tuple) else (column,)
    return " ".join(str(part).strip() for part in parts if str(part)).lower()


def _field(column: object) -> str:
    """The name of an OHLCV column, as in ``Adj_Close`` -> ``adj close``."""
    name = re.sub(r"[\s_.]+", " ", str(column).strip().lower())
    return {"adjclose": "adj close", "adjusted close": "adj close"}.get(name, name)
