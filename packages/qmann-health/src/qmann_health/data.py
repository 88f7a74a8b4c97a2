"""Patients: a table of one row each, or of several visits; what its columns are, checked once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int
from pandas import DataFrame, RangeIndex, Series

from qmann_core.data import (
    find_column,
    installed_file,
    list_names,
    name_source,
    need_column,
    plain_name,
    read_noted,
)
from qmann_core.errors import DataError

from .checks import check_ages, skewed, suspicions
from .columns import Columns, cells, decide, read
from .config import HealthConfig

_GROUPS = (
    *("patient", "patient id", "patientid", "subject", "subject id", "usubjid", "pid", "mrn"),
    *("id", "record id"),
)
_NAMES = ("name", "patient name", "first name", "last name", "surname", "unnamed: 0", "rownames")
_IDENTIFIERS = _GROUPS + _NAMES
_TARGETS = ("target", "outcome", "diagnosis", "label", "class", "y")
_EVENTS = (  # and what stands for none
    *(("1", "0"), ("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("dead", "alive")),
    *(("positive", "negative"), ("pos", "neg"), ("malignant", "benign"), ("m", "b")),
    *(("case", "control"), ("died", "survived")),
)
_DEMO = "sklearn", "datasets/data/breast_cancer.csv"
_OF_NUCLEI = (
    *("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity"),
    *("concave points", "symmetry", "fractal dimension"),
)
_ASKED = 5


@dataclass(frozen=True, eq=False)
class Patients:
    """A table of patients, checked by ``load_patients``; rows are numbered from 1."""

    source: str
    table: DataFrame = field(repr=False)
    """As it came, all columns."""
    columns: Columns
    """What is learned from: each column with its words, or None if it holds numbers."""
    target: Series | None = field(default=None, repr=False)
    """1 with the event, 0 without, NaN where it is to be predicted; None where there is none."""
    words: tuple[str, ...] = ()
    """What a patient without the event is called, and one with it."""
    patient: Int[np.ndarray, " row"] | None = field(default=None, repr=False)
    """Which rows are of one patient, as numbers; None where each is one."""
    notes: tuple[str, ...] = ()
    """What a reader of any result must know about the data."""

    def to_frame(self) -> DataFrame:
        """What is read: row, target and columns, without identifiers."""
        frame, _ = read(self.table, self.columns, self.source)
        target = {} if self.target is None else {"target": self.target}
        return frame.assign(**target).rename_axis("row").reset_index()


def load_patients(
    source: Any,
    *,
    target: str | None = None,
    identifier: str | None = None,
    covariates: Sequence[str] = (),
    apart: Sequence[str] = (),
    columns: Columns | None = None,
    log1p: Sequence[str] = (),
    known: bool = True,
) -> Patients:
    """Read a table of patients, with numbers, words and missing values.

    Columns called id, patient, mrn, name and the like identify and are never learned from.

    Args:
        source: A CSV, Excel or Parquet file, a DataFrame, or Patients, which stay as they are.
        target: Column of the outcome, two classes, empty where it is to be predicted; where it is
            not clear which means the event, as "outcome=relapse". More than two are compared as one
            with all others, likewise. By default one called target, outcome or diagnosis.
        identifier: Column that says which rows are of one patient.
        covariates: Columns to learn from; by default all that are left.
        apart: Other columns that are not learned from, such as times.
        columns: What a model has settled to read, which other tables must have.
        log1p: Columns of which log(1 + x) will be read.
        known: False: there is no target, every row is to be predicted.

    Raises:
        DataError: The source cannot be read, a column is missing, twice there or holds what it must
            not, or it is not clear what the event is; the message says what to do.

    Example:
        >>> load_patients("patients.csv", target="status=dead").notes  # doctest: +SKIP
    """
    if isinstance(source, Patients):
        return source if known else replace(source, target=None)
    table, notes = read_noted(source, text=_IDENTIFIERS, lines=1)
    where = name_source(source)
    table = table.set_axis(RangeIndex(1, len(table) + 1), axis="index")
    if (names := table.columns).has_duplicates:
        twice = list_names(names[names.duplicated()])
        raise DataError(f"{where}: column {twice} stands there twice. Expected each once: rename")
    table = table.set_axis(names.map(str), axis="columns")
    aside = [name for name in table if plain_name(name) in _IDENTIFIERS]
    group = _named(table, identifier, where) or find_column(table.columns, _GROUPS)
    place, word = _target(table, target, where) if known else (None, "")
    aside = [*aside, *filter(None, (group, place)), *(_named(table, a, where) for a in apart)]
    outcome, words = (None, ()) if place is None else two_classes(table[place], word, where)
    if columns is None:
        chosen = [_named(table, name, where) for name in covariates] or [*table]
        chosen = [name for name in chosen if name not in aside and plain_name(name) != "split"]
        columns, more = decide(table[chosen], covariates, where)
    else:
        extra = [name for name in table if name not in columns and name not in aside]
        more = (f"not read, as the fit had none: {list_names(extra)}",) if extra else ()
    if not columns:
        raise DataError(f"{where}: no column to learn from. Expected numbers or words: add some")
    frame, said = read(table, columns, where, log1p=log1p)
    check_ages(frame, where)
    doubts = () if outcome is None else suspicions(frame, outcome)
    return Patients(
        source=where,
        table=table,
        columns=columns,
        target=outcome,
        words=words,
        patient=None if group is None else _grouped(table[group]),
        notes=(*notes, *more, *said, *doubts, *skewed(frame, tuple(log1p))),
    )


def two_classes(values: Series, event: str, where: str) -> tuple[Series, tuple[str, str]]:
    """1 with the event, 0 without, NaN where nothing stands; and the words for 0 and 1.

    Args:
        values: of a column.
        event: the word that means the event, or "" where it is plain: 1, yes, malignant, dead.
        where: what to call the table in messages.

    Raises:
        DataError: there are not two classes, no such word, or it is not plain which is the event.
    """
    texts, name = cells(values), str(values.name)
    words = sorted(texts.dropna().unique())
    lower = {each.lower(): each for each in words}
    plain = [lower[one] for one, none in _EVENTS if lower.keys() == {one, none}]
    chosen = [each for each in words if each.lower() == event.lower()] if event else plain
    if event and not chosen:
        raise DataError(
            f"{where}: {event!r} is no word of column {name!r}, which has {list_names(words)}. "
            "Expected one of them: correct it"
        )
    if len(words) < 2:
        raise DataError(
            f"{where}: column {name!r} has {list_names(words) or 'no outcome'} in every row. "
            "Expected patients with the event and without: add some, or name another column"
        )
    if len(chosen) != 1 or (not event and len(words) > 2):
        raise DataError(
            f"{where}: column {name!r} has {list_names(words)}: which of them is the event? "
            f'Expected it to be said, as "{name}={words[-1]}", which is compared with all others'
        )
    others = [each for each in words if each != chosen[0]]
    said = texts.eq(chosen[0]).astype("float64").where(texts.notna())
    return said, (others[0] if len(others) == 1 else f"not {chosen[0]}", chosen[0])


def _named(table: DataFrame, name: str | None, where: str) -> Any:
    """The column of a name that somebody gave, as it stands there."""
    return None if name is None else need_column(table.columns, name, where=where)


def _target(table: DataFrame, target: str | None, where: str) -> tuple[str, str]:
    """The column of the outcome, and the word that means the event, or ""."""
    if target is None:
        found = find_column(table.columns, _TARGETS)
        if found is None:
            raise DataError(
                f"{where}: which column is the outcome? Expected its name, as target=... or "
                f"--target, among {list_names(table.columns)}"
            )
        return found, ""
    if find_column(table.columns, (target,)) is None and "=" in target:
        target, _, word = target.rpartition("=")
        return _named(table, target, where), word.strip()
    return _named(table, target, where), ""


def _grouped(identifiers: Series) -> Int[np.ndarray, " row"] | None:
    """Patients as numbers, each row without identifier one of its own; None where all are."""
    number, names = pd.factorize(identifiers)
    nameless = number < 0
    number[nameless] = len(names) + np.arange(nameless.sum())
    return None if len(np.unique(number)) == len(number) else number


def demo_patients() -> Patients:
    """Breast masses from scikit-learn, malignant or benign, by the nuclei of their cells.

    The outcomes of the last five are hidden, to be predicted (doi:10.24432/C5DW2B).
    """
    file = installed_file(*_DEMO, about="the demo of diagnose", install="scikit-learn")
    forms = ("mean {}", "{} error", "worst {}")
    names = [form.format(name) for form in forms for name in _OF_NUCLEI]
    table = pd.read_csv(file, skiprows=1, names=[*names, "diagnosis"])
    table["diagnosis"] = table["diagnosis"].map({0: "malignant", 1: "benign"})
    table.loc[len(table) - _ASKED :, "diagnosis"] = None
    return load_patients(table, target="diagnosis")


def read_patients(source: Any, application: HealthConfig, *, known: bool = True) -> Patients:
    """What a source holds, as a run is configured; the demo where there is none."""
    if source is None:
        return demo_patients()
    return load_patients(
        source,
        target=application.target,
        identifier=application.identifier,
        covariates=application.covariates,
        apart=() if application.time is None or not known else (application.time,),
        columns=application.columns,
        log1p=application.log1p,
        known=known,
    )


def read_unknown(source: Any, application: HealthConfig) -> Patients:
    """What a source holds that is to be predicted."""
    return read_patients(source, application, known=False)
