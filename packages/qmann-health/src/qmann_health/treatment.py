"""Effects of treatments: differences of means and hazard ratios between arms, no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from pandas import DataFrame, Series
from scipy import stats

from qmann_core.config import check_levels
from qmann_core.data import as_numbers, installed_file, list_names, name_source, need_column
from qmann_core.data import number as as_number
from qmann_core.data import read_table
from qmann_core.errors import ConfigError, DataError
from qmann_core.evaluation import holm, p_text
from qmann_core.nn import Cox, solve
from qmann_core.tasks import Result

from .config import NOT_A_DEVICE

_CONTROLS = ("0", "control", "placebo", "standard", "no", "none", "false")
_CHANCE = 1e-3  # that some covariate of a randomised trial differs so much between arms
_WORDS = 12  # different words or subgroups; more are names or numbers
_SURE = 0.95  # that outcomes are not missing at random
_EXACT = 1e-12  # a penalty that changes nothing
_LEVERAGE = 1e-9
_DEMO = {
    "arm": "arms",
    "covariates": "cd40,age,wtkg,hemo,homo,drugs,karnof,oprior,preanti,race,gender,symptom",
    "subgroups": "gender,symptom,str2",
}

Names = Sequence[str] | str
Design = Float[np.ndarray, "patient column"]


@dataclass(frozen=True, kw_only=True)
class TreatmentEffect(Result):
    """Average effects of arms against a control.

    The table has subgroup ("all", or a column and its value); arm, and against which; whether it is
    adjusted for covariates; patients of both arms that have an outcome; the difference or the
    hazard ratio with its standard error (of a hazard ratio, of its logarithm) and interval; p,
    after Holm's correction over the arms; and for subgroups the p of the interaction: whether the
    effect differs between the groups of a column, after Holm's correction over columns and arms.
    The figures have for each arm its patients, how many lack an outcome, and means or events.
    """

    def plot(self) -> Any:
        """The effects with their intervals, a row each."""
        from .plots import forest

        return forest(self.title, self.table)


@dataclass(frozen=True)
class _Trial:
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

    def of(self, rows: NDArray[np.bool_]) -> "_Trial":
        groups = {name: each[rows] for name, each in self.groups.items()}
        parts = self.arm[rows], self.outcome[rows], self.covariates[rows], groups
        return _Trial(self.arms, *parts)

    @property
    def known(self) -> NDArray[np.bool_]:
        return np.isfinite(self.outcome).all(axis=1)


@dataclass(frozen=True)
class _Estimates:
    """Of each arm but the control; NaN where there are too few patients or events."""

    effect: Float[np.ndarray, " arm"]
    error: Float[np.ndarray, " arm"]
    freedom: Float[np.ndarray, " arm"]

    @property
    def p(self) -> Float[np.ndarray, " arm"]:
        return np.asarray(2 * stats.t.sf(np.abs(self.effect / self.error), self.freedom))


def treatment_effect(
    table: Any = None,
    arm: str | None = None,
    outcome: str | None = None,
    *,
    time: str | None = None,
    event: str | None = None,
    covariates: Names = (),
    subgroups: Names = (),
    control: str | int | None = None,
    randomised: bool = False,
    assume_unconfounded: bool = False,
    level: float | str = 95,
) -> TreatmentEffect:
    """What arms of a trial change on average, against a control: of a number, or of a hazard.

    Of an outcome it is the difference of means, and with covariates that of linear regressions in
    each arm at the mean of all patients (Lin 2013, doi:10.1214/12-AOAS583), with robust standard
    errors (HC2) and Welch's degrees of freedom. Of a time and an event it is the hazard ratio of
    Cox's model with Efron's ties. Patients without an outcome are counted and left out. No network
    is trained, and no circuit has a say.

    Nobody sees from a table how arms were assigned: it must be said. ``randomised`` is refused all
    the same where a covariate differs more between arms than chance allows (Kruskal and Wallis's
    test or chi-square, p below .001 after Bonferroni's correction).

    Args:
        table: CSV or Parquet file or DataFrame, a row for each patient; the trial ACTG 175 when
            left out, with the CD4 count at week 20.
        arm: column of the arms.
        outcome: column of numbers, or of 0 and 1, whose difference is one of shares.
        time: column of times until an event or censoring, in place of an outcome.
        event: column of 1 where the event was and 0 where a patient was censored.
        covariates: columns from before the treatment; missing values count as a value.
        subgroups: columns whose groups are compared; numbers are split at their median.
        control: the arm that others are compared with; by default 0, control or placebo.
        randomised: whether arms were drawn by lot.
        assume_unconfounded: whether to take a difference for an effect where they were not, which
            every output then says.
        level: of the intervals, in percent.

    Raises:
        DataError: columns that are missing or hold something else, arms without outcomes or
            events, or covariates that differ between arms.
        ConfigError: not one of the two ways of assignment, no control, or an option out of range.

    Example:
        >>> treatment_effect(time="days", event="cens").to_frame()  # doctest: +SKIP
    """
    words = {"covariates": covariates, "subgroups": subgroups}
    if table is None:
        table = installed_file("lifelines", "datasets/ACTG175.csv", about="the trial ACTG 175")
        outcome = outcome or (None if time or event else "cd420")
        arm, randomised = arm or _DEMO["arm"], not assume_unconfounded
        words = {name: each or _DEMO[name] for name, each in words.items()}
    levels = [as_number("level", level)]
    check_levels(levels, "95")
    named = {name: _listed(each) for name, each in words.items()}
    _check(arm, outcome, time, event, named["covariates"], randomised, assume_unconfounded)
    answers = (outcome,) if outcome else (time, event)
    where, frame = name_source(table), read_table(table)
    trial, dropped = _read(frame, where, arm, answers, named, control)
    said = [NOT_A_DEVICE, "An average effect is arithmetic: no network, no circuit has a say."]
    said += [f"{dropped} patients without an arm are left out"] if dropped else []
    said += _assignment(trial, randomised=randomised) + _missing(trial) + _model(trial)
    how = "" if randomised else ", assuming that nothing else confounds it"
    return TreatmentEffect(
        title=f"Effect of {arm} on {' and '.join(map(str, answers))} in {where}{how}",
        table=_table(trial, levels[0]),
        figures=_counts(trial),
        notes=tuple(said),
    )


def _listed(names: Names) -> tuple[str, ...]:
    parts = names.split(",") if isinstance(names, str) else names
    return tuple(dict.fromkeys(name.strip() for name in parts if name.strip()))


def _check(
    arm: str | None,
    outcome: str | None,
    time: str | None,
    event: str | None,
    covariates: Sequence[str],
    randomised: bool,
    assume_unconfounded: bool,
) -> None:
    if arm is None or bool(outcome) == bool(time or event) or bool(time) != bool(event):
        raise ConfigError(
            f"got arm={arm}, outcome={outcome}, time={time}, event={event}: expected the column of "
            "the arms, and that of an outcome or those of both a time and an event"
        )
    if randomised == assume_unconfounded:
        raise ConfigError(
            "a table does not say how arms were assigned: expected randomised=True if by lot; else "
            "a difference is no effect, and assume_unconfounded=True says that you take it for one"
        )
    if assume_unconfounded and not covariates:
        raise ConfigError(
            "got assume_unconfounded and no covariates: expected columns of all that decides about "
            "both the arm and the outcome"
        )
    if both := {arm, outcome, time, event} & set(covariates):
        raise ConfigError(f"got {both.pop()} among the covariates: expected columns from before")


def _read(
    frame: DataFrame,
    where: str,
    arm: str | None,
    answers: Sequence[str | None],
    named: Mapping[str, Sequence[str]],
    control: str | int | None,
) -> tuple[_Trial, int]:
    """Patients of known arms, and how many others there are."""

    def column(name: Any) -> Series:
        return frame[need_column(frame.columns, name, where=where)]

    arms = _texts(column(arm))
    kept = arms.ne("").to_numpy()
    found = sorted(arms[kept].unique())
    if not 2 <= len(found) <= _WORDS:
        raise DataError(f"{where}: {len(found)} arms in {arm!r}. Expected 2 to {_WORDS}")
    first = _control(found, control)
    order = (first, *(each for each in found if each != first))
    outcome = np.column_stack([_numbers(column(name), where) for name in answers])
    covariates = DataFrame({name: _values(column(name), where) for name in named["covariates"]})
    trial = _Trial(
        arms=order,
        arm=np.array([order.index(each) if each else -1 for each in arms]),
        outcome=outcome.astype(np.float64),
        covariates=covariates.reindex(frame.index),
        groups={name: _grouped(column(name), where) for name in named["subgroups"]},
    ).of(kept)
    _check_outcomes(trial, where, answers)
    return trial, int((~kept).sum())


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


def _check_outcomes(trial: _Trial, where: str, answers: Sequence[str | None]) -> None:
    y = trial.outcome[trial.known]
    counts = np.bincount(trial.arm[trial.known], minlength=len(trial.arms))
    if len(answers) == 2:
        if not np.isin(y[:, 1], (0, 1)).all() or not (y[:, 0] > 0).all():
            raise DataError(
                f"{where}: {answers[0]} from {y[:, 0].min():g} and {answers[1]} of values "
                f"{list_names(np.unique(y[:, 1]))}. Expected times above 0, and 1 for an event or "
                "0 for censored"
            )
        counts = np.bincount(trial.arm[trial.known], y[:, 1], minlength=len(trial.arms)).astype(int)
    if counts.min() < 2:
        what = "events" if len(answers) == 2 else "outcomes"
        told = ", ".join(f"{n} in {a}" for a, n in zip(trial.arms, counts, strict=True))
        raise DataError(f"{where}: {what} by arm: {told}. Expected 2 or more in each arm")


def _texts(column: Series) -> Series:
    """Words, whole numbers without their point; "" where missing."""
    return column.map(
        lambda cell: "" if pd.isna(cell) else f"{cell:g}" if _is_number(cell) else str(cell).strip()
    )


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float | np.number) and not isinstance(cell, bool | np.bool_)


def _numbers(column: Series, where: str) -> Series:
    """Numbers, of true and false 1 and 0; NaN where missing."""
    if column.dtype.kind == "b":
        return column.astype(float)
    found = as_numbers(column)
    wrong = column[found.isna() & _texts(column).ne("")]
    if len(wrong) or np.isinf(found).any():
        raise DataError(
            f"{where}: {len(wrong)} values of {column.name!r} are no finite numbers, such as "
            f"{list_names(wrong.unique(), limit=2)}. Expected numbers, or nothing where missing"
        )
    return found


def _values(column: Series, where: str) -> Series:
    """Numbers where all that is there is one, else words."""
    texts = _texts(column)
    if column.dtype.kind == "b" or as_numbers(column).notna().eq(texts.ne("")).all():
        return _numbers(column, where)
    if texts.nunique() > _WORDS:
        raise DataError(
            f"{where}: {texts.nunique()} different words in {column.name!r}. Expected numbers or "
            f"at most {_WORDS} words: group them, or leave the column out"
        )
    return texts.mask(texts.eq(""), "not known")


def _grouped(column: Series, where: str) -> NDArray[np.object_]:
    """Groups in words; of many numbers two, by their median."""
    found = _values(column, where)
    if found.dtype.kind != "f":
        return found.to_numpy(object)
    if found.nunique() <= _WORDS:
        return np.where(found.isna(), "not known", "= " + found.map("{:g}".format)).astype(object)
    middle = found.median()
    sides = np.where(found <= middle, f"<= {middle:g}", f"> {middle:g}")
    return np.where(found.isna(), "not known", sides).astype(object)


def _design(covariates: DataFrame) -> Design:
    """Numbers with gaps filled by the mean and marked; words as 0 and 1, but for one of each."""
    parts = [np.empty((len(covariates), 0))]
    for _, column in covariates.items():
        if column.dtype.kind != "f":
            parts.append(pd.get_dummies(column, drop_first=True).to_numpy(float))
            continue
        gap = column.isna()
        parts.append(column.fillna(column.mean() if not gap.all() else 0).to_numpy()[:, None])
        parts += [gap.to_numpy(float)[:, None]] if gap.any() else []
    return np.hstack(parts)


def _estimates(trial: _Trial, *, adjusted: bool) -> _Estimates:
    """Effects on patients with an outcome."""
    x = _design(trial.covariates) if adjusted else np.empty((len(trial.arm), 0))
    present = [trial.arm == k for k in range(len(trial.arms))]
    varies = np.all([x[rows].std(axis=0) > 0 for rows in present if rows.any()], axis=0)
    x = (x - x.mean(axis=0))[:, varies]
    if trial.outcome.shape[1] == 2:
        return _hazards(trial, x)
    means = np.array([_mean(trial.outcome[rows, 0], x[rows]) for rows in present])
    (start, variance, freedom), (others, more, left) = means[0], means[1:].T
    total = variance + more
    return _Estimates(
        others - start, np.sqrt(total), total**2 / (variance**2 / freedom + more**2 / left)
    )


def _mean(y: Float[np.ndarray, " patient"], x: Design) -> tuple[float, float, float]:
    """Intercept of a linear regression, its variance (HC2) and the degrees of freedom."""
    design = np.column_stack((np.ones(len(y)), x))
    freedom = len(y) - np.linalg.matrix_rank(design) if len(y) else 0
    if freedom < 1:
        return np.nan, np.nan, np.nan
    inverse = np.linalg.pinv(design)
    coefficients = inverse @ y
    rest = np.maximum(1 - np.einsum("nc,cn->n", design, inverse), _LEVERAGE)
    variance = (inverse[0] ** 2 * (y - design @ coefficients) ** 2 / rest).sum()
    return coefficients[0], variance, freedom


def _hazards(trial: _Trial, x: Design) -> _Estimates:
    """Log hazard ratios by Cox's model, with the inverse of the information as covariance."""
    events = np.bincount(trial.arm, trial.outcome[:, 1], minlength=len(trial.arms))
    arms = np.flatnonzero(events[1:]) + 1
    effect, error = np.full((2, len(events) - 1), np.nan)
    if events[0] and len(arms):
        rows = np.isin(trial.arm, (0, *arms))
        both = np.hstack((trial.arm[rows, None] == arms, x[rows] / x.std(axis=0)))
        features, targets = torch.from_numpy(both), torch.from_numpy(trial.outcome[rows])
        found = solve(Cox(), features, targets, penalty=_EXACT)
        _, information = Cox().derivatives(found(features), targets, features)
        covariance = torch.linalg.inv(information * len(features))
        slopes = found.weights[:, 0] / found.deviation
        effect[arms - 1] = slopes[: len(arms)].numpy()
        error[arms - 1] = covariance.diagonal().sqrt()[: len(arms)].numpy()
    return _Estimates(effect, error, np.full(len(effect), np.inf))


def _table(trial: _Trial, level: float) -> DataFrame:
    trial = trial.of(trial.known)
    adjusted = len(trial.covariates.columns) > 0
    frames, tests = list[DataFrame](), list[NDArray[np.float64]]()
    for one in (False, True)[: 1 + adjusted]:
        found = _estimates(trial, adjusted=one)
        frames.append(_rows("all", trial, found, one, level).assign(p=_holm(found.p)))
    by_column = dict[str, list[DataFrame]]()
    for column, groups in trial.groups.items():
        parts = {value: trial.of(groups == value) for value in sorted(set(groups))}
        each = [_estimates(part, adjusted=adjusted) for part in parts.values()]
        by_column[column] = [
            _rows(f"{column} {value}", part, found, adjusted, level)
            for (value, part), found in zip(parts.items(), each, strict=True)
        ]
        tests.append(_interaction(each))
    corrected = _holm(np.array(tests)) if tests else ()
    for rows, p in zip(by_column.values(), corrected, strict=True):
        frames += [each.assign(**{"p interaction": p}) for each in rows]
    return pd.concat(frames, ignore_index=True)


def _holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Holm's correction over what is a number."""
    found, known = np.full_like(p, np.nan), np.isfinite(p)
    found[known] = holm(p[known])
    return found


def _interaction(groups: Sequence[_Estimates]) -> NDArray[np.float64]:
    """Of each arm the p of equal effects in all groups (Cochran 1954, doi:10.2307/3001666).

    Groups share no patients, so that effects f with standard errors s are independent, and
    sum (f - m)^2 / s^2, with m their mean weighted by 1 / s^2, is chi-square.
    """
    effect, error = np.array([(each.effect, each.error) for each in groups]).swapaxes(0, 1)
    weight = np.where(np.isfinite(effect), error**-2.0, 0)
    effect = np.nan_to_num(effect)
    total = np.where(weight.any(axis=0), weight.sum(axis=0), 1)
    spread = (weight * (effect - (weight * effect).sum(axis=0) / total) ** 2).sum(axis=0)
    freedom = (weight > 0).sum(axis=0) - 1
    return np.where(freedom > 0, stats.chi2.sf(spread, np.maximum(freedom, 1)), np.nan)


def _rows(
    subgroup: str, part: _Trial, found: _Estimates, adjusted: bool, level: float
) -> DataFrame:
    """A row for each arm but the control."""
    counts = np.bincount(part.arm, minlength=len(part.arms))
    width = stats.t.ppf(0.5 + level / 200, found.freedom) * found.error
    ends = found.effect - width, found.effect, found.effect + width
    name = "difference"
    if part.outcome.shape[1] == 2:
        name, ends = "hazard ratio", tuple(map(np.exp, ends))
    return DataFrame(
        {
            "subgroup": subgroup,
            "arm": part.arms[1:],
            "against": part.arms[0],
            "adjusted": "yes" if adjusted else "no",
            "patients": counts[0] + counts[1:],
            name: ends[1],
            "SE": found.error,
            f"lo-{level:g}": ends[0],
            f"hi-{level:g}": ends[2],
            "p": np.nan,
            "p interaction": np.nan,
        }
    )


def _counts(trial: _Trial) -> DataFrame:
    """Of each arm."""
    rows = []
    for number, name in enumerate(trial.arms):
        part = trial.of(trial.arm == number)
        y = part.outcome[part.known]
        row = {"arm": name, "patients": len(part.arm), "missing": len(part.arm) - len(y)}
        row["missing %"] = 100 * (1 - len(y) / len(part.arm))
        if y.shape[1] == 2:
            row |= {"events": int(y[:, 1].sum()), "median time": float(np.median(y[:, 0]))}
        else:
            row |= {"mean": y.mean(), "deviation": y.std(ddof=1)}
        rows.append(row)
    return DataFrame(rows)


def _apart(group: NDArray[Any], covariates: DataFrame) -> Series:
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


def _assignment(trial: _Trial, *, randomised: bool) -> list[str]:
    """What is known of how patients came to their arms.

    Raises:
        DataError: not by lot, although that was said.
    """
    p = _apart(trial.arm, trial.covariates)
    if not len(p):
        return ["Taken for randomised: no covariate was given by which that could be doubted."]
    told = f"of {len(p)} covariates, {p.idxmin()} differs most between arms ({p_text(p.min())})"
    if not randomised:
        return [
            "ASSUMED: nothing but the covariates decides about both the arm and the outcome. If "
            f"something does, these are no effects, and nobody sees it from the data; {told}."
        ]
    if p.min() * len(p) < _CHANCE:
        raise DataError(
            f"{told}: more than chance allows where arms are drawn by lot. Expected covariates "
            "from before the treatment, of a randomised trial: leave out what came after it; of "
            "other data, say assume_unconfounded=True instead of randomised=True"
        )
    return [f"Taken for randomised; {told}."]


def _missing(trial: _Trial) -> list[str]:
    """How many outcomes there are not, and whether that has to do with what else is known."""
    gone = ~trial.known
    if not gone.any():
        return ["No outcome is missing."]
    by_arm = ", ".join(
        f"{gone[trial.arm == number].mean():.0%} of {name}"
        for number, name in enumerate(trial.arms)
    )
    said = f"{gone.sum():,} of {len(gone):,} outcomes are missing and left out ({by_arm})"
    known = trial.covariates.assign(**{"the arm": np.array(trial.arms, object)[trial.arm]})
    p = _apart(gone, known)
    if p.min() * len(p) < 1 - _SURE:
        return [
            f"{said}, and not at random: {p.idxmin()} differs between those with and without "
            f"({p_text(p.min())}). Effects are of those who have an outcome; of all, they may differ."
        ]
    return [f"{said}; nothing tells those with and without apart, which proves nothing."]


def _model(trial: _Trial) -> list[str]:
    """What the numbers are."""
    y = trial.outcome[trial.known]
    corrected = "p are after Holm's correction; of subgroups only the p of the interaction counts."
    if y.shape[1] == 2:
        return [
            "Hazards are taken to be proportional. Adjusted hazard ratios compare patients alike "
            "in the covariates and differ from others without any confounding, too.",
            corrected,
        ]
    shares = ["The outcome is 0 or 1: differences are of shares."] if set(y[:, 0]) <= {0, 1} else []
    return [*shares, corrected]
