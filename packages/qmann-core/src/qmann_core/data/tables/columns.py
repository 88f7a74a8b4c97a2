"""Columns: what each must hold, checked and converted."""

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas import DataFrame, Series
from pandas.tseries.api import guess_datetime_format

from ...errors import DataError
from .describe import describe_rows, list_names, shorten

Kind = Literal["number", "date", "text"]

# The offset of a time such as 00:00:00-05:00; the day that counts is that of the wall clock.
_OFFSET = r"(:\d{2}(?:\.\d+)?)\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"
_LONGEST = 100  # characters of a date
_EASTERN = r"^(\d{4})年(\d{1,2})月(\d{1,2})日$"


@dataclass(frozen=True)
class Column:
    """What a column must hold."""

    name: str
    kind: Kind = "number"
    """Finite numbers (read as float64), dates (datetime64, wall clock, no time zone) or text."""
    required: bool = True
    """Whether a table without this column is refused."""
    positive: bool = False
    """Whether numbers must be greater than zero."""
    gaps: bool = False
    """Whether rows may be empty or blank; they are read as missing (NaN)."""


def validate(frame: DataFrame, columns: Iterable[Column], *, where: str = "table") -> DataFrame:
    """Convert declared columns, in declared order; other columns are left out.

    Args:
        frame: The table; its index labels name the rows in messages.
        columns: What it must hold.
        where: What to call the table in messages, such as its file name.

    Raises:
        DataError: A required column is missing or stands there twice, or a value is empty or not of
            the declared kind; the message names the column and the first such rows.
    """
    converted = {}
    for column in columns:
        count = int((frame.columns == column.name).sum())
        if count > 1:
            raise DataError(
                f"{where}: column {shorten(repr(column.name))} stands there {count} times. "
                "Expected it once: keep the one that counts"
            )
        if count == 1:
            converted[column.name] = convert(frame[column.name], column, where)
        elif column.required:
            raise DataError(
                f"{where}: no column {column.name!r} among {list_names(frame.columns)}. "
                "Expected it: rename or add the column"
            )
    return DataFrame(converted, index=frame.index)


def convert(values: Series, column: Column, where: str) -> Series:
    """Values as what a column must hold; see `validate`, whose part they are."""
    if column.gaps or column.kind == "text":
        values = values.mask(values.astype("str").str.strip().eq(""))
    empty = values.isna()
    converted = _PARSERS[column.kind](values)
    number = column.kind == "number"
    expected = ("positive " if column.positive else "") + _EXPECTED[column.kind]
    problems: list[tuple[str, Any]] = [
        ("is empty", None if column.gaps else empty),
        (f"is not a {column.kind}", converted.isna() & ~empty),
        ("is infinite", np.isinf(converted) if number else None),
        ("is not positive", converted <= 0 if column.positive else None),
    ]
    for problem, mask in problems:
        if mask is not None and mask.any():
            raise DataError(
                f"{where}: column {shorten(repr(column.name))} {problem} at {int(mask.sum())} of "
                f"{len(mask)} rows: {describe_rows(values, mask.to_numpy())}. "
                f"Expected {expected}: correct or leave out these rows"
            )
    return converted


def zone_of(values: Series) -> str:
    """The time zone of dates, or the offset of the first; "" where they have none."""
    zone = getattr(values.dtype, "tz", None) or getattr(
        getattr(values.dtype, "pyarrow_dtype", None), "tz", None
    )
    known = values.dropna()
    if zone is not None or known.empty:
        return str(zone or "")
    found = re.search(_OFFSET, str(known.iloc[0]).strip())
    return found[2] if found else ""


def as_numbers(values: Series) -> Series:
    """Numbers as float64, missing where a value is none."""
    if values.dtype.kind in "bcmM":  # pandas would turn booleans and dates into numbers
        return Series(np.nan, index=values.index)
    if values.dtype == "object":
        values = values.map(lambda cell: cell if isinstance(cell, str | Real | Decimal) else None)
    parsed = pd.to_numeric(values, errors="coerce")
    return Series(parsed.to_numpy("float64", na_value=np.nan), index=values.index)


def _dates(values: Series) -> Series:
    if isinstance(values.dtype, pd.ArrowDtype):
        values = Series(values.to_numpy("object"), index=values.index).infer_objects()
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    if values.dtype.kind == "M":
        return _of_our_era(Series(values.dt.tz_localize(None)))
    codes, written = pd.factorize(values.astype("str").to_numpy("object"))
    text = Series(written, dtype="str").str.strip()
    text = text.where(text.str.len() <= _LONGEST)
    text = text.str.replace(_OFFSET, r"\1", regex=True).str.replace(
        _EASTERN, r"\1-\2-\3", regex=True
    )
    best = Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    for form in _date_formats(text):
        parsed = pd.to_datetime(text, format=form, errors="coerce")
        if parsed.notna().sum() > best.notna().sum():
            best = parsed
    days = _of_our_era(best)
    return Series(days.array.take(codes, allow_fill=True), index=values.index)


def _of_our_era(days: Series) -> Series:
    """Days that a calendar of four digits has; others are missing."""
    return days.where(days.dt.year.between(1, 9999))


def _date_formats(text: Series) -> Iterable[str]:
    """Formats that the first or the last row suggests, month first before day first."""
    with warnings.catch_warnings():
        # pandas warns where the format it finds is not the one that dayfirst asks for.
        warnings.simplefilter("ignore", UserWarning)
        guesses = [
            guess_datetime_format(str(text.iloc[row]), dayfirst=dayfirst)
            for dayfirst in (False, True)
            for row in (0, -1)
        ]
    return dict.fromkeys(guess for guess in guesses if guess is not None)


def _texts(values: Series) -> Series:
    if values.dtype.kind == "f" and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")  # whole numbers that pandas made floats, for a gap
    return values.astype("str").where(values.notna())


_PARSERS: Mapping[Kind, Callable[[Series], Series]] = {
    "number": as_numbers,
    "date": _dates,
    "text": _texts,
}

_EXPECTED: Mapping[Kind, str] = {
    "number": "finite numbers",
    "date": "dates in one format, best YYYY-MM-DD",
    "text": "text",
}
