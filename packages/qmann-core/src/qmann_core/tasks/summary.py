"""How every model did out of sample, and what may be said of it."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..evaluation import Comparison, compare, verdict
from ..nn.variants import Variant
from .assessment import Assessment
from .task import Evaluation, Score
from .walk import Walk

TWIN: Variant = "classical"


def summarise(
    assessment: Assessment, scores: Mapping[str, Score], walks: Mapping[str, Walk]
) -> Evaluation:
    """Compare the first of the models, by its losses, with all others."""
    test, reference = assessment.test, next(iter(scores))
    primary = next(iter(scores[reference]))
    comparisons = compare(
        {name: assessment.losses(score) for name, score in scores.items()},
        reference=reference,
        horizon=test.reach,
        seed=assessment.config.seed,
    )
    return Evaluation(
        scores={
            name: {metric: float(np.mean(value)) for metric, value in score.items()}
            for name, score in scores.items()
        },
        primary=primary,
        comparisons=comparisons,
        verdict=_verdict(comparisons, primary),
        parameters={name: walked.model.parameter_count() for name, walked in walks.items()},
        seconds={name: walked.seconds for name, walked in walks.items()},
        start=_day(test.time.min()) if test.dated else None,
        end=_day(test.time.max()) if test.dated else None,
        n_test=len(test),
        n_refits=len(assessment.folds),
    )


def _verdict(comparisons: Sequence[Comparison], primary: str) -> str:
    said = verdict(comparisons, primary)
    if any(found.rival == TWIN and found.significant for found in comparisons):
        said += (
            " Each was trained once here: whether the circuits make the difference, the audit asks "
            "of more trainings."
        )
    return said


def _day(time: np.datetime64) -> str:
    return str(np.datetime_as_string(time, unit="D"))
