"""Targets as laboratories write them: numbers with gaps and bounds, or two classes in words."""

import re
from collections.abc import Sequence

from pandas import DataFrame, Series, isna, to_numeric
from pandas.api.types import is_numeric_dtype

from .tables import Column, convert, describe_rows, find_column, list_names, need_column
from .tables.describe import shorten

_MISSING = frozenset(
    (
        *("nd", "n.d.", "n.d", "n/d", "na", "n.a.", "n/a", "nan", "none", "null", "nt", "n.t."),
        *("-", "--", "?", "not determined", "not measured", "not tested", "not available"),
        *("missing", "unknown", "inconclusive", "blq", "bloq", "<loq", "<lod"),
    )
)
_BOUND = re.compile(r"[<>≤≥~]=?\s*[-+]?(\d[\d,]*\.?\d*|\.\d+)(e[-+]?\d+)?")
_PAIRS = (
    *(("active", "inactive"), ("yes", "no"), ("true", "false"), ("positive", "negative")),
    *(("pos", "neg"), ("y", "n"), ("t", "f"), ("toxic", "non-toxic"), ("toxic", "nontoxic")),
    *(("+", "-"), ("hit", "non-hit"), ("binder", "non-binder")),
)


def find_target(
    table: DataFrame, named: str | None, usual: Sequence[str], others: Sequence[str], where: str
) -> tuple[Series | None, tuple[str, ...]]:
    """The column of targets as numbers, or None where there is none or it is not clear; notes.

    Entries that say that nothing was measured (n.d.) or only a bound (>10000) become NaN; so do
    texts of any kind in a column that nobody named, as long as most of it are numbers. In a column
    that somebody named there must be fewer bounds than numbers. Two words such as active and
    inactive become 1 and 0.

    Args:
        table: one row for each thing, numbered by its index.
        named: the column that somebody asked for.
        usual: names of such columns, the first that is there counts; of the others, the only one
            of numbers, or else the only one of two classes in words.
        others: names of columns that are none.
        where: what to call the table in messages.

    Raises:
        DataError: no column of this name, or one that holds anything but numbers or two classes.
    """
    if named is not None:
        return _read(table[need_column(table.columns, named, where=where)], where, strict=True)
    found = find_column(table.columns, usual)
    if found is not None:
        return _read(table[found], where, strict=True)
    free = [name for name in table.columns if find_column(table[[name]].columns, others) is None]
    chosen = [name for name in free if holds_numbers(table[name])]
    chosen = chosen or [name for name in free if _classes(_cells(table[name])) is not None]
    if len(chosen) > 1:
        which = shorten(list_names(chosen, limit=20), 200)
        return None, (f"no target was read, as it may be any of {which}: choose one by its name",)
    return _read(table[chosen[0]], where, strict=False) if chosen else (None, ())


def holds_numbers(values: Series) -> bool:
    """Whether most of what stands in a column are numbers or bounds of some."""
    if is_numeric_dtype(values):
        return True
    cells = _cells(values)
    filled = ~cells.isin(("", *_MISSING))
    return bool((_numbers(cells) | _bounds(cells))[filled].mean() > 0.5)


def _read(values: Series, where: str, *, strict: bool) -> tuple[Series, tuple[str, ...]]:
    column, cells = Column(str(values.name), gaps=True), _cells(values)
    name = shorten(repr(column.name))
    pair = _classes(cells)
    if pair is not None:
        ones = cells.eq(pair[0]).astype("float64").where(cells.isin(pair))
        return ones.rename(str(values.name)), (f"column {name}: {pair[0]} is 1, {pair[1]} is 0",)
    numbers, bounds = _numbers(cells), _bounds(cells)
    texts = cells.isin(_MISSING) if strict else ~numbers & ~bounds & cells.ne("")
    if strict and bounds.sum() >= numbers.sum():
        bounds[:] = texts[:] = False  # nothing is left out: an error names them
    read = convert(read_booleans(values).mask(bounds | texts), column, where)
    said = ((bounds, "are only bounds"), (texts, "are no numbers"))
    return read.rename(str(values.name)), tuple(
        f"column {name}: {chosen.sum()} of {len(values)} values {what} and are left out: "
        f"{describe_rows(values, chosen.to_numpy())}"
        for chosen, what in said
        if chosen.any()
    )


def read_booleans(values: Series) -> Series:
    """The same with 1 and 0 for True and False."""
    return values.astype("object").map(lambda v: float(v) if isinstance(v, bool) else v)


def _cells(values: Series) -> Series:
    """As text in lower case, "" where there is nothing."""
    texts = ["" if isna(v) else str(v).strip().lower() for v in read_booleans(values)]
    return Series(texts, index=values.index, dtype="object")


def _numbers(cells: Series) -> "Series[bool]":
    return to_numeric(cells, errors="coerce").notna()


def _bounds(cells: Series) -> "Series[bool]":
    return cells.map(lambda cell: _BOUND.fullmatch(cell) is not None).astype(bool)


def _classes(cells: Series) -> tuple[str, str] | None:
    """The pair of words for 1 and 0 that a column consists of, both of which are there."""
    words = set(cells) - {""}
    for pair in _PAIRS:
        if words >= set(pair) and words - set(pair) <= _MISSING:
            return pair
    return None
