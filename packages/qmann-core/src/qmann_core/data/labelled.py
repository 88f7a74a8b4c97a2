"""Rows that are no series: what each is, its name, target and part of a split, and repeats."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import or_
from typing import Any, Literal

import numpy as np
from pandas import DataFrame, RangeIndex, Series
from pandas.api.types import is_numeric_dtype

from ..errors import DataError
from .classes import cells
from .tables import Column, as_numbers, convert, find_column, join_first, list_names, need_column
from .tables.describe import shorten
from .targets import find_target, holds_numbers, read_booleans

_NAMES = ("name", "title", "id", "index", "unnamed: 0")
_TARGETS = ("target", "y")
_YEARS = ("year", "approval_year", "first_approval")
_PARTS = ("split", "part")
_FOLDS = ("fold",)
_REASON = "_error"
_NO_TARGETS = (*_NAMES, *_YEARS, *_PARTS, *_FOLDS, _REASON)
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
    merged: Literal["mean", "median"] = "mean"
    """Which of the targets of repeated rows the first gets."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Rows that are no series; a domain's records derive from it."""

    table: DataFrame
    """One row for each row of the source, in its order, with the columns row (from 1), name, given
    (what came, as text), the layout's key ("" where there is none), target (NaN: to be predicted),
    part ("train", "test" or ""), fold (in which the row is tested, NaN: in none), year (or NaN),
    error (why the row cannot be used, or "") and duplicate_of (the row that counts in place of this
    one, or 0); then columns that say with the key what a row is, as they came."""
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
    along: Sequence[str] = (),
    classes: bool | None = None,
) -> Labelled:
    """Find what each row of a table is and says, and merge the rows that repeat.

    Among the rows with a target, the first of a key gets the mean of the targets, or the layout's
    median. Rows of a key that also stands in the test part are dropped from the rest, and so are
    those in another fold than the first that has one. Of classes, rows of a key with different ones
    get an error: there is no mean of two classes. Rows without a target wait for an answer; each
    counts for itself.

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
        along: Columns, as they stand there, that say with the key what a row is, such as the
            temperature of a test: rows repeat where they agree in these too, missing in both
            included. None of them is taken for key, target or anything else.
        classes: Whether targets are numbers of classes, however many; None: if all are 0 and 1.

    Raises:
        DataError: A column stands there twice or is missing, one of ``along`` has the name of a
            column of the result, or target or year hold anything but numbers; the message names the
            rows.
    """
    table = table.set_axis(RangeIndex(1, len(table) + 1), axis="index")
    columns = table.columns
    if columns.has_duplicates:
        twice = list_names(columns[columns.duplicated()])
        raise DataError(f"{where}: {twice} stands there twice. Expected each column once")
    beside = table[[need_column(columns, name, where=where) for name in along]]
    columns = (table := table.drop(columns=beside.columns)).columns
    given = _text(table[_thing(table, thing, layout, read, where)])
    name, year = find_column(columns, (*layout.names, *_NAMES)), find_column(columns, _YEARS)
    usual, others = (*layout.targets, *_TARGETS), (*layout.columns, *layout.names, *_NO_TARGETS)
    targets, notes = find_target(table, target, usual, others, where) if known else (None, ())
    column = None if targets is None else str(targets.name)
    parts, part_notes = _parts(table, column)
    outcome = {text: _try(read, text) for text in given.unique()}
    reason = _text(table.get(_REASON, Series("", table.index)))
    rows = DataFrame(
        {
            "row": table.index,
            "name": "" if name is None else _text(table[name]),
            "given": given,
            layout.key: given.map({text: form for text, (form, _) in outcome.items()}),
            "target": np.nan if targets is None else targets,
            "part": parts["part"],
            "fold": parts["fold"],
            "year": np.nan if year is None else _numbers(table[year], where),
            "error": reason.where(
                reason.ne(""), given.map({t: e for t, (_, e) in outcome.items()})
            ),
            "duplicate_of": 0,
        },
        index=table.index,
    )
    if taken := [name for name in beside if name in rows]:
        raise DataError(
            f"{where}: {list_names(taken)} cannot say what a row is, as results have columns of "
            "this name. Expected another: rename it"
        )
    merged, merged_notes = _merge(rows.join(beside), layout, [*beside], classes)
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
    _check_header(table, readable[0], read, layout.key, where)
    return readable[0]


def _check_header(
    table: DataFrame, chosen: Any, read: Callable[[str], str], key: str, where: str
) -> None:
    """Refuse a table whose first row has become the names of its columns."""
    labels = [x for x in table.columns if isinstance(x, str) and holds_numbers(table[x])]
    numbers = [bool(_NUMBER.fullmatch(label.strip())) for label in labels]
    gaps = [label.startswith("Unnamed: ") for label in labels]
    readable = isinstance(chosen, str) and _try(read, chosen)[0] != ""
    if (readable and all(map(or_, numbers, gaps))) or (numbers and all(numbers)):
        raise DataError(
            f"{where}: the names of the columns ({list_names(table.columns, limit=3)}) look like a "
            f"row of data. Expected names in the first row: add it, such as {key},value"
        )


def _parts(table: DataFrame, target: str | None) -> tuple[DataFrame, tuple[str, ...]]:
    """Part and fold of each row, and notes on columns that hold neither."""
    found, notes = DataFrame({"part": "", "fold": np.nan}, index=table.index), list[str]()
    names = table.columns[table.columns.map(str) != target]
    fold, part = find_column(names, _FOLDS), find_column(names, _PARTS)
    for column, expected in ((fold, "whole numbers"), (part, "train and test")):
        if column is None:
            continue
        words = _text(table[column]).str.lower().map(_SPLITS)
        said = _comparable(table[column])
        if column == part and words.notna().all():
            found["part"] = words
        elif fold in (None, column) and said.dtype.kind == "f" and (said.dropna() % 1 == 0).all():
            found["fold"] = said.where(said >= 0)
        else:
            which = shorten(repr(str(column)))
            notes.append(f"column {which} holds more than {expected}: it is not used")
    return found, tuple(notes)


def _comparable(values: Series) -> Series:
    """Numbers, where nothing else stands there, or words; NaN where nothing stands."""
    texts = cells(values)
    numbers = as_numbers(texts)
    return numbers if numbers.notna().eq(texts.notna()).all() else texts


def _bad(rows: DataFrame) -> tuple[str, ...]:
    bad = rows.index[rows["error"].ne("")]
    which = join_first([f"row {row}" for row in bad], limit=3)
    text = f"{len(bad)} of {len(rows)} rows cannot be used: {which}; the column error says why"
    return (text,) if len(bad) else ()


def _merge(
    rows: DataFrame, layout: Layout, along: Sequence[Any], classes: bool | None
) -> tuple[DataFrame, tuple[str, ...]]:
    rows, thing, middle = rows.copy(), layout.thing, layout.merged
    known = rows[rows["error"].eq("") & rows["target"].notna()]
    said = [known[layout.key], *(_comparable(known[name]) for name in along)]
    same = known.groupby(said, dropna=False, sort=False).ngroup()
    test = known["part"].eq("test")
    leaked = ~test & same.isin(same[test])
    home = known["fold"].mask(leaked).groupby(same).transform("first")
    moved = ~leaked & home.notna() & known["fold"].ne(home)
    counted = known[~leaked & ~moved]
    groups = counted.groupby(same[counted.index])
    first, target = same.map(groups["row"].min()), groups["target"].transform(middle)
    spread = groups["target"].transform("max") - groups["target"].transform("min")
    binary = bool(known["target"].isin((0, 1)).all())
    torn = spread.index[spread.gt(0) & (binary if classes is None else classes)]
    repeats = first[(first != first.index) & ~first.index.isin(torn)]
    merged = repeats[repeats.index.isin(counted.index)]
    which, none = ("0 and 1", "neither") if binary else ("of two classes", "none")
    rows.loc[torn, "error"] = f"the same {thing} has targets {which}: {none} is used"
    rows.loc[repeats.index, "duplicate_of"] = repeats
    rows.loc[merged.unique(), "target"] = target[merged.unique()]
    gets = f"the {middle} target (up to {spread[merged.index].max():.3g} apart)"
    notes = (
        (leaked.sum(), f"repeat a {thing} of the test part: they do not count"),
        (moved.sum(), f"repeat a {thing} of another fold: they do not count"),
        (len(merged), f"repeat a {thing}: the first has {gets}"),
        (len(torn), f"are of a {thing} with targets {which}: not used"),
    )
    return rows, tuple(f"{count} rows {text}" for count, text in notes if count)
