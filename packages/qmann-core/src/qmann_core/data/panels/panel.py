"""Panels: units, such as series, engines and patients, each with its values over time."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pandas import DataFrame, Series

from ...errors import DataError
from ...files import Readable
from ..tables import Column, join_first, list_names, name_source, read_noted, shorten, validate
from .layouts import split_units
from .order import check_gaps, put_in_order, time_index
from .schema import PanelSchema
from .translation import translate

P = TypeVar("P", bound="Panel")
Remarks = tuple[str, ...]
_MOST_UNITS = 1000  # that are read at once


@dataclass(frozen=True, eq=False)
class Panel:
    """Units over time, checked by `read_panel`; a domain's records derive from it."""

    frames: Mapping[str, DataFrame]
    """Unit -> its values; the index is its time, unique and increasing, without zone."""
    source: str
    """File or demo that the values come from."""
    notes: tuple[str, ...] = ()
    """What a reader of any result must know about the data."""
    word: str = "series"
    """What a unit is called in messages."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.frames)

    def to_frame(self) -> DataFrame:
        """One row per unit: first and last time, rows, and the columns there are."""
        return DataFrame(
            [
                {
                    "unique_id": name,
                    "first": frame.index[0],
                    "last": frame.index[-1],
                    "rows": len(frame),
                    "columns": " ".join(map(str, frame.columns)),
                }
                for name, frame in self.frames.items()
            ]
        )

    def select(self: P, names: Iterable[str]) -> P:
        """Only these units, in this order; a single string counts as one name.

        Raises:
            DataError: A name is unknown; the message gives the nearest known ones.
        """
        chosen = _pick(names, self.frames, self.source, self.word)
        return replace(self, frames={name: self.frames[name] for name in chosen})


def read_panel(
    source: str | Path | Readable | DataFrame | Series,
    schema: PanelSchema,
    *,
    units: Iterable[str] | None = None,
    max_gap: float | int | None = None,
    called: str | None = None,
    check: Callable[[DataFrame, str], None] | None = None,
    mend: Callable[[DataFrame], tuple[DataFrame, Remarks]] | None = None,
    clean: Callable[[DataFrame, str], tuple[DataFrame, Remarks]] | None = None,
    newest_first: bool = False,
    strict: bool = False,
) -> Panel:
    """Read a panel from a CSV, CSV.gz, Excel or Parquet file, a DataFrame or a Series.

    Layouts, told apart by the column names in any order and letter case: long, with a column that
    names the unit (or an index of units and times); wide, with a column for each unit; two levels
    of columns, one of which names the unit; and one unit alone, named after the file. Where several
    units share the rows, those that are empty for one are left out of it. Notes tell what was
    understood where a table is not plain.

    Args:
        source: Path, open file or data; times are a column or the index.
        schema: What is known of the tables of the domain.
        units: Which to read, and check; all when None.
        max_gap: Longest distance between two rows: days, seconds (of dates with times) or counts.
        called: Name of the source, and of a unit that has none; by default that of the file.
        check: Refuses raw values of a unit by time, before any is checked; told where they are.
        mend: Goes over raw values of a unit by time, before they are checked, unless strict; its
            remarks become notes.
        clean: Goes over the checked frame of a unit, told where it is; its remarks become notes.
        newest_first: Reverse rows that stand newest first, as those are whose headings had to be
            translated.
        strict: Refuse what could be mended: rows newest first, repeated, or empty among others.

    Raises:
        DataError: The file cannot be read, a unit is unknown, or times or values are not what the
            schema says; the message says where and what to do.
    """
    table, read = _read(source, schema)
    table, headings = translate(table, schema)
    where = called or name_source(source)
    in_memory = name_source(source) == type(source).__name__
    file = schema.value or schema.word if in_memory else where.split(".")[0]
    parts, layout = split_units(table, schema, name=called or file, where=where)
    chosen = parts if units is None else _pick(units, parts, where, schema.word)
    if len(chosen) > _MOST_UNITS:
        raise DataError(
            f"{where}: {len(chosen)} {schema.words}. Expected at most {_MOST_UNITS}: choose some "
            f"by their names, such as {list_names(list(chosen), limit=3)}"
        )
    raws = {name: parts[name] for name in chosen}
    raws, notes = _trim(raws, schema, strict=strict) if len(parts) > 1 else (raws, ())
    reverse = not strict and (newest_first or bool(headings))
    frames, remarks = dict[str, DataFrame](), dict[str, list[str]]()
    for name, raw in raws.items():
        place = f"{where}, {schema.word} {shorten(repr(name), 30)}" if len(parts) > 1 else where
        ordered, order = put_in_order(raw, schema, newest_first=reverse, repeats=not strict)
        frame, found = _checked(ordered, schema, place, max_gap, check, None if strict else mend)
        frames[name], more = clean(frame, place) if clean is not None else (frame, ())
        for remark in (*order, *found, *more):
            remarks.setdefault(remark, []).append(name)
    said = (f"{list_names(names, limit=5)}: {text}" for text, names in remarks.items())
    return Panel(frames, where, (*read, *headings, *layout, *notes, *said), schema.word)


def _read(source: Any, schema: PanelSchema) -> tuple[DataFrame, Remarks]:
    if isinstance(source, Series) and source.name is None:
        source = source.rename(schema.value or schema.word)
    text, times = schema.words_for(schema.unit), schema.words_for(schema.time)
    return read_noted(source, text=text, times=times)


def _checked(
    raw: DataFrame,
    schema: PanelSchema,
    where: str,
    max_gap: float | int | None,
    check: Callable[[DataFrame, str], None] | None,
    mend: Callable[[DataFrame], tuple[DataFrame, Remarks]] | None,
) -> tuple[DataFrame, Remarks]:
    """The declared values of one unit by time."""
    times = time_index(raw[schema.moment], schema, where)
    values = raw.drop(columns=schema.moment).set_axis(times, axis="index")
    if check is not None:
        check(values, where)
    values, mended = (values, ()) if mend is None else mend(values)
    declared, others = _columns(values, schema)
    frame = validate(values, declared, where=where)
    unused = () if schema.rest is not None else others
    remarks = (f"columns not used: {list_names(sorted(unused))}",) if unused else ()
    check_gaps(frame.index, max_gap, schema, where)
    return frame, (*mended, *remarks)


def _columns(values: DataFrame, schema: PanelSchema) -> tuple[Sequence[Column], Sequence[str]]:
    """What the columns must hold, and the names of those that are not declared."""
    declared = {column.name for column in schema.columns}
    others = [name for name in values.columns if name not in declared | schema.ignored]
    rest = () if schema.rest is None else [replace(schema.rest, name=name) for name in others]
    return (*schema.columns, *rest), others


def _trim(
    raws: Mapping[str, DataFrame], schema: PanelSchema, *, strict: bool
) -> tuple[dict[str, DataFrame], Remarks]:
    """Leave out the empty rows of each unit; if strict, those between two values stay."""
    trimmed, texts, inside = dict[str, DataFrame](), list[str](), dict[str, int]()
    on, day = ("at", "") if schema.clock == "count" else ("on", "%Y-%m-%d")
    for name, raw in raws.items():
        times, called = raw[schema.moment], shorten(repr(name), 30)
        names = {column.name for column in _columns(raw, schema)[0]} - {schema.moment}
        filled = raw[[c for c in raw if c in names]].notna().any(axis="columns").to_numpy()
        rows = filled.nonzero()[0] if filled.any() else np.arange(len(raw))
        first, last = rows[0], rows[-1]
        trimmed[name] = raw.iloc[first : last + 1] if strict else raw.iloc[rows]
        if not strict and len(rows) <= last - first:
            inside[name] = last - first + 1 - len(rows)
        if first > 0:
            texts.append(f"{called} starts {on} {times.iloc[first]:{day}}")
        if last < len(raw) - 1:
            texts.append(f"{called} ends {on} {times.iloc[last]:{day}}")
    spans = f"not all {schema.words} span the whole table: {join_first(texts, limit=5)}"
    counts = [f"{name} {count}" for name, count in inside.items()]
    gaps = f"rows that are empty for one of the {schema.words} are left out of it: "
    notes = [spans] * bool(texts) + [gaps + list_names(counts, limit=5)] * bool(counts)
    return trimmed, tuple(notes)


def _pick(names: Iterable[str], known: Iterable[str], where: str, word: str) -> tuple[str, ...]:
    """Check names against the known ones; a single string counts as one name."""
    wanted = (names,) if isinstance(names, str) else tuple(dict.fromkeys(names))
    available = list(known)
    lower = {name.lower(): name for name in available}
    if not wanted:
        raise DataError(
            f"{where}: got no {word} to read. Expected some of {list_names(available)}: "
            "name one, or leave the choice out for all"
        )
    for name in wanted:
        if name not in available:
            near = difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.5)
            nearest = f"Nearest: {list_names([lower[n] for n in near], most=60)}. " if near else ""
            raise DataError(
                f"{where}: no {word} {shorten(repr(name), 30)}. {nearest}"
                f"Expected one of {list_names(available, most=90)}: correct the name"
            )
    return wanted
