"""Patients of the arms of a trial, their outcomes, covariates and subgroups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from pandas import DataFrame, Series
from scipy import stats

from qmann_core.data import cells, check_names, decide_covariates, need_column, read_covariates
from qmann_core.errors import ConfigError, DataError

from .checks import check_ages
from .data import two_classes

_CONTROLS = ("0", "control", "placebo", "standard", "no", "none", "false")
_MOST = 12  # arms, or subgroups of one column
_FEWEST = 2  # outcomes or events in an arm


Patients = Bool[np.ndarray, " patient"]


@dataclass(frozen=True)
class Trial:
    """Patients of known arms."""

    arms: tuple[str, ...]
    """The control first."""
    arm: Int[np.ndarray, " patient"]
    outcome: Float[np.ndarray, "patient column"]
    """Of each an outcome; or a time, and 1 for an event or 0 for censored; NaN where missing."""
    covariates: DataFrame
    """As they stand: numbers, or words."""
    groups: DataFrame
    """By column, the subgroup of each."""

    def of(self, rows: Patients) -> "Trial":
        """Some of the patients."""
        arrays = self.arm[rows], self.outcome[rows]
        return Trial(self.arms, *arrays, self.covariates[rows], self.groups[rows])

    @property
    def timed(self) -> bool:
        """Whether the outcome is a time and an event."""
        return bool(self.outcome.shape[1] == 2)

    @property
    def known(self) -> Patients:
        """Which have an outcome."""
        return np.asarray(np.isfinite(self.outcome).all(axis=1))


def read_trial(
    frame: DataFrame,
    where: str,
    arm: str,
    answers: Sequence[str],
    covariates: Sequence[str],
    subgroups: Sequence[str],
    control: str | int | None,
) -> tuple[Trial, tuple[str, ...]]:
    """Patients of known arms, and what has to be said of columns and others."""
    check_names(frame.columns, where)
    arms = cells(frame[need_column(frame.columns, arm, where=where)])
    kept = arms.notna().to_numpy()
    found = sorted(arms[kept].unique())
    if not 2 <= len(found) <= _MOST:
        raise DataError(
            f"{where}: {len(found)} arms in {arm!r}. Expected from 2 to {_MOST} of them"
        )
    order = _control_first(found, control)
    outcome = [_numbers(frame, answers[0], where), *(_events(frame, e, where) for e in answers[1:])]
    numbered = pd.Categorical(arms, order).codes.astype(int)
    chosen, said = _columns(frame, covariates, where)
    check_ages(chosen, where)
    groups, more = _columns(frame, subgroups, where)
    parts = numbered, np.column_stack(outcome), chosen, groups.apply(_grouped)
    trial = Trial(order, *parts).of(kept)
    _check_outcomes(trial, where)
    lost = () if kept.all() else (f"{(~kept).sum()} patients without an arm are left out",)
    return trial, (*lost, *dict.fromkeys((*said, *more)))


def _numbers(frame: DataFrame, name: str, where: str) -> Series:
    column = need_column(frame.columns, name, where=where)
    return read_covariates(frame, {column: None}, where)[0].iloc[:, 0]


def _events(frame: DataFrame, asked: str, where: str) -> Series:
    """1 for an event, 0 for censored; ``asked`` may be column=word of the event."""
    name, _, word = asked.partition("=")
    column = frame[need_column(frame.columns, name, where=where)]
    return two_classes(column, word, where, "event")[0]


def _columns(
    frame: DataFrame, names: Sequence[str], where: str
) -> tuple[DataFrame, tuple[str, ...]]:
    """Numbers, NaN where missing, and words, "not known" there."""
    chosen = [need_column(frame.columns, name, where=where) for name in names]
    columns, said = decide_covariates(frame[chosen], chosen, where)
    found, _ = read_covariates(frame, columns, where)
    words = [name for name, each in columns.items() if each is not None]
    return found.fillna(dict.fromkeys(words, "not known")), said


def _control_first(found: Sequence[str], control: str | int | None) -> tuple[str, ...]:
    known = [each for each in found if each.lower() in _CONTROLS]
    first = known[0] if control is None and len(known) == 1 else str(control)
    if first not in found:
        raise ConfigError(
            f"got control={control} and arms {', '.join(found)}: expected the one that others are "
            f"compared with, as control={found[0]!r}"
        )
    return first, *(each for each in found if each != first)


def _check_outcomes(trial: Trial, where: str) -> None:
    y, arm = trial.outcome[trial.known], trial.arm[trial.known]
    if trial.timed and (y[:, 0] <= 0).any():
        raise DataError(
            f"{where}: {(y[:, 0] <= 0).sum()} times are not above 0. Expected how long each "
            "patient was followed: correct these rows"
        )
    counts = np.bincount(arm, y[:, 1] if trial.timed else None, minlength=len(trial.arms))
    if counts.min() < _FEWEST:
        what = "events" if trial.timed else "outcomes"
        told = ", ".join(f"{n:.0f} in {name}" for name, n in zip(trial.arms, counts, strict=True))
        raise DataError(f"{where}: {what}: {told}. Expected {_FEWEST} or more in each arm")


def _grouped(values: Series) -> Series:
    """Groups in words; of many numbers two, by their median."""
    if values.dtype.kind != "f":
        return values
    middle, few = values.median(), values.nunique() <= _MOST
    sides = values.le(middle).map({True: f"<= {middle:g}", False: f"> {middle:g}"})
    return (values.map("= {:g}".format) if few else sides).where(values.notna(), "not known")


def design(covariates: DataFrame) -> Float[np.ndarray, "patient column"]:
    """Numbers with gaps filled by the mean and marked; words as 0 and 1, but for one of each."""
    numbers = covariates.select_dtypes("number")
    gaps = numbers.isna().loc[:, numbers.isna().any()].add_suffix(" missing")
    whole = covariates.fillna(numbers.mean()).join(gaps)
    return np.asarray(pd.get_dummies(whole, drop_first=True), dtype=np.float64)


def apart(group: NDArray[Any], covariates: DataFrame) -> Series:
    """By covariate, the p that it is distributed alike in all groups."""
    found = {}
    for name, column in covariates.items():
        if column.dtype.kind == "f":
            parts = [part.dropna() for _, part in column.groupby(group)]
            differs = column.nunique() > 1 and all(map(len, parts))
            found[name] = stats.kruskal(*parts).pvalue if differs else 1.0
        else:
            found[name] = stats.chi2_contingency(pd.crosstab(group, column.to_numpy())).pvalue
    return Series(found, dtype=float)
