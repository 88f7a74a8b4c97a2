"""Effects of treatments: differences of means and hazard ratios between arms, no network."""

from collections.abc import Sequence
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
from qmann_core.survival import change_of_hazards
from qmann_core.tasks import Result

from .effects import Estimates, estimate, interaction
from .reports import RESEARCH
from .trial import Trial, apart, read_trial

_CHANCE = 1e-3  # that some covariate of a randomised trial differs so much between arms
_DOUBT = 0.05  # the same of those with and without an outcome, or of hazards that stay proportional
_COVARIATES = "cd40,age,wtkg,hemo,homo,drugs,karnof,oprior,preanti,race,gender,symptom"
_SUBGROUPS = "gender,symptom,str2"


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
        from .drawings import forest

        return forest(self.title, self.table)


def treatment_effect(
    table: Any = None,
    arm: str | None = None,
    outcome: str | None = None,
    *,
    time: str | None = None,
    event: str | None = None,
    covariates: Sequence[str] | str = (),
    subgroups: Sequence[str] | str = (),
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
        event: column of events, 1 and 0, or two words; column=word says which means the event.
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
    if table is None:
        table = installed_file("lifelines", "datasets/ACTG175.csv", about="the trial ACTG 175")
        arm, randomised = arm or "arms", not assume_unconfounded
        outcome = outcome or (None if time or event else "cd420")
        covariates, subgroups = covariates or _COVARIATES, subgroups or _SUBGROUPS
    if randomised == assume_unconfounded:
        raise ConfigError(
            "a table does not say how arms were assigned: expected randomised=True if by lot; else "
            "a difference is no effect, and assume_unconfounded=True says that you take it for one"
        )
    answers = [name for name in (outcome, time, event) if name]
    if arm is None or len(answers) != (1 if outcome else 2):
        raise ConfigError(
            f"got arm={arm}, outcome={outcome}, time={time}, event={event}: expected the column of "
            "the arms, and that of an outcome or those of both a time and an event"
        )
    named = _listed(covariates), _listed(subgroups)
    if both := {arm, *answers} & set(named[0]):
        raise ConfigError(f"got {both.pop()} among the covariates: expected columns from before")
    width = number("level", level)
    check_levels([width], "95")
    where, frame = name_source(table), read_table(table).reset_index(drop=True)
    trial, said = read_trial(frame, where, arm, answers, *named, control)
    assumed = "" if randomised else ", assuming that nothing else confounds it"
    arithmetic = "an average effect is arithmetic: no network is trained, no circuit has a say"
    about = (_assignment(trial, randomised=randomised), _missing(trial), _model(trial))
    return TreatmentEffect(
        title=f"Effect of {arm} on {' and '.join(answers)} in {where}{assumed}",
        table=_table(trial, width),
        figures=_counts(trial),
        notes=(RESEARCH, *about, *said, arithmetic),
    )


def _listed(names: Sequence[str] | str) -> list[str]:
    parts = names.split(",") if isinstance(names, str) else names
    return list(dict.fromkeys(name.strip() for name in parts))


def _table(trial: Trial, level: float) -> DataFrame:
    trial = trial.of(trial.known)
    adjusted = len(trial.covariates.columns) > 0
    frames, tests = list[DataFrame](), list[NDArray[np.float64]]()
    for one in (False, True)[: 1 + adjusted]:
        found = estimate(trial, adjusted=one)
        frames.append(_rows("all", trial, found, one, level).assign(p=_holm(found.p)))
    by_column = dict[str, list[DataFrame]]()
    for column, groups in trial.groups.items():
        parts = {value: trial.of((groups == value).to_numpy()) for value in sorted(set(groups))}
        each = [estimate(part, adjusted=adjusted) for part in parts.values()]
        by_column[str(column)] = [
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
    if part.timed:
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
    known, of_arm = trial.known, [trial.arm == k for k in range(len(trial.arms))]
    told: dict[str, Any] = {"arm": trial.arms, "patients": [rows.sum() for rows in of_arm]}
    told["missing"] = [(rows & ~known).sum() for rows in of_arm]
    parts = [trial.outcome[rows & known] for rows in of_arm]
    if trial.timed:
        told["events"] = [int(y[:, 1].sum()) for y in parts]
        return DataFrame({**told, "median time": [np.median(y[:, 0]) for y in parts]})
    means, spread = [y.mean() for y in parts], [y.std(ddof=1) for y in parts]
    return DataFrame({**told, "mean": means, "deviation": spread})


def _assignment(trial: Trial, *, randomised: bool) -> str:
    """What is known of how patients came to their arms.

    Raises:
        DataError: not by lot, although that was said.
    """
    p, told = apart(trial.arm, trial.covariates), "no covariate is given to doubt it by"
    if len(p):
        told = f"of {len(p)} covariates, {p.idxmin()} differs most between arms ({p_text(p.min())})"
    if not randomised:
        said = "ASSUMED: nothing but the covariates decides about both the arm and the outcome; if"
        return f"{said} something does, these are no effects, and no data show it; {told}"
    if len(p) and p.min() * len(p) < _CHANCE:
        raise DataError(
            f"{told}: more than chance allows where arms are drawn by lot. Expected covariates "
            "from before the treatment, of a randomised trial: leave out what came after it; of "
            "other data, say assume_unconfounded=True instead of randomised=True"
        )
    return f"taken for randomised; {told}"


def _missing(trial: Trial) -> str:
    """How many outcomes there are not, and whether that has to do with what else is known."""
    gone = ~trial.known
    if not gone.any():
        return "no outcome is missing"
    shares = [f"{gone[trial.arm == k].mean():.0%} of {arm}" for k, arm in enumerate(trial.arms)]
    said = f"{gone.sum():,} of {len(gone):,} outcomes are missing ({', '.join(shares)})"
    p = apart(gone, trial.covariates.assign(**{"the arm": np.array(trial.arms, object)[trial.arm]}))
    if p.min() * len(p) < _DOUBT:
        why = f"{p.idxmin()} differs between patients with and without ({p_text(p.min())})"
        return f"{said}, not at random: {why}; effects are of those with an outcome, not of all"
    return f"{said} and left out; nothing given tells patients with and without apart"


def _model(trial: Trial) -> str:
    """What the numbers are."""
    said = "p after Holm's correction; of subgroups, only the p of the interaction counts"
    if trial.timed:
        alike = (
            "adjusted ratios are of patients alike in the covariates, and differ from others anyway"
        )
        return f"hazards are taken to be proportional, {_proportional(trial)}; {alike}; {said}"
    shares = set(trial.outcome[trial.known, 0]) <= {0, 1}
    return f"the outcome is 0 or 1: differences are of shares; {said}" if shares else said


def _proportional(trial: Trial) -> str:
    """Whether hazard ratios of arms, as they stand, change with time."""
    (time, event), arm = trial.outcome[trial.known].T, trial.arm[trial.known]
    parts = [(arm == 0) | (arm == k) for k in range(1, len(trial.arms))]
    tests = [change_of_hazards(time[r], event[r], (arm[r] > 0).astype(float)) for r in parts]
    p = _holm(np.array(tests)[:, 1])
    if np.isnan(p).all():
        return "which so few events cannot show"
    least = int(np.nanargmin(p))
    if p[least] < _DOUBT:
        name, told = trial.arms[1 + least], p_text(p[least])
        return f"but that of arm {name} changes with time ({told}), and is a mean over it"
    return f"of which no change with time is seen ({p_text(p[least])})"
