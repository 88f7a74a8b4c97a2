"""Tables: read from files or pandas, and checked against declared columns."""

import gzip
import re
import warnings
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series
from pandas.tseries.api import guess_datetime_format

from ..errors import DataError

Kind = Literal["number", "date", "text"]
Readers = Mapping[str, Callable[[str], DataFrame]]
"""Text formats beyond CSV: suffix -> what makes a table of a file's text; .gz is unpacked before.
What the function cannot read it raises ValueError for."""

_SUFFIXES = (".csv", ".csv.gz", ".parquet")
# The offset of a time such as 00:00:00-05:00; the day that counts is that of the wall clock.
_OFFSET = r"(:\d{2}(?:\.\d+)?)\s*(?:Z|[+-]\d{2}:?\d{2})$"


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
                f"{where}: column {column.name!r} stands there {count} times. "
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


def read_table(
    source: str | Path | DataFrame | Series,
    *,
    header: int | Sequence[int] = 0,
    readers: Readers = MappingProxyType({}),
    text: Sequence[str] = (),
) -> DataFrame:
    """Read a CSV, CSV.gz or Parquet file; a DataFrame comes back as it is, a Series as one column.

    Args:
        source: Path of the file, which its suffix tells the format of, or data in memory.
        header: Line or lines of a CSV file that hold the column names.
        readers: Further text formats by suffix, such as ".smi"; each is read packed (.gz) too.
        text: Columns of a CSV file, by `plain_name`, whose cells are identifiers, such as 0700, 1e5
            and NA, which must not become numbers or gaps.

    Raises:
        DataError: The file is missing, a folder, empty, of another format, or unreadable, or the
            table has no rows.
    """
    if isinstance(source, Series):
        frame = source.to_frame()
    elif isinstance(source, DataFrame):
        frame = source
    else:
        frame = _read_file(Path(source), header, readers, text)
    if frame.empty:
        name = type(source).__name__ if isinstance(source, DataFrame | Series) else source
        raise DataError(f"{name}: the table is empty. Expected columns with at least one row")
    return frame


def find_column(columns: pd.Index, names: Sequence[str]) -> Any:
    """The first of some names that is among the columns, as it stands there, or None.

    Names are the same if `plain_name` gives the same.
    """
    written = {plain_name(column): column for column in reversed(list(columns))}
    return next((written[p] for name in names if (p := plain_name(name)) in written), None)


def plain_name(label: object) -> str:
    """A column's name in lower case, with one blank for each run of blanks, underscores and dots.

    Example:
        >>> plain_name("Adj_Close ")
        'adj close'
    """
    return re.sub(r"[\s_.]+", " ", str(label)).strip().lower()


def need_column(columns: pd.Index, name: str, *, where: str = "table") -> Any:
    """The column that somebody named, as it stands in the table.

    Raises:
        DataError: There is none; the message lists those that there are.
    """
    found = find_column(columns, (name,))
    if found is None:
        raise DataError(
            f"{where}: no column {name!r} among {list_names(columns)}. Expected one of them: "
            "correct the name"
        )
    return found


def name_source(source: object) -> str:
    """What to call a source in messages: the name of the file, or the type of data in memory."""
    return Path(source).name if isinstance(source, str | Path) else type(source).__name__


def to_rows(frame: DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as plain Python values, ready for JSON; dates as YYYY-MM-DD."""
    plain = frame.copy()
    for name in plain.select_dtypes("datetime"):
        plain[name] = plain[name].dt.strftime("%Y-%m-%d")
    return [{str(k): v for k, v in row.items()} for row in plain.to_dict(orient="records")]


def describe_rows(values: Series, chosen: NDArray[np.bool_], *, limit: int = 3) -> str:
    """Name the first chosen rows with their values, as in ``row 3 ('abc'), row 7 ('-')``.

    Rows are dates, or numbered in the word that the index has for a name, such as cycle.
    """
    rows = values[chosen]
    word = values.index.name or "row"
    return join_first([f"{_label(r, word)} ({_show(v)})" for r, v in rows.items()], limit=limit)


def list_names(names: Sequence[object] | pd.Index, *, limit: int = 10) -> str:
    """Join the first few names for a message."""
    return join_first([repr(str(name)) for name in names], limit=limit)


def join_first(texts: Sequence[str], *, limit: int) -> str:
    """Join the first few texts, as in ``a, b, c and 4 more``."""
    rest = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return ", ".join(texts[:limit]) + rest


def _label(row: object, word: object) -> str:
    return _show(row) if isinstance(row, pd.Timestamp) else f"{word} {row}"


def _show(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return str(value).removesuffix(" 00:00:00")
    return repr(value.item() if isinstance(value, np.generic) else value)


def _read_file(
    path: Path, header: int | Sequence[int], readers: Readers, text: Sequence[str]
) -> DataFrame:
    suffixes = [*(suffix + gz for suffix in readers for gz in ("", ".gz")), *_SUFFIXES]
    expected = f"Expected a file ending in {', '.join(suffixes[:-1])} or {suffixes[-1]}"
    if not path.exists():
        raise DataError(f"{path}: no such file. {expected}: check the path")
    if path.is_dir():
        raise DataError(f"{path}: this is a folder. {expected}: name one file")
    if not path.name.lower().endswith(tuple(suffixes)):
        raise DataError(f"{path}: unknown format. {expected}: convert or rename it")
    if path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty. Expected columns with at least one row")
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path)
        for suffix, reader in readers.items():
            if path.name.lower().removesuffix(".gz").endswith(suffix):
                return reader(_read_text(path))
        names = pd.read_csv(path, header=header, nrows=0).columns if text else ()
        kept = {name: str for name in names if plain_name(name) in text}
        return pd.read_csv(path, header=header, low_memory=False, converters=kept)
    except ImportError as error:
        raise DataError(
            f"{path}: reading Parquet needs pyarrow. Install it (pip install pyarrow) or use CSV"
        ) from error
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: cannot be read ({str(error).strip()}). Expected UTF-8 text (in .csv with "
            "commas) or Parquet, as the suffix says: save the file again"
        ) from error


def _read_text(path: Path) -> str:
    content = path.read_bytes()
    packed = path.suffix.lower() == ".gz"
    return (gzip.decompress(content) if packed else content).decode("utf-8-sig")


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
                f"{where}: column {column.name!r} {problem} at {int(mask.sum())} of {len(mask)} "
                f"rows: {describe_rows(values, mask.to_numpy())}. "
                f"Expected {expected}: correct or leave out these rows"
            )
    return converted


def _numbers(values: Series) -> Series:
    if values.dtype.kind in "bmM":  # pandas would turn booleans and dates into numbers
        return Series(np.nan, index=values.index)
    parsed = pd.to_numeric(values, errors="coerce")
    return Series(parsed.to_numpy("float64", na_value=np.nan), index=values.index)


def _dates(values: Series) -> Series:
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    if values.dtype.kind == "M":
        return Series(values.dt.tz_localize(None))
    text = values.astype("str").str.strip().str.replace(_OFFSET, r"\1", regex=True)
    best = Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    for form in _date_formats(text):
        parsed = pd.to_datetime(text, format=form, errors="coerce")
        if parsed.notna().sum() > best.notna().sum():
            best = parsed
    return best


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
    return values.astype("str").where(values.notna())


_PARSERS: Mapping[Kind, Callable[[Series], Series]] = {
    "number": _numbers,
    "date": _dates,
    "text": _texts,
}

_EXPECTED: Mapping[Kind, str] = {
    "number": "finite numbers",
    "date": "dates in one format, best YYYY-MM-DD",
    "text": "text",
}
