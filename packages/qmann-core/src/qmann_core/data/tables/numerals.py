"""Numbers as people write them: with a decimal comma, in thousands, in a currency, or missing."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series

from .describe import shorten

_MISSING = frozenset(
    ("", "-", "--", "–", "—", ".", "na", "<na>", "n/a", "n.a.", "#n/a", "nan", "null", "none")
)
_SIGN = r"(?:[$€£¥₹₽₩]|USD|EUR|GBP|CHF|JPY|CNY|HKD)"
_NAME = re.compile(r"\+?0\d|[+-]?\d{16}")  # how a number begins that rather is a name, as 0700
_AROUND = re.compile(rf"(?:^|(?<=^[+-]))\s*{_SIGN}\s*(?=[\d.,+-])|(?<=[\d.,])\s*{_SIGN}$")
_BETWEEN = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
_POINT = re.compile(r"[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(?:(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d*)?|,\d+)(?:[eE][+-]?\d+)?")
_ROUGHLY = re.compile(
    r"\W{0,3}(?:[A-Z]{3})?[\s+-]*[\d.,'’\s]*\d[\d.,'’\s]*(?:[eE][+-]?\d+)?(?:\W|[A-Z]{3})?"
)
_LONGEST = 100  # characters of a number
_EXACT = 1e15  # beyond, a float may not hold every digit


@dataclass(frozen=True)
class Cells:
    """The cells of a column that are not missing."""

    texts: list[str]
    rows: list[int]
    point: bool = False
    """Whether they may be numbers with a decimal point, and commas between thousands."""
    comma: bool = False
    """Whether they may be numbers with a decimal comma, and points between thousands."""


def is_doubtful(cells: Series, *, zeros: bool) -> bool:
    """Whether a column must be looked at as it is written, to know what it holds.

    Args:
        cells: As pandas reads them.
        zeros: Whether some whole number of the table may begin with a zero, as names do.
    """
    values, kind = cells.to_numpy(), cells.dtype.kind
    if kind in "iu":
        return zeros or bool(np.abs(values).max(initial=0) >= _EXACT)
    if kind == "f":
        known = values[~np.isnan(values)]
        gaps = 0 < len(known) < len(values)
        return bool((np.abs(known) >= _EXACT).any() or (gaps and (known % 1 == 0).all()))
    return kind != "b"


def read_numbers(
    table: DataFrame,
    doubtful: Collection[int],
    written: Callable[[int], Series],
    *,
    comma: bool,
) -> tuple[DataFrame, tuple[str, ...]]:
    """Turn texts that are numbers into such, and numbers that rather are names back into texts.

    A column becomes numbers if each of its cells is one, or a mark of what is missing, such as NA.
    It stays text if a cell begins with a zero, or has more digits than a float can hold.

    Args:
        table: As pandas reads it, with columns counted from 0.
        doubtful: Columns to look at.
        written: The cells of a column as they stand in the file, missing where they are empty.
        comma: Whether 1,234 is more likely a decimal fraction than more than a thousand.
    """
    if not doubtful or table.empty:
        return table, ()
    columns: dict[int, Series] = {i: table[i] for i in range(table.shape[1])}
    figures = dict[int, Cells]()
    for name in doubtful:
        cells = _known(written(name))
        plain = None if cells is None else _plain(cells)
        bare = _bare(cells) if cells is not None and plain is None else None
        if cells is not None and plain is not None:
            columns[name] = _column(plain, cells, len(table))
        elif bare is not None:
            figures[name] = bare
        else:
            columns[name] = (texts := written(name)).mask(texts.eq(""))
    one_way = {each.point for each in figures.values() if each.point != each.comma}
    comma = False in one_way or (comma and not one_way)
    if figures and comma:  # in such a table 1.755 is more than a thousand
        for name in [n for n, values in columns.items() if values.dtype.kind == "f"]:
            cells = _known(written(name))
            if cells is not None and all(map(_COMMA.fullmatch, cells.texts)):
                figures[name] = replace(cells, comma=True)
    notes = list[str]()
    for name, cells in figures.items():
        numbers = _read(cells, decimal_comma=cells.comma and (comma or not cells.point))
        columns[name] = _column(numbers, cells, len(table))
        notes += [] if notes else _differing(written(name), cells, numbers)
    return DataFrame(columns), tuple(notes)


def _known(column: Series) -> Cells | None:
    """The cells that are not missing; None if some cannot be numbers."""
    texts, rows = list[str](), list[int]()
    for row, cell in enumerate(column.tolist()):
        text = cell.strip() if isinstance(cell, str) else ""
        if text.lower() in _MISSING:
            continue
        if len(text) > _LONGEST or _NAME.match(text) or not _ROUGHLY.fullmatch(text):
            return None
        texts.append(text)
        rows.append(row)
    return Cells(texts, rows) if texts else None


def _plain(cells: Cells) -> NDArray[Any] | None:
    """Numbers as any program writes them; None where some cell is none."""
    numbers: NDArray[Any] = pd.to_numeric(np.array(cells.texts, dtype="object"), errors="coerce")
    return None if np.isnan(numbers).any() else numbers


def _column(numbers: NDArray[Any], cells: Cells, size: int) -> Series:
    """Numbers in their rows among those that are missing, whole ones as such."""
    column = Series(numbers, index=cells.rows)
    if numbers.dtype.kind in "iu" and len(numbers) < size:
        column = column.astype("Int64")
    return column.reindex(range(size))


def _bare(cells: Cells) -> Cells | None:
    """Numbers without currency and blanks between thousands; None where some cell is none."""
    point = comma = True
    texts = list[str]()
    for text in cells.texts:
        texts.append(_BETWEEN.sub("", _AROUND.sub("", text)))
        point = point and _POINT.fullmatch(texts[-1]) is not None
        comma = comma and _COMMA.fullmatch(texts[-1]) is not None
        if not (point or comma):
            return None
    return Cells(texts, cells.rows, point, comma)


def _read(cells: Cells, *, decimal_comma: bool) -> NDArray[Any]:
    signs = str.maketrans(",", ".", ".") if decimal_comma else str.maketrans("", "", ",")
    return np.array([float(text.translate(signs)) for text in cells.texts])


def _differing(column: Series, cells: Cells, numbers: NDArray[Any]) -> list[str]:
    """A note on the first cell that stands otherwise than a program writes it."""
    texts = column.iloc[cells.rows].to_numpy("object")
    unlike = (pd.to_numeric(texts, errors="coerce") != numbers).nonzero()[0]
    return [
        f"numbers such as {shorten(texts[i].strip())} are read as {numbers[i]:.10g}"
        for i in unlike[:1]
    ]
