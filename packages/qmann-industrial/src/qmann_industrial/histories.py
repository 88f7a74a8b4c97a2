"""Histories: many machines, each with its sensors by cycle, until it failed or to this day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame, RangeIndex, Series

from qmann_core.data import (
    Column,
    Panel,
    as_numbers,
    convert,
    describe_rows,
    find_column,
    list_names,
    name_source,
    need_column,
    read_noted,
)
from qmann_core.errors import DataError

_THINGS = ("unit", "engine", "machine", "asset", "equipment", "pump", "turbine", "battery")
_FORMS = ("{}", "{} id", "{} number", "{} nr", "{} name")
_UNITS = (*(form.format(thing) for thing in _THINGS for form in _FORMS), "unique id", "id")
_TIMES = (
    *("cycle", "cycles", "time", "time in cycles", "time cycles", "operating hours", "hours"),
    *("age", "timestamp", "datetime", "date", "ds", "t"),
)
_SENSORS = ("sensor", "tag", "variable", "measurement", "channel", "signal", "sensor name")
_VALUES = ("value", "reading", "y")
_FAILED = ("failed", "failure", "failed at end", "event")
_YES, _NO = ("1", "true", "yes", "failed", "failure"), ("0", "false", "no", "running", "censored")
_FEWEST = 5  # failures that something is learned from
_DAY = 86_400.0  # seconds
_CMAPSS = (
    *("unit", "cycle", "setting 1", "setting 2", "setting 3"),
    *(f"sensor {number}" for number in range(1, 22)),
)


@dataclass(frozen=True, eq=False)
class Histories(Panel):
    """Units with their sensors by cycle, checked by `load_histories`; NaN where a value is missing.

    The index of each frame is the age: the cycle, or days since the first reading.
    """

    word: str = "unit"
    failed: Mapping[str, bool] = field(default_factory=dict)
    """Of each unit, whether it failed at its last row; else it is still running."""
    simulated: bool = False
    """Whether no machine was ever measured."""

    @property
    def sensors(self) -> tuple[str, ...]:
        """The columns, which are the same for all units."""
        return tuple(map(str, next(iter(self.frames.values())).columns))

    def to_frame(self) -> DataFrame:
        """A row for each unit: first and last age, rows, sensors, and whether it failed then."""
        failed = [self.failed[name] for name in self.frames]
        return super().to_frame().rename(columns={"unique_id": "unit"}).assign(failed=failed)


def load_histories(
    source: Any,
    *,
    unit: str | None = None,
    time: str | None = None,
    failed: str | None = None,
    running: bool = False,
) -> Histories:
    """Read histories of units, each of which failed at its end or is still running.

    A table is wide, with a column for each sensor, or long, with columns sensor and value. A text
    file has the 26 columns of C-MAPSS, separated by blanks (Saxena et al. 2008,
    doi:10.1109/PHM.2008.4711414). Columns and rows that cannot be used are left out or mended where
    that is harmless, and notes say so.

    Args:
        source: CSV, Excel, Parquet or C-MAPSS text file, a DataFrame, or Histories, as they are.
        unit: column of units; by default one called unit, engine, machine or the like.
        time: column of cycles, hours or dates, which become days since a unit's first reading; by
            default one called cycle, time, hours, timestamp or the like.
        failed: column that says whether a unit failed at its end, as 1 or yes in its last row or
            in all; by default one called failed, and without any all of them failed.
        running: whether no unit has failed yet, whatever a column says, which need not be there.

    Raises:
        DataError: no such file or column, a cycle that a unit has twice, or nothing to learn from;
            the message says where and what to do.

    Example:
        >>> load_histories("train_FD001.txt").to_frame()  # doctest: +SKIP
    """
    if isinstance(source, Histories):
        return replace(source, failed=dict.fromkeys(source.frames, False)) if running else source
    table, notes = read_noted(
        source,
        readers=dict.fromkeys((".txt", ".dat"), _cmapss),
        text=(*_UNITS, *_SENSORS, *((unit,) if unit else ())),
    )
    if table.index.names != [None]:
        table = table.reset_index()
    where, names = name_source(source), table.columns.map(str).str.strip()
    table = table.set_axis(names, axis=1).set_axis(RangeIndex(1, len(table) + 1), axis=0)
    if names.has_duplicates:
        twice = list_names(names[names.duplicated()])
        raise DataError(f"{where}: two columns are named {twice}: rename or leave out one")

    who = _place(names, "unit", unit, _UNITS, where)
    when = _place(names, "time", time, _TIMES, where)
    flag = find_column(names, _FAILED if failed is None else (failed,))
    if failed is not None and not running:
        flag = need_column(names, failed, where=where)
    key = convert(table[who], Column(who, "text"), where).str.strip().rename("unit")
    age, more = _ages(table[when], key, where)
    ended = dict.fromkeys(key.unique(), not running)
    if flag is not None and not running:
        ended = _ended(table[flag], key, where)
    rest = table.drop(columns=[name for name in (who, when, flag) if name is not None])
    values, read = _values(rest, key, age, where)
    frames, said = _frames(values, where, constants=not running)
    return Histories(
        frames,
        where,
        (*notes, *more, *read, *said),
        failed={name: bool(ended[name]) for name in frames},
    )


def with_running(known: Histories, running: Histories) -> Histories:
    """Both, the second ones' columns as those of the first.

    Files that count units anew, as those of C-MAPSS do, have names in common: all of the second
    are then called running, with their name.

    Raises:
        DataError: a column is missing, or a unit is in both.
    """
    columns = list(known.sensors)
    frames = {name: needed(frame, columns, running) for name, frame in running.frames.items()}
    common = [name for name in frames if name in known.frames]
    for name in common:
        one, other = known.frames[name].iloc[:2], frames[name].iloc[:2]
        if one.equals(other):
            raise DataError(
                f"{running.source}: unit {name!r} is in {known.source}, too, with the same "
                "readings. Expected units that are still running: leave it out of one of them"
            )
    if common:
        frames = {f"running {name}": frame for name, frame in frames.items()}
    return replace(
        known,
        frames={**known.frames, **frames},
        failed={**known.failed, **dict.fromkeys(frames, False)},
        notes=(*known.notes, *(f"{running.source}: {note}" for note in running.notes)),
        simulated=known.simulated or running.simulated,
    )


def needed(frame: DataFrame, columns: Sequence[str], histories: Histories) -> DataFrame:
    """The columns that a model reads.

    Raises:
        DataError: one is missing.
    """
    if absent := [name for name in columns if name not in frame]:
        raise DataError(
            f"{histories.source}: no column {list_names(absent)}, which the model reads among "
            f"{list_names(columns)}. Expected all of them: add or rename columns"
        )
    return frame[list(columns)]


def check_failures(histories: Histories) -> None:
    """Refuse histories of which too few ended with a failure.

    Raises:
        DataError: see above.
    """
    n_failed = sum(histories.failed[name] for name in histories.frames)
    if n_failed < _FEWEST:
        raise DataError(
            f"{histories.source}: {n_failed} of {len(histories.frames)} units failed at their end. "
            f"Expected at least {_FEWEST}, to learn how machines fail: give histories up to the "
            "failure (a train file of C-MAPSS), and those still running apart, as running="
        )


def _cmapss(text: str) -> DataFrame:
    try:
        table = pd.read_csv(StringIO(text), sep=r"\s+", header=None)
    except pd.errors.ParserError as error:
        raise ValueError(f"{error}; expected 26 columns separated by blanks") from error
    if table.shape[1] != len(_CMAPSS):
        raise ValueError(
            f"{table.shape[1]} columns separated by blanks, and C-MAPSS has {len(_CMAPSS)}"
        )
    return table.set_axis(list(_CMAPSS), axis=1)


def _place(
    names: pd.Index, option: str, asked: str | None, usual: Sequence[str], where: str
) -> str:
    found = find_column(names, usual) if asked is None else need_column(names, asked, where=where)
    if found is None:
        raise DataError(
            f"{where}: which column is the {option}? Expected its name, as {option}=NAME, among "
            f"{list_names(names)}"
        )
    return str(found)


def _ages(values: Series, key: Series, where: str) -> tuple[Series, tuple[str, ...]]:
    """Numbers as they are; of dates, days since each unit's first."""
    if as_numbers(values).notna().any():
        ages = convert(values, Column(str(values.name)), where)
        return ages.astype("int64") if (ages % 1 == 0).all() else ages, ()
    dates = convert(values, Column(str(values.name), "date"), where)
    days = (dates - dates.groupby(key).transform("min")).dt.total_seconds() / _DAY
    return days, (f"{values.name}: days since the first reading of each unit",)


def _ended(values: Series, key: Series, where: str) -> dict[str, bool]:
    words = values.astype("object").map(_word)
    bad = (~words.isin((*_YES, *_NO, ""))).to_numpy()
    if bad.any():
        raise DataError(
            f"{where}: column {str(values.name)!r} says neither that a unit failed nor that it did "
            f"not at {describe_rows(values, bad)}. Expected 1 or 0, yes or no: correct these rows"
        )
    return {str(name): bool(said) for name, said in words.isin(_YES).groupby(key).any().items()}


def _word(cell: object) -> str:
    if isinstance(cell, float):
        return "" if np.isnan(cell) else f"{cell:g}"
    return "" if cell is None else str(cell).strip().lower()


def _values(
    table: DataFrame, key: Series, age: Series, where: str
) -> tuple[DataFrame, tuple[str, ...]]:
    """Numbers by unit and age, a column for each sensor; and what became of texts."""
    sensor, value = find_column(table.columns, _SENSORS), find_column(table.columns, _VALUES)
    long = sensor is not None and value is not None
    found, out, notes = dict[str, Series](), list[str](), list[str]()
    for name in [value] if long else table.columns:
        numbers = as_numbers(table[name]).replace([np.inf, -np.inf], np.nan)
        bad = (numbers.isna() & table[name].notna() & table[name].map(_word).ne("")).to_numpy()
        if numbers.notna().any():
            found[str(name)] = numbers
        else:
            out.append(str(name))
        if bad.any() and numbers.notna().any():
            told = describe_rows(table[name], bad)
            notes.append(
                f"column {str(name)!r}: {bad.sum()} of {len(bad)} cells are no numbers and count "
                f"as missing: {told}"
            )
    if out:
        notes.append(f"left out, no numbers: {list_names(out)}")
    if not found:
        raise DataError(f"{where}: no column of numbers beside unit and time: add sensors")
    index = [key, age.rename("cycle")]
    if long:
        tag = convert(table[sensor], Column(str(sensor), "text"), where).rename("sensor")
        index.append(tag)
    _refuse_repeats(index, where)
    wide = DataFrame(found).set_axis(pd.MultiIndex.from_arrays(index), axis=0)
    return wide[value].unstack("sensor", sort=False) if long else wide, tuple(notes)


def _refuse_repeats(index: Sequence[Series], where: str) -> None:
    rows = DataFrame({str(each.name): each for each in index})
    repeated = rows.duplicated().to_numpy()
    if repeated.any():
        texts = rows.astype(str).agg(" ".join, axis=1)
        raise DataError(
            f"{where}: {repeated.sum()} rows repeat a {', '.join(map(str, rows))} that was there "
            f"before: {describe_rows(texts, repeated)}. Expected each once: leave out repeated "
            "rows, or give units that are different other names"
        )


def _frames(
    values: DataFrame, where: str, *, constants: bool
) -> tuple[dict[str, DataFrame], tuple[str, ...]]:
    """A frame for each unit, in order; and what was left out or sorted."""
    notes, frames, short, jumbled = list[str](), dict[str, DataFrame](), list[str](), list[str]()
    for name, part in values.groupby(level="unit", sort=False):
        frame = part.droplevel("unit")
        if len(frame) < 2:
            short.append(str(name))
            continue
        if not frame.index.is_monotonic_increasing:
            jumbled.append(str(name))
            frame = frame.sort_index()
        frames[str(name)] = frame
    if short:
        notes.append(f"left out, one row only: {list_names(short)}")
    if jumbled:
        notes.append(f"rows were out of order and are sorted by time: {list_names(jumbled)}")
    if not frames:
        raise DataError(f"{where}: no unit has two rows or more: give longer histories")
    still = [str(name) for name in values if values[name].min() == values[name].max()]
    if constants and still:
        notes.append(f"left out, the same in every row: {list_names(still)}")
        if len(still) == values.shape[1]:
            raise DataError(f"{where}: no sensor ever changes. Expected some that do: add sensors")
        frames = {name: frame.drop(columns=still) for name, frame in frames.items()}
    return frames, tuple(notes)
