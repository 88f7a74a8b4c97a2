"""One series of positive numbers by day, from a file or from an installed package."""

from importlib.metadata import entry_points
from pathlib import Path

from pandas import DataFrame, DatetimeIndex, RangeIndex, Series
from pandas.api.types import is_numeric_dtype

from ..errors import DataError
from .tables import (
    Column,
    Schema,
    describe_rows,
    find_column,
    list_names,
    need_column,
    read_table,
)

GROUP = "qmann.series"
"""Entry points of packages that offer one: each a function that returns a Series by day."""

_DATES = ("date", "ds", "datetime", "timestamp")
_VALUES = ("close", "adj close", "price", "value", "y")


def read_series(source: str | Path | DataFrame, column: str | None = None) -> Series:
    """Read a column of numbers and the dates beside it.

    Args:
        source: a CSV, CSV.gz or Parquet file, or a table. Dates are a DatetimeIndex, or the column
            date, ds, datetime or timestamp.
        column: of the numbers; by default close, adj close, price, value or y, or the only column
            of numbers. Letter case does not count.

    Returns:
        The numbers by day, named after the source and the column.

    Raises:
        DataError: the file cannot be read, a column is not there, or the dates do not increase
            or the numbers are not positive; the message names the rows.
    """
    table = read_table(source)
    where = Path(source).name if isinstance(source, str | Path) else "table"
    if isinstance(table.index, DatetimeIndex):
        table = table.rename_axis("date").reset_index()
    table = table.set_axis(RangeIndex(1, len(table) + 1), axis="index")
    dates = find_column(table.columns, _DATES)
    if dates is None:
        raise DataError(
            f"{where}: no column of dates among {list_names(table.columns)}. Expected one named "
            "date, ds, datetime or timestamp: rename it"
        )
    name = _numbers(table.drop(columns=dates), column, where)
    schema = Schema((Column(dates, "date"), Column(name, positive=True)))
    checked = schema.validate(table, where=where)
    back = (checked[dates].diff().dt.total_seconds() <= 0).to_numpy()
    if back.any():
        raise DataError(
            f"{where}: the dates do not increase at {describe_rows(checked[dates], back)}. "
            "Expected each day once, the oldest first: sort the rows and leave out repeated ones"
        )
    days = DatetimeIndex(checked[dates], name="date")
    return Series(checked[name].to_numpy(), index=days, name=f"{where}, {name}")


def installed_series() -> Series:
    """The series of an installed package, the first by name of those that offer one.

    Raises:
        DataError: no installed package offers any.
    """
    offers = sorted(entry_points(group=GROUP), key=lambda offer: offer.name)
    if not offers:
        raise DataError(
            "no FILE was given, and no installed package offers a series. Expected either: name a "
            "CSV file with a date and a price column, or install one (pip install qmann-finance)"
        )
    series: Series = offers[0].load()()
    return series


def _numbers(table: DataFrame, column: str | None, where: str) -> str:
    """The name of the column of numbers."""
    if column is not None:
        return str(need_column(table.columns, column, where=where))
    found = find_column(table.columns, _VALUES)
    if found is not None:
        return str(found)
    numeric = [str(name) for name in table.columns if is_numeric_dtype(table[name])]
    if len(numeric) != 1:
        raise DataError(
            f"{where}: which column holds the numbers is not clear among "
            f"{list_names(table.columns)}. Expected one named close or price, or one alone: choose "
            "by its name (--column NAME)"
        )
    return numeric[0]
