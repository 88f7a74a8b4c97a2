"""Rows that are no series: what each is, its name, target and part of a split, and repeats."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import or_
from typing import Any

import numpy as np
from pandas import DataFrame, RangeIndex, Series
from pandas.api.types import is_numeric_dtype

from ..errors import DataError
from .tables import Column, convert, find_column, join_first, list_names, need_column
from .tables.describe import shorten
from .targets import find_target, holds_numbers, read_booleans

_NAMES = ("name", "title", "id", "index", "unnamed: 0")
_TARGETS = ("target", "y")
_YEARS = ("year", "approval_year", "first_approval")
_PARTS = ("split", "part")
_NO_TARGETS = (*_NAMES, *_YEARS, *_PARTS)
_REASON = "_error"
_NUMBER = re.compile(r"[-+<>]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
_SPLITS = {"train": "train", "training": "train", "test": "test", "testing": "test", "": ""}


@dataclass(frozen=True)
class Layout:
    """The columns by which the tables of a domain are known; the first that is there counts."""

    thing: str
    """What a row is, in one word."""
    key: str
    """Column that its standard form gets."""
    columns: tuple[str, ...]
    """Columns that say what a row is."""
    names: tuple[str, ...] = ()
    """Columns that name a row, before name, title, id and index; never targets."""
    targets: tuple[str, ...] = ()
    """Columns that hold a target, before target and y."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Rows that are no series; a domain's records derive from it."""

    table: DataFrame
    """One row for each row of the source, in its order, with the columns row (from 1), name, given
    (what came, as text), the layout's key ("" where there is none), target (NaN: to be predicted),
    part ("train", "test" or ""), year (or NaN), error (why the row cannot be used, or "") and
    duplicate_of (the row that counts in place of this one, or 0)."""
    source: str
    target: str | None
    """Column that the targets come from."""
    notes: tuple[str, ...] = ()
    """What a reader of any result must know about the data."""

    @property
    def counted(self) -> DataFrame:
        """The rows to learn from, each thing once, and those to predict; none with an error."""
        return self.table[self.table["error"].eq("") & self.table["duplicate_of"].eq(0)]

    def measured(self) -> DataFrame:
        """The counted rows that have a target.

        Raises:
            DataError: There is none.
        """
        known = self.counted[self.counted["target"].notna()]
        if known.empty:
            said = shorten("; ".join(self.notes), 120) or "no column of numbers"
            raise DataError(
                f"{self.source}: no row has a target to learn from ({said}). Expected numbers in "
                "one column: add it, or choose it by its name (target=...)"
            )
        return known

    def to_frame(self) -> DataFrame:
        return self.table.copy()


def label_rows(
    table: DataFrame,
    layout: Layout,
    read: Callable[[str], str],
    *,
    where: str = "table",
    thing: str | None = None,
    target: str | None = None,
    known: bool = True,
) -> Labelled:
    """Find what each row of a table is and says, and merge the rows that repeat.

    Among the rows with a target, the first of a key gets the mean of the targets. Rows of a key
    that also stands in the test part are dropped from the rest. Where all targets are 0 and 1, rows
    of a key with both get an error: there is no mean of two classes. Rows without a target wait for
    an answer; each counts for itself.

    Args:
        table: One row for each thing; a column _error may say why its reader found none in a row.
        layout: The columns known in this domain.
        read: Gives the standard form of what a row is, or raises DataError with the reason; equal
            texts are read once.
        where: What to call the table in messages.
        thing: Column that says what a row is; by default one of the layout, or the only text column
            most of which can be read.
        target: Column of numbers or of two classes, empty where unknown, see `find_target`; by
            default one of the layout, or the only one that is no year and names no row.
        known: False: whatever targets there are, every row is to be predicted.

    Raises:
        DataError: A column stands there twice or is missing, or target or year hold anything but
            numbers; the message names the rows.
    """
    table = table.set_axis(RangeIndex(1, len(table) + 1), axis="index")
    columns = table.columns
    if columns.has_duplicates:
        twice = list_names(columns[columns.duplicated()])
        raise DataError(f"{where}: {twice} stands there twice. Expected each column once")
    given = _text(table[_thing(table, thing, layout, read, where)])
    name, year = find_column(columns, (*layout.names, *_NAMES)), find_column(columns, _YEARS)
    usual, others = (*layout.targets, *_TARGETS), (*layout.columns, *layout.names, *_NO_TARGETS)
    targets, notes = find_target(table, target, usual, others, where) if known else (None, ())
    part, part_notes = _parts(table, find_column(columns, _PARTS))
    outcome = {text: _try(read, text) for text in given.unique()}
    reason = _text(table.get(_REASON, Series("", table.index)))
    rows = DataFrame(
        {
            "row": table.index,
            "name": "" if name is None else _text(table[name]),
            "given": given,
            layout.key: given.map({text: form for text, (form, _) in outcome.items()}),
            "target": np.nan if targets is None else targets,
            "part": part,
            "year": np.nan if year is None else _numbers(table[year], where),
            "error": reason.where(
                reason.ne(""), given.map({t: e for t, (_, e) in outcome.items()})
            ),
            "duplicate_of": 0,
        },
        index=table.index,
    )
    merged, merged_notes = _merge(rows, layout)
    column = None if targets is None else str(targets.name)
    return Labelled(merged, where, column, (*notes, *part_notes, *_bad(rows), *merged_notes))


def _try(read: Callable[[str], str], text: str) -> tuple[str, str]:
    """Standard form or error, the other empty."""
    try:
        return read(text), ""
    except DataError as error:
        return "", str(error)


def _text(values: Series) -> Series:
    """Text without blanks around it, "" where there is none; what is no Unicode becomes "?"."""
    filled = values.astype("object").where(values.notna(), "")
    cells = [str(cell).encode(errors="replace").decode().strip() for cell in filled]
    return Series(cells, index=values.index, dtype="object")


def _numbers(values: Series, where: str) -> Series:
    return convert(read_booleans(values), Column(str(values.name), gaps=True), where)


def _thing(
    table: DataFrame, column: str | None, layout: Layout, read: Callable[[str], str], where: str
) -> Any:
    if column is not None:
        return need_column(table.columns, column, where=where)
    found = find_column(table.columns, layout.columns)
    if found is not None:
        return found
    readable = [
        name
        for name in table.columns
        if not is_numeric_dtype(table[name])
        and np.mean([_try(read, text)[0] != "" for text in _text(table[name].iloc[:20])]) > 0.5
    ]
    if len(readable) != 1:
        which = list_names(readable or table.columns)
        raise DataError(
            f"{where}: {'more than one' if readable else 'no'} column holds {layout.key}, among "
            f"{which}. Expected one: name it {layout.columns[0]!r}, or choose it by its name"
        )
    _check_header(table, readable[0], read, where)
    return readable[0]


def _check_header(table: DataFrame, chosen: Any, read: Callable[[str], str], where: str) -> None:
    """Refuse a table whose first row has become the names of its columns."""
    labels = [x for x in table.columns if isinstance(x, str) and holds_numbers(table[x])]
    numbers = [bool(_NUMBER.fullmatch(label.strip())) for label in labels]
    gaps = [label.startswith("Unnamed: ") for label in labels]
    readable = isinstance(chosen, str) and _try(read, chosen)[0] != ""
    if (readable and all(map(or_, numbers, gaps))) or (numbers and all(numbers)):
        raise DataError(
            f"{where}: the names of the columns ({list_names(table.columns, limit=3)}) look like a "
            "row of data. Expected names in the first row: add it, such as smiles,value"
        )


def _parts(table: DataFrame, column: str | None) -> tuple[str | Series, tuple[str, ...]]:
    if column is None:
        return "", ()
    part = _text(table[column]).str.lower().map(_SPLITS)
    if part.isna().any():
        return "", (
            f"column {shorten(repr(str(column)))} holds more than train and test: it is not used",
        )
    return part, ()


def _bad(rows: DataFrame) -> tuple[str, ...]:
    bad = rows.index[rows["error"].ne("")]
    which = join_first([f"row {row}" for row in bad], limit=3)
    text = f"{len(bad)} of {len(rows)} rows cannot be used: {which}; the column error says why"
    return (text,) if len(bad) else ()


def _merge(rows: DataFrame, layout: Layout) -> tuple[DataFrame, tuple[str, ...]]:
    rows, key, thing = rows.copy(), layout.key, layout.thing
    known = rows[rows["error"].eq("") & rows["target"].notna()]
    test = known[known["part"].eq("test")]
    leaked = known[known["part"].ne("test") & known[key].isin(test[key])]
    groups = known.drop(index=leaked.index).groupby(key)
    first, mean = groups["row"].transform("min"), groups["target"].transform("mean")
    spread = groups["target"].transform("max") - groups["target"].transform("min")
    classes = bool(known["target"].isin((0, 1)).all())
    torn = spread.index[spread.gt(0) & classes]
    merged = first[(first != first.index) & ~first.index.isin(torn)]
    rows.loc[torn, "error"] = f"the same {thing} has targets 0 and 1: neither is used"
    rows.loc[leaked.index, "duplicate_of"] = leaked[key].map(test.groupby(key)["row"].min())
    rows.loc[merged.index, "duplicate_of"] = merged
    rows.loc[merged.unique(), "target"] = mean[merged.unique()]
    far = spread[merged.index].max()
    said = (
        (len(leaked), f"repeat a {thing} of the test part: they do not count"),
        (len(merged), f"repeat a {thing}: the first has the mean target (up to {far:.3g} apart)"),
        (len(torn), f"are of a {thing} with targets 0 and 1: not used"),
    )
    return rows, tuple(f"{count} rows {text}" for count, text in said if count)
