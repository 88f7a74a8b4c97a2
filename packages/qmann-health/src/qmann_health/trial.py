"""Patients of the arms of a trial, their outcomes, covariates and subgroups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from pandas import DataFrame, Series
from scipy import stats

from qmann_core.data import find_column, need_column
from qmann_core.errors import ConfigError, DataError

from .checks import check_ages
from .columns import cells, decide, read
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
    groups: Mapping[str, NDArray[np.object_]]
    """By column, the subgroup of each."""

    def of(self, rows: Patients) -> "Trial":
        groups = {name: each[rows] for name, each in self.groups.items()}
        parts = self.arm[rows], self.outcome[rows], self.covariates[rows], groups
        return Trial(self.arms, *parts)

    @property
    def known(self) -> Patients:
        return np.asarray(np.isfinite(self.outcome).all(axis=1))


def read_trial(
    frame: DataFrame,
    where: str,
    arm: str,
    answers: Sequence[str],
    named: Mapping[str, Sequence[str]],
    control: str | int | None,
) -> tuple[Trial, list[str]]:
    """Patients of known arms, and what has to be said of columns and others."""
    arms = cells(frame[need_column(frame.columns, arm, where=where)])
    kept = arms.notna().to_numpy()
    found = sorted(arms[kept].unique())
    if not 2 <= len(found) <= _MOST:
        raise DataError(
            f"{where}: {len(found)} arms in {arm!r}. Expected 2 to {_MOST}: name another column"
        )
    first = _control(found, control)
    order = (first, *(each for each in found if each != first))
    outcome = [_answer(frame, name, where, event=k == 1) for k, name in enumerate(answers)]
    covariates, said = _columns(frame, named["covariates"], where)
    groups, more = _columns(frame, named["subgroups"], where)
    check_ages(covariates, where)
    trial = Trial(
        arms=order,
        arm=np.array([order.index(each) if k else -1 for each, k in zip(arms, kept, strict=True)]),
        outcome=np.column_stack(outcome),
        covariates=covariates,
        groups={str(name): _grouped(values) for name, values in groups.items()},
    ).of(kept)
    _check_outcomes(trial, where, answers)
    lost = [f"{(~kept).sum()} patients without an arm are left out"] * (not kept.all())
    return trial, [*lost, *dict.fromkeys((*said, *more))]


def _columns(
    frame: DataFrame, names: Sequence[str], where: str
) -> tuple[DataFrame, tuple[str, ...]]:
    """Numbers, NaN where missing, and words, "not known" there."""
    chosen = [need_column(frame.columns, name, where=where) for name in names]
    columns, said = decide(frame[chosen], chosen, where)
    found, _ = read(frame, columns, where)
    words = [name for name, each in columns.items() if each is not None]
    return found.fillna(dict.fromkeys(words, "not known")), said


def _answer(frame: DataFrame, asked: str, where: str, *, event: bool) -> Series:
    """Numbers, or 1 and 0 where a column has words or ``asked`` is column=word."""
    there = find_column(frame.columns, (asked,)) is not None
    name, _, word = (asked, "", "") if there else asked.partition("=")
    values = frame[need_column(frame.columns, name, where=where)]
    kind = decide(values.to_frame(), [values.name], where)[0].get(str(values.name))
    coded = not event or cells(values).dropna().isin(("0", "1")).all()
    if kind is not None or word or not coded:
        return two_classes(values, word, where)[0]
    return read(frame, {str(values.name): None}, where)[0].iloc[:, 0]


def _control(found: Sequence[str], control: str | int | None) -> str:
    near = [each for each in found if each.lower() in _CONTROLS]
    if control is None and len(near) == 1:
        return near[0]
    if str(control) not in found:
        raise ConfigError(
            f"got control={control} and arms {', '.join(found)}: expected the one that others are "
            f"compared with, as control={found[0]!r}"
        )
    return str(control)


def _check_outcomes(trial: Trial, where: str, answers: Sequence[str]) -> None:
    y, arm = trial.outcome[trial.known], trial.arm[trial.known]
    timed = len(answers) == 2
    if timed and (y[:, 0] <= 0).any():
        raise DataError(
            f"{where}: {(y[:, 0] <= 0).sum()} times in {answers[0]!r} are not above 0. Expected "
            "how long each patient was followed: correct these rows"
        )
    counts = np.bincount(arm, y[:, 1] if timed else None, minlength=len(trial.arms)).astype(int)
    if counts.min() < _FEWEST:
        told = ", ".join(f"{n} in {name}" for name, n in zip(trial.arms, counts, strict=True))
        what = "events" if timed else "outcomes"
        raise DataError(
            f"{where}: {what} by arm: {told}. Expected {_FEWEST} or more in each: leave an arm out"
        )


def _grouped(values: Series) -> NDArray[np.object_]:
    """Groups in words; of many numbers two, by their median."""
    if values.dtype.kind != "f":
        return values.to_numpy(object)
    middle, few = values.median(), values.nunique() <= _MOST
    sides = np.where(values <= middle, f"<= {middle:g}", f"> {middle:g}")
    told = "= " + values.map("{:g}".format) if few else sides
    return np.where(values.isna(), "not known", told).astype(object)


def design(covariates: DataFrame) -> Float[np.ndarray, "patient column"]:
    """Numbers with gaps filled by the mean and marked; words as 0 and 1, but for one of each."""
    parts: list[NDArray[np.float64]] = [np.empty((len(covariates), 0))]
    for column in (covariates[name] for name in covariates):
        if column.dtype.kind != "f":
            parts.append(pd.get_dummies(column, drop_first=True).to_numpy(float))
            continue
        gap = column.isna()
        parts.append(column.fillna(column.mean() if not gap.all() else 0).to_numpy()[:, None])
        parts += [np.asarray(gap, dtype=np.float64)[:, None]] if gap.any() else []
    return np.hstack(parts)


def apart(group: NDArray[Any], covariates: DataFrame) -> Series:
    """By covariate, the p that it is distributed alike in all groups."""
    found = {}
    for name, column in covariates.items():
        if column.nunique() < 2:
            continue
        if column.dtype.kind == "f":
            parts = [part.dropna() for _, part in column.groupby(group)]
            parts = [part for part in parts if len(part)]
            found[name] = stats.kruskal(*parts).pvalue if len(parts) > 1 else 1.0
        else:
            counts = pd.crosstab(group, column.to_numpy())
            found[name] = stats.chi2_contingency(counts.to_numpy()).pvalue
    return Series(found, dtype=float)
