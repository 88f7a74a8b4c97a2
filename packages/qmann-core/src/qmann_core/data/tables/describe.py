"""Names of columns, and what messages call them, rows and sources."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series

from ...errors import DataError


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
            f"{where}: no column {shorten(repr(name))} among {list_names(columns)}. Expected one "
            "of them: correct the name"
        )
    return found


def check_names(columns: pd.Index, where: str) -> None:
    """Refuse a column that stands there twice.

    Raises:
        DataError: there is one.
    """
    if columns.has_duplicates:
        twice = list_names(columns[columns.duplicated()])
        raise DataError(f"{where}: column {twice} stands there twice. Expected each once: rename")


def name_source(source: object) -> str:
    """What to call a source in messages: the name of the file, or the type of data in memory."""
    name = source if isinstance(source, str | Path) else getattr(source, "name", None)
    named = isinstance(name, str | Path) and not isinstance(source, pd.Index | Series | DataFrame)
    return shorten(Path(str(name)).name) if named else type(source).__name__


def from_rows(rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    """A table of rows."""
    return DataFrame(rows)


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
    texts = [f"{_label(r, word)} ({_show(v)})" for r, v in rows.iloc[:limit].items()]
    return _join(texts, len(rows), 85)


def list_names(names: Sequence[object] | pd.Index, *, limit: int = 10, most: int = 110) -> str:
    """Join the first few names for a message, ``most`` characters at most."""
    return _join([shorten(repr(str(name)), 30) for name in names[:limit]], len(names), most)


def join_first(texts: Sequence[str], *, limit: int) -> str:
    """Join the first few texts, as in ``a, b, c and 4 more``."""
    return ", ".join(texts[:limit]) + _more(len(texts) - limit)


def shorten(text: str, most: int = 40) -> str:
    """A text on one line, without its middle where it is longer than ``most``."""
    line = re.sub(r"\s*[\r\n\t]\s*", " ", text)
    return line if len(line) <= most else f"{line[: most - 12]}...{line[-9:]}"


def _join(texts: list[str], count: int, most: int) -> str:
    while len(texts) > 1 and len(", ".join(texts)) > most:
        texts.pop()
    return ", ".join(texts) + _more(count - len(texts))


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _label(row: object, word: object) -> str:
    return _show(row) if isinstance(row, pd.Timestamp) else f"{shorten(str(word))} {row}"


def _show(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return str(value).removesuffix(" 00:00:00")
    return shorten(repr(value.item() if isinstance(value, np.generic) else value))
