"""How every model did out of sample, and what may be said of it."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..evaluation import Comparison, compare, verdict
from .assessment import Assessed, Assessment
from .evaluation import CLOSED_FORM, TWIN, Evaluation
from .task import Score


def summarise(
    assessment: Assessment,
    scores: Mapping[str, Score],
    networks: Mapping[str, Assessed],
    shots: Mapping[str, float],
) -> Evaluation:
    """Compare the first of the models, by its losses, with all others."""
    test, reference = assessment.test, next(iter(scores))
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
    )


def _verdict(
    comparisons: Sequence[Comparison], primary: str, networks: Mapping[str, Assessed]
) -> str:
    said = verdict(comparisons, primary)
    for name, each in networks.items():
        if not each.improved:
            said += f" {name}: training never improved on the closed form that it starts from"
            said += "." if name == TWIN else ", so no circuit has a say."
    against_twin = any(found.rival == TWIN and found.significant for found in comparisons)
    if against_twin and CLOSED_FORM not in networks:
        said += (
            " Each was trained once here: whether the circuits make the difference, the audit asks "
            "of more trainings."
        )
    return said


def _day(time: np.datetime64) -> str:
    return str(np.datetime_as_string(time, unit="D"))
