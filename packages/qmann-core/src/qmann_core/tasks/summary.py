"""How every model did out of sample, and what may be said of it."""

from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np

from ..config import Twin
from ..data import Samples
from ..evaluation import Comparison, compare, verdict
from ..evaluation.rivals import HYBRID
from .assessed import Assessed, Scored
from .assessment import Assessment
from .evaluation import CLOSED_FORM, TWIN, Evaluation, lowest, promised
from .task import Score


def summarise(
    assessment: Assessment,
    models: Mapping[str, Scored],
    networks: Mapping[str, Assessed],
    shots: Mapping[str, float],
) -> Evaluation:
    """Compare the model that answers, by its losses, with all others.

    That is the first, or where ``answer`` is best the one that loses least on the validation part.
    """
    test, validation = assessment.test, {n: float(m.validation.mean()) for n, m in models.items()}
    reference = next(iter(models))
    if assessment.config.answer == "best":
        reference = lowest(validation)
    order = dict.fromkeys((reference, *models))
    scores = {name: models[name].score for name in order}
    in_time = test.dated and assessment.folds.kind == "expanding"
    primary = next(iter(scores[reference]))
    comparisons = compare(
        {name: assessment.losses(score) for name, score in scores.items()},
        reference=reference,
        horizon=assessment.horizon,
        seed=assessment.config.seed,
    )
    return Evaluation(
        scores={
            name: {metric: float(np.mean(value)) for metric, value in score.items()}
            for name, score in scores.items()
        },
        primary=primary,
        comparisons=comparisons,
        verdict=_verdict(comparisons, primary, networks),
        parameters={name: each.model.parameter_count() for name, each in networks.items()},
        seconds={name: each.seconds for name, each in networks.items()},
        circuits={
            name: each.contribution
            for name, each in networks.items()
            if each.contribution is not None and each.improved
        },
        start=_day(test.time.min()) if in_time else None,
        end=_day(test.time.max()) if in_time else None,
        n_test=len(test),
        n_refits=len(assessment.folds),
        shots=shots,
        validation={name: validation[name] for name in order},
        preferred=_preferred(assessment, models, reference, lowest(validation)),
        coverage=_coverage(scores[reference], test, in_time=in_time),
    )


def _coverage(score: Score, test: Samples, *, in_time: bool) -> dict[str, dict[str, float]]:
    """Of each calendar year, or of all, the means of what is told of regions."""
    told = {name: np.asarray(value) for name, value in score.items() if promised(name) is not None}
    kept = {name: value for name, value in told.items() if value.shape == (len(test),)}
    year = test.time.astype("datetime64[Y]").astype(str) if in_time else np.full(len(test), "all")
    return {
        str(each): {
            "n": float((year == each).sum()),
            **{
                name: float(value[year == each].mean(dtype=np.float64))
                for name, value in kept.items()
            },
        }
        for each in np.unique(year)
        if kept
    }


def _preferred(
    assessment: Assessment, models: Mapping[str, Scored], reference: str, best: str
) -> Comparison | None:
    """The model that answers against the best one, on the validation part."""
    if best == reference:
        return None
    horizon = assessment.validated.reach if assessment.folds.kind == "expanding" else 1
    losses = {name: models[name].validation for name in (reference, best)}
    if len(losses[best]) <= 2 * horizon:  # too few to test anything
        return None
    (found,) = compare(losses, reference=reference, horizon=horizon, seed=assessment.config.seed)
    return found


def _verdict(
    comparisons: Sequence[Comparison], primary: str, networks: Mapping[str, Assessed]
) -> str:
    said = verdict(comparisons, primary)
    for name, each in networks.items():
        if not each.improved:
            said += f" {name}: training never improved on the closed form that it starts from"
            said += "." if name == TWIN else ", so no circuit has a say."
    against_twin = any(found.rival == TWIN and found.significant for found in comparisons)
    reference = comparisons[0].reference
    if against_twin and reference in (HYBRID, *get_args(Twin)) and CLOSED_FORM not in networks:
        said += (
            " Each was trained once here: whether the circuits make the difference, the audit asks "
            "of more trainings."
        )
    return said


def _day(time: np.datetime64) -> str:
    return str(np.datetime_as_string(time, unit="D"))
