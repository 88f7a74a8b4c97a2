"""Numbers as people write them: with a decimal comma, in thousands, in a currency, or missing."""

import re
from collections.abc import Callable, Collection

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from .describe import shorten

_MISSING = frozenset(
    ("", "-", "--", "–", "—", ".", "na", "<na>", "n/a", "n.a.", "#n/a", "nan", "null", "none")
)
_NAME = r"\+?0\d|[+-]?\d{16}"  # how a number begins that rather is a name, such as 0700
_SIGN = r"(?:[$€£¥₹₽₩]|USD|EUR|GBP|CHF|JPY|CNY|HKD)"
_AROUND = rf"(?:^|(?<=^[+-]))\s*{_SIGN}\s*(?=[\d.,+-])|(?<=[\d.,])\s*{_SIGN}$"
_BETWEEN = r"(?<=\d)[\s'’](?=\d{3}(?!\d))"
_POINT = r"[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_COMMA = r"[+-]?(?:(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d*)?|,\d+)(?:[eE][+-]?\d+)?"
_LONGEST = 100  # characters of a number
_ROUGHLY = r"\W{0,3}(?:[A-Z]{3})?[\s+-]*[\d.,'’\s]*\d[\d.,'’\s]*(?:[eE][+-]?\d+)?(?:\W|[A-Z]{3})?"
_FIRST = 50  # cells that tell a column of texts from one of numbers
_EXACT = 1e15  # beyond, a float may not hold every digit


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
    columns: dict[int, Series] = {i: table.iloc[:, i] for i in range(table.shape[1])}
    figures = dict[int, Series]()
    for name in doubtful:
        cells = written(name)
        known = _known(cells)
        if known is not None and (plain := _plain(known)) is not None:
            columns[name] = _with_gaps(plain, cells.index)
        elif known is not None and (bare := _bare(known)) is not None:
            figures[name] = bare
        else:
            columns[name] = cells.mask(cells.eq(""))
    one_way = {_fits(bare, _POINT) for bare in figures.values() if not _fits_both(bare)}
    comma = False in one_way or (comma and not one_way)
    if figures and comma:  # in such a table 1.755 is more than a thousand
        for name in [n for n, cells in columns.items() if cells.dtype.kind == "f"]:
            known = _known(written(name))
            if known is not None and _fits(known, _COMMA):
                figures[name] = known
    notes = list[str]()
    for name, bare in figures.items():
        decimal = _fits(bare, _COMMA) and (comma or not _fits(bare, _POINT))
        numbers = _read(bare, ",", ".") if decimal else _read(bare, ".", ",")
        columns[name] = numbers.reindex(table.index)
        notes += _differing(written(name)[bare.index], numbers)
    return DataFrame(columns), tuple(notes[:1])


def _known(cells: Series) -> Series | None:
    """The cells that are not missing; None if some are no numbers."""
    if not all(map(_may_be_number, cells.iloc[:_FIRST].dropna().tolist())):
        return None
    known = _present(cells)
    if known.empty or known.str.len().max() > _LONGEST or known.str.match(_NAME).any():
        return None
    return known


def _may_be_number(cell: str) -> bool:
    text = cell.strip()
    return text.lower() in _MISSING or (
        len(text) <= _LONGEST and re.fullmatch(_ROUGHLY, text) is not None
    )


def _present(cells: Series) -> Series:
    texts = cells.dropna().astype("str").str.strip()
    return texts[~texts.str.lower().isin(_MISSING)]


def _plain(known: Series) -> Series | None:
    """Numbers as any program writes them; None where some cell is none."""
    numbers = pd.to_numeric(known, errors="coerce")
    return None if numbers.isna().any() else numbers


def _with_gaps(numbers: Series, index: pd.Index) -> Series:
    """Numbers of the cells that are not missing in their rows, whole ones as such."""
    whole = numbers.dtype.kind in "iu" and len(numbers) < len(index)
    return (numbers.astype("Int64") if whole else numbers).reindex(index)


def _bare(known: Series) -> Series | None:
    """Numbers without currency and blanks between thousands; None where some cell is none."""
    bare = known.str.replace(_AROUND, "", regex=True).str.replace(_BETWEEN, "", regex=True)
    return bare if _fits(bare, _POINT) or _fits(bare, _COMMA) else None


def _fits(bare: Series, form: str) -> bool:
    return bool(bare.str.fullmatch(form).all())


def _fits_both(bare: Series) -> bool:
    return _fits(bare, _POINT) and _fits(bare, _COMMA)


def _read(bare: Series, point: str, thousand: str) -> Series:
    clean = bare.str.replace(thousand, "", regex=False).str.replace(point, ".", regex=False)
    return pd.to_numeric(clean).astype("float64")


def _differing(cells: Series, numbers: Series) -> list[str]:
    """A note on the first cell that stands otherwise than a program writes it."""
    unlike = cells.index[(pd.to_numeric(cells, errors="coerce") != numbers).to_numpy()]
    return [
        f"numbers such as {shorten(cells[row])} are read as {numbers[row]:.10g}"
        for row in unlike[:1]
    ]
