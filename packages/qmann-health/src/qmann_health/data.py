"""Patients: a table of one row each, or of several visits; what its columns are, checked once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int
from pandas import DataFrame, Index, RangeIndex, Series

from qmann_core.data import (
    Covariates,
    cells,
    check_names,
    decide_covariates,
    find_column,
    installed_file,
    list_names,
    name_source,
    need_column,
    plain_name,
    read_covariates,
    read_noted,
    several_classes,
)
from qmann_core.errors import DataError

from .checks import check_ages, suspicions
from .config import HealthConfig

GROUPS = (
    *("patient", "patient id", "patientid", "subject", "subject id", "usubjid", "pid", "mrn"),
    *("id", "record id"),
)
_NAMES = ("name", "patient name", "first name", "last name", "surname", "unnamed: 0", "rownames")
_IDENTIFIERS = GROUPS + _NAMES
TARGETS = ("target", "outcome", "diagnosis", "label", "class", "y")
_EVENTS = (
    "1/0 yes/no y/n true/false t/f positive/negative pos/neg malignant/benign m/b case/control"
)
_PAIRS = [pair.split("/") for pair in f"{_EVENTS} dead/alive died/survived".split()]
_DEMO = "sklearn", "datasets/data/breast_cancer.csv"
_OF_NUCLEI = (
    "radius texture perimeter area smoothness compactness concavity concave_points symmetry"
)
_ASKED = 5
_CLASSES, _FEWEST = 10, 5  # most classes, and rows that each must have


@dataclass(frozen=True, eq=False)
class Patients:
    """A table of patients, checked by ``load_patients``; rows are numbered from 1."""

    source: str
    table: DataFrame = field(repr=False)
    """As it came, all columns."""
    columns: Covariates
    """What is learned from: each column with its words, or None if it holds numbers."""
    target: Series | None = field(default=None, repr=False)
    """1 with the event, 0 without, or which of several classes it is; NaN where it is to be
    predicted; None where there is none."""
    words: tuple[str, ...] = ()
    """What a patient without the event is called, and one with it; or each of the classes."""
    patient: Int[np.ndarray, " row"] | None = field(default=None, repr=False)
    """Which rows are of one patient, as numbers; None where each is one."""
    notes: tuple[str, ...] = ()
    """What a reader of any result must know about the data."""

    def to_frame(self) -> DataFrame:
        """What is read: row, target and columns, without identifiers."""
        frame, _ = read_covariates(self.table, self.columns, self.source)
        target = {} if self.target is None else {"target": self.target}
        return frame.assign(**target).rename_axis("row").reset_index()


def load_patients(
    source: Any,
    *,
    target: str | None = None,
    identifier: str | None = None,
    covariates: Sequence[str] = (),
    apart: Sequence[str] = (),
    columns: Covariates | None = None,
    log1p: Sequence[str] = (),
    known: bool = True,
) -> Patients:
    """Read a table of patients, with numbers, words and missing values.

    Columns called id, patient, mrn, name and the like identify and are never learned from.

    Args:
        source: A CSV, Excel, XPT or Parquet file, a DataFrame, or Patients, which stay as they are.
        target: Column of the outcome, empty where it is to be predicted: an event or none, where
            it is not clear which is the event as "outcome=relapse"; or 3 to 10 classes, of which
            that compares one with all others. By default one called target, outcome or diagnosis.
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
    where, names = name_source(source), table.columns.map(str)
    check_names(names, where)
    table = table.set_axis(RangeIndex(1, len(table) + 1), axis="index").set_axis(names, axis=1)

    def named(*wanted: str | None) -> list[str]:
        return [need_column(names, name, where=where) for name in wanted if name is not None]

    group = named(identifier or find_column(names, GROUPS))
    place, word = _target(names, target, where) if known else (None, "")
    hidden = [name for name in names if plain_name(name) in _IDENTIFIERS or name in group]
    aside = {*hidden, *named(place, *apart), *named(find_column(names, ("split",)))}
    outcome, words = (None, ()) if place is None else _outcome(table[place], word, where)
    if columns is None:
        chosen = [name for name in named(*covariates) or names if name not in aside]
        columns, more = decide_covariates(table[chosen], chosen if covariates else (), where)
    else:
        extra = [name for name in names if name not in columns and name not in aside]
        more = (f"not read, as at the fit: {list_names(extra)}",) if extra else ()
    more = (*more, f"not read, as they identify: {list_names(hidden)}") if hidden else more
    if not columns:
        raise DataError(f"{where}: no column to learn from. Expected numbers or words: add some")
    frame, said = read_covariates(table, columns, where, log1p=log1p)
    check_ages(frame, where)
    return Patients(
        source=where,
        table=table,
        columns=columns,
        target=outcome,
        words=words,
        patient=numbered(table[group[0]]) if group else None,
        notes=(*notes, *more, *said, *suspicions(frame, outcome, tuple(log1p))),
    )


def _outcome(values: Series, event: str, where: str) -> tuple[Series, tuple[str, ...]]:
    """An event and none, or several classes; words that differ in capitals are one."""
    texts = cells(values)
    spelled = {each.lower(): each for each in sorted(texts.dropna().unique())}
    if event or len(spelled) < 3:
        return two_classes(values, event, where)
    one = f'; or compare one with all others, as target="{values.name}={max(spelled)}"'
    alike = texts.map(lambda text: spelled[text.lower()], na_action="ignore")
    return several_classes(alike, where, most=_CLASSES, fewest=_FEWEST, hint=one)


def two_classes(
    values: Series, event: str, where: str, option: str = "target"
) -> tuple[Series, tuple[str, str]]:
    """1 with the event, 0 without, NaN where nothing stands; and the words for 0 and 1.

    Args:
        values: of a column.
        event: the word that means the event, or "" where it is plain: 1, yes, malignant, dead.
        where: what to call the table in messages.
        option: by which the column was named.

    Raises:
        DataError: there are not two classes, no such word, or it is not plain which is the event.
    """
    texts, name = cells(values), str(values.name)
    words = {each.lower(): each for each in sorted(texts.dropna().unique())}
    plain = [one for one, none in _PAIRS if words.keys() == {one, none}]
    chosen = event.lower() or (plain[0] if plain else "")
    if len(words) < 2 or chosen not in words:
        told = list_names([*words.values()]) or "no outcome"
        raise DataError(
            f"{where}: column {name!r} has {told}. Expected patients with an event and without, "
            "and it to be plain or said which word means the event, as "
            f'{option}="{name}={max(words, default="word")}"; others are compared with it together'
        )
    others = [each for key, each in words.items() if key != chosen]
    said = texts.str.lower().eq(chosen).astype("float64").where(texts.notna())
    none = others[0] if len(others) == 1 else f"not {words[chosen]}"
    return said, (none, words[chosen])


def _target(names: Index, target: str | None, where: str) -> tuple[str, str]:
    """The column of the outcome, and the word that means the event, or ""."""
    if target is None:
        if (usual := find_column(names, TARGETS)) is None:
            raise DataError(
                f"{where}: which column is the outcome? Expected its name, as target=NAME, among "
                f"{list_names(names)}"
            )
        return usual, ""
    if find_column(names, (target,)) is None and "=" in target:
        target, _, word = target.rpartition("=")
        return target, word.strip()
    return target, ""


def numbered(identifiers: Series) -> Int[np.ndarray, " row"] | None:
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
    of_nuclei = [name.replace("_", " ") for name in f"{_OF_NUCLEI} fractal_dimension".split()]
    names = [form.format(name) for form in forms for name in of_nuclei]
    table = pd.read_csv(file, skiprows=1, names=[*names, "diagnosis"])
    table["diagnosis"] = table["diagnosis"].map({0: "malignant", 1: "benign"})
    table.loc[len(table) - _ASKED :, "diagnosis"] = None
    return replace(load_patients(table, target="diagnosis"), source="breast masses")


def read_patients(source: Any, application: HealthConfig, *, known: bool = True) -> Patients:
    """What a source holds, as a run is configured; the demo where there is none."""
    application.refuse("diagnose", "event", "horizon")
    if source is None:
        return demo_patients()
    found = load_patients(
        source,
        target=application.target,
        identifier=application.identifier,
        covariates=application.covariates,
        apart=() if application.time is None or not known else (application.time,),
        columns=application.columns,
        log1p=application.log1p,
        known=known,
    )
    if len(found.words) > 2:
        several = f"a target of {len(found.words)} classes"
        application.refuse(several, "threshold", "sensitivity", "specificity")
    return found


def read_unknown(source: Any, application: HealthConfig) -> Patients:
    """What a source holds that is to be predicted."""
    return read_patients(source, application, known=False)
