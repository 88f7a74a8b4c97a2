"""Effects of treatments: differences of means and hazard ratios between arms, no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame
from scipy import stats

from qmann_core.config import check_levels
from qmann_core.data import installed_file, name_source, number, read_table
from qmann_core.errors import ConfigError, DataError
from qmann_core.evaluation import holm, p_text
from qmann_core.tasks import Result

from .effects import Estimates, estimate, interaction
from .reports import RESEARCH
from .trial import Trial, apart, read_trial

_CHANCE = 1e-3  # that some covariate of a randomised trial differs so much between arms
_SURE = 0.95  # that outcomes are not missing at random
Names = Sequence[str] | str

_DEMO: Mapping[str, Names] = {
    "covariates": "cd40,age,wtkg,hemo,homo,drugs,karnof,oprior,preanti,race,gender,symptom",
    "subgroups": "gender,symptom,str2",
}


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
        arm, randomised = arm or "arms", not assume_unconfounded
        words = {name: each or _DEMO[name] for name, each in words.items()}
    levels = [number("level", level)]
    check_levels(levels, "95")
    named = {name: _listed(each) for name, each in words.items()}
    answers, how = _answers(outcome, time, event), {"randomised": randomised}
    arm = _check(arm, answers, named["covariates"], assumed=assume_unconfounded, **how)
    where, frame = name_source(table), read_table(table)
    trial, more = read_trial(frame, where, arm, answers, named, control)
    said = [RESEARCH, "An average effect is arithmetic: no network, no circuit has a say."]
    said += more + _assignment(trial, randomised=randomised) + _missing(trial) + _model(trial)
    title = f"Effect of {arm} on {' and '.join(answers)} in {where}"
    return TreatmentEffect(
        title=title if randomised else f"{title}, assuming that nothing else confounds it",
        table=_table(trial, levels[0]),
        figures=_counts(trial),
        notes=tuple(said),
    )


def _listed(names: Names) -> tuple[str, ...]:
    parts = names.split(",") if isinstance(names, str) else names
    return tuple(dict.fromkeys(name.strip() for name in parts if name.strip()))


def _check(
    arm: str | None,
    answers: Sequence[str],
    covariates: Sequence[str],
    *,
    randomised: bool,
    assumed: bool,
) -> str:
    """The column of the arms, where all that is needed was said."""
    if randomised == assumed:
        raise ConfigError(
            "a table does not say how arms were assigned: expected randomised=True if by lot; else "
            "a difference is no effect, and assume_unconfounded=True says that you take it for one"
        )
    if assumed and not covariates:
        raise ConfigError(
            "got assume_unconfounded and no covariates: expected columns of all that decides about "
            "both the arm and the outcome"
        )
    if arm is None:
        raise ConfigError("got no arm: expected the column that says which arm a patient is in")
    if both := {arm, *answers} & set(covariates):
        raise ConfigError(f"got {both.pop()} among the covariates: expected columns from before")
    return arm


def _answers(outcome: str | None, time: str | None, event: str | None) -> tuple[str, ...]:
    if outcome and not (time or event):
        return (outcome,)
    if time and event and not outcome:
        return time, event
    raise ConfigError(
        f"got outcome={outcome}, time={time}, event={event}: expected the column of an outcome, or "
        "those of both a time and an event"
    )


def _table(trial: Trial, level: float) -> DataFrame:
    trial = trial.of(trial.known)
    adjusted = len(trial.covariates.columns) > 0
    frames, tests = list[DataFrame](), list[NDArray[np.float64]]()
    for one in (False, True)[: 1 + adjusted]:
        found = estimate(trial, adjusted=one)
        frames.append(_rows("all", trial, found, one, level).assign(p=_holm(found.p)))
    by_column = dict[str, list[DataFrame]]()
    for column, groups in trial.groups.items():
        parts = {value: trial.of(groups == value) for value in sorted(set(groups))}
        each = [estimate(part, adjusted=adjusted) for part in parts.values()]
        by_column[column] = [
            _rows(f"{column} {value}", part, found, adjusted, level)
            for (value, part), found in zip(parts.items(), each, strict=True)
        ]
        tests.append(interaction(each))
    corrected = _holm(np.array(tests)) if tests else ()
    for rows, p in zip(by_column.values(), corrected, strict=True):
        frames += [each.assign(**{"p interaction": p}) for each in rows]
    return pd.concat(frames, ignore_index=True)


def _holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Holm's correction over what is a number."""
    found, known = np.full_like(p, np.nan), np.isfinite(p)
    found[known] = holm(p[known])
    return found


def _rows(subgroup: str, part: Trial, found: Estimates, adjusted: bool, level: float) -> DataFrame:
    """A row for each arm but the control."""
    counts = np.bincount(part.arm, minlength=len(part.arms))
    width = stats.t.ppf(0.5 + level / 200, found.freedom) * found.error
    ends = np.array((found.effect - width, found.effect, found.effect + width))
    name = "difference"
    if part.outcome.shape[1] == 2:
        name, ends = "hazard ratio", np.exp(ends)
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


def _counts(trial: Trial) -> DataFrame:
    """Of each arm."""
    rows = []
    for k, name in enumerate(trial.arms):
        part = trial.of(trial.arm == k)
        y = part.outcome[part.known]
        row = {"arm": name, "patients": len(part.arm), "missing": len(part.arm) - len(y)}
        row["missing %"] = 100 * (1 - len(y) / len(part.arm))
        if y.shape[1] == 2:
            row |= {"events": int(y[:, 1].sum()), "median time": float(np.median(y[:, 0]))}
        else:
            row |= {"mean": y.mean(), "deviation": y.std(ddof=1)}
        rows.append(row)
    return DataFrame(rows)


def _assignment(trial: Trial, *, randomised: bool) -> list[str]:
    """What is known of how patients came to their arms.

    Raises:
        DataError: not by lot, although that was said.
    """
    p = apart(trial.arm, trial.covariates)
    told = "no covariate was given by which that could be doubted"
    if len(p):
        told = f"of {len(p)} covariates, {p.idxmin()} differs most between arms ({p_text(p.min())})"
    if not randomised:
        said = "ASSUMED: nothing but the covariates decides about both the arm and the outcome. "
        return [f"{said}If something does, these are no effects, and no data show it; {told}."]
    if len(p) and p.min() * len(p) < _CHANCE:
        raise DataError(
            f"{told}: more than chance allows where arms are drawn by lot. Expected covariates "
            "from before the treatment, of a randomised trial: leave out what came after it; of "
            "other data, say assume_unconfounded=True instead of randomised=True"
        )
    return [f"Taken for randomised; {told}."]


def _missing(trial: Trial) -> list[str]:
    """How many outcomes there are not, and whether that has to do with what else is known."""
    gone = ~trial.known
    if not gone.any():
        return ["No outcome is missing."]
    by_arm = ", ".join(
        f"{gone[trial.arm == k].mean():.0%} of {name}" for k, name in enumerate(trial.arms)
    )
    said = f"{gone.sum():,} of {len(gone):,} outcomes are missing and left out ({by_arm})"
    known = trial.covariates.assign(**{"the arm": np.array(trial.arms, object)[trial.arm]})
    p = apart(gone, known)
    if p.min() * len(p) < 1 - _SURE:
        why = f"{p.idxmin()} differs between those with and without ({p_text(p.min())})"
        return [f"{said}, not at random: {why}. Effects are of those with an outcome, not of all."]
    return [f"{said}; nothing tells those with and without apart, which proves nothing."]


def _model(trial: Trial) -> list[str]:
    """What the numbers are."""
    y = trial.outcome[trial.known]
    corrected = "p are after Holm's correction; of subgroups only the p of the interaction counts."
    if y.shape[1] == 2:
        said = "Hazards are taken to be proportional. Adjusted hazard ratios compare patients alike"
        return [f"{said} in the covariates: they differ without confounding, too.", corrected]
    shares = "The outcome is 0 or 1: differences are of shares."
    return [*[shares] * (set(y[:, 0]) <= {0, 1}), corrected]
