"""Heartbeats: rows of a table, UCR's files, or windows of an annotated recording."""

from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int
from pandas import DataFrame, Index, Series

from qmann_core.data import (
    as_numbers,
    cells,
    check_names,
    find_column,
    list_names,
    name_source,
    need_column,
    read_table,
    several_classes,
)
from qmann_core.errors import DataError

from .config import BeatConfig
from .data import GROUPS, TARGETS, numbered
from .recordings import heartbeats, is_recording, read_recording

_COLUMNS = {"target": (*TARGETS, "symbol", "beat"), "identifier": (*GROUPS, "record")}
_SECOND = "second"
_SAMPLES = 128  # of a window
_FEWEST = 2  # beats of a label
_WANTED = (
    "a .tsv file of the UCR archive, whose labels come first; a table with a column of labels and "
    "the samples of a beat in each row; or a recording whose beats are annotated (WFDB)"
)


@dataclass(frozen=True, eq=False)
class Beats:
    """Heartbeats, each of mean 0 and deviation 1."""

    source: str
    table: DataFrame = field(repr=False)
    """Samples of each beat, by its row, from 1."""
    target: Series | None = field(default=None, repr=False)
    """Which of the words each is, NaN where it is to be predicted; None where there is none."""
    words: tuple[str, ...] = ()
    patient: Int[np.ndarray, " beat"] | None = field(default=None, repr=False)
    """Which beats are of one patient, as numbers; None where nothing says."""
    test: Bool[np.ndarray, " beat"] | None = field(default=None, repr=False)
    """Which are tested on; None where nothing says."""
    second: Series | None = field(default=None, repr=False)
    """Of a recording, when the R peak of each is."""
    notes: tuple[str, ...] = ()

    def to_frame(self) -> DataFrame:
        """How many beats there are of each label."""
        labels = Series("", self.table.index) if self.target is None else self.target
        named = labels.map(dict(enumerate(self.words))).fillna("to be predicted")
        tested = 0 if self.test is None else self.test.astype(int)
        told = DataFrame({"label": named, "beats": 1, "tested on": tested})
        return told.groupby("label", as_index=False).sum().assign(samples=self.table.shape[1])


def read_beats(source: Any, application: BeatConfig, *, known: bool = True) -> Beats:
    """Read labelled beats; those whose label is empty are to be predicted.

    Of a recording, a beat is a window around each annotated R peak, labelled by its symbol. A file
    with TRAIN in its name is joined by that with TEST, which is tested on.

    Args:
        source: UCR's .tsv or .tsv.gz; a CSV, Excel or Parquet file or a DataFrame, a row for each
            beat; a file that `read_recording` takes; or Beats, which stay as they are.
        application: says which columns are what, and what is tested on.
        known: False: whatever labels there are, every beat is to be predicted.

    Raises:
        DataError: no source; beats that are flat, have gaps or are shorter than others; one label,
            more than 10, or labels among the samples; a recording without beats.
    """
    if isinstance(source, Beats):
        return source if known else replace(source, target=None)
    if source is None:
        raise DataError(f"no package has labelled beats to show. Expected {_WANTED}")
    where, other = name_source(source), application.test or _pair(source)
    files = (source, other) if known and other else (source,)
    parts = [_rows(each, application, known=known) for each in files]
    table = pd.concat(parts).set_axis(range(1, sum(map(len, parts)) + 1))
    test = np.arange(len(table)) >= len(parts[0]) if len(parts) > 1 else None
    label, group = (_place(table.columns, name, application, known=known) for name in _COLUMNS)
    if known and label is None:
        raise DataError(
            f"{where}: no column of labels among {list_names(table.columns)}. Expected {_WANTED}; "
            "give its name as target=NAME. Beats without labels are for a saved model"
        )
    aside = (label, group, _SECOND)
    numbers = table[[name for name in table if name not in aside]].apply(as_numbers)
    _check(numbers, where)
    patient = None if group is None else numbered(table[group])
    notes = [*_repeated(numbers, test), *_whose(patient, test, where)]
    target, words, kept = None, tuple[str, ...](), np.ones(len(table), bool)
    if known and label is not None:
        labels = cells(table[label])
        rare = [each for each, n in labels.value_counts().items() if n < _FEWEST]
        if rare:
            notes.append(f"left out, of which there is one beat: {list_names(rare)}")
        kept = ~labels.isin(rare).to_numpy()
        target, words = several_classes(labels[kept], where, fewest=_FEWEST)
        _check_leak(numbers[kept], target, where)
    centred = numbers.sub(numbers.mean(axis=1), axis=0)[kept]
    return Beats(
        source=where,
        table=centred.div(centred.std(axis=1, ddof=0), axis=0),
        target=target,
        words=words,
        patient=None if patient is None else patient[kept],
        test=None if test is None else test[kept],
        second=table.get(_SECOND),
        notes=tuple(notes),
    )


def read_unlabelled(source: Any, application: BeatConfig) -> Beats:
    """What a source holds that is to be predicted."""
    return read_beats(source, application, known=False)


def _pair(source: Any) -> Path | None:
    """The file whose name has TEST for TRAIN, if it is there."""
    if not isinstance(source, str | Path) or "TRAIN" not in Path(source).name:
        return None
    other = Path(source).with_name(Path(source).name.replace("TRAIN", "TEST"))
    return other if other.is_file() else None


def _rows(source: Any, application: BeatConfig, *, known: bool) -> DataFrame:
    """A row for each beat."""
    if is_recording(source):
        return _windows(source, application, known=known)
    table = read_table(source, readers={".tsv": _ucr})
    check_names(table.columns.map(str), name_source(source))
    return table.set_axis(table.columns.map(str), axis=1)


def _ucr(text: str) -> DataFrame:
    """Labels, then samples (Dau et al. 2019, arXiv:1810.07758)."""
    table = pd.read_csv(StringIO(text), sep="\t", header=None)
    return table.set_axis(["label", *map(str, range(1, table.shape[1]))], axis=1)


def _windows(source: Any, application: BeatConfig, *, known: bool) -> DataFrame:
    """Of each annotated beat that is whole; of each that is found, where labels do not count."""
    found = read_recording(source, application.column)
    beats = found.beats
    if beats is None and not known:
        beats = Series("", heartbeats(found.values, found.rate, found.source))
    if beats is None or beats.empty:
        raise DataError(
            f"{found.source}: no annotated beats. Expected {_WANTED}: give the .atr file beside it"
        )
    reach = np.linspace(-application.before, application.after, _SAMPLES) * found.rate
    peak = beats.index.to_numpy()
    whole = (peak + reach[0] >= 0) & (peak + reach[-1] <= len(found.values) - 1)
    places = peak[whole, None] + reach
    table = DataFrame(np.interp(places, np.arange(len(found.values)), found.values))
    told = {"label": beats.to_numpy()[whole], _SECOND: peak[whole] / found.rate}
    return table.rename(columns=str).assign(**told, record=found.source)


def _place(names: Index, option: str, application: BeatConfig, *, known: bool) -> Any:
    """The column of an option, which need not be there where labels do not count."""
    asked = getattr(application, option)
    if asked is not None and known:
        return need_column(names, asked)
    return find_column(names, _COLUMNS[option] if asked is None else (asked,))


def _check(numbers: DataFrame, where: str) -> None:
    """Refuse beats that are not whole, or flat."""
    values = numbers.to_numpy(float)
    whole = np.isfinite(values).all(axis=1)
    wrong = {
        f"gaps, words or fewer than {values.shape[1]} samples": ~whole,
        "the same value throughout": whole & (values == values[:, :1]).all(axis=1),
    }
    for what, bad in wrong.items():
        if bad.any():
            raise DataError(
                f"{where}: {bad.sum()} of {len(bad)} beats have {what}, the first in row "
                f"{numbers.index[bad.argmax()]}. Expected beats as long as each other, of numbers "
                "that move: leave these out, or cut and resample them"
            )


def _repeated(numbers: DataFrame, test: Bool[np.ndarray, " beat"] | None) -> tuple[str, ...]:
    """A note on beats that are tested on and learned from."""
    if test is None:
        n, are = numbers.duplicated().sum(), "stand there twice and may be"
    else:
        each_once = [numbers[part].drop_duplicates() for part in (~test, test)]
        n, are = pd.concat(each_once).duplicated().sum(), "are"
    return (f"{n} beats {are} both learned from and tested on",) if n else ()


def _whose(
    patient: Int[np.ndarray, " beat"] | None, test: Bool[np.ndarray, " beat"] | None, where: str
) -> tuple[str, ...]:
    """A note on beats of one patient.

    Raises:
        DataError: a patient is learned from and tested on.
    """
    if patient is None or len(np.unique(patient)) == 1:
        return ("one patient's beats, as far as is known: they say nothing about other patients",)
    if test is not None and len(both := np.intersect1d(patient[test], patient[~test])):
        raise DataError(
            f"{where}: {len(both)} patients are both learned from and tested on. Expected each in "
            "one of the two files: correct them"
        )
    return ()


def _check_leak(numbers: DataFrame, target: Series, where: str) -> None:
    """Refuse a sample that is the same in all beats of a label, and not in all."""
    of_label = numbers.groupby(target)
    same = (of_label.max() == of_label.min()).all() & (numbers.max() > numbers.min())
    if leaks := list(numbers.columns[same]):
        raise DataError(
            f"{where}: column {list_names(leaks)} is the same in all beats of a label: labels "
            "among the samples. Expected samples alone: leave it out, or name it as target="
        )
