"""Calibrations of a fitted model: of all units together, of each sample, and whether they reach."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..data import Samples
from ..evaluation import Calibration
from ..evaluation.tails import least_probability
from ..nn import Ensemble
from ..nn.outcomes import Outcome, Outputs


def calibrations_of(
    calibrations: Mapping[str, Calibration], samples: Samples, *, adaptive: bool
) -> tuple[Calibration, ...]:
    """The scores that each sample's regions come from.

    Where these are ``adaptive``, those of its unit, and of all together for units without any.
    """
    pooled = pool(list(calibrations.values()))
    if not adaptive:
        return (pooled,) * len(samples)
    return tuple(calibrations.get(samples.units[unit], pooled) for unit in samples.unit)


def with_region(
    outputs: Outputs,
    calibrations: Sequence[Calibration],
    outcome: Outcome,
    levels: Sequence[float],
) -> Outputs:
    """The outputs, and regions around them, each by its calibration."""
    wanted = np.array(outcome.probabilities(levels))
    quantiles = standard_quantiles(calibrations, wanted, outcome)
    return {**outputs, outcome.region: outcome.bound(outputs, quantiles)}


def standard_quantiles(
    calibrations: Sequence[Calibration], probabilities: NDArray[np.float64], outcome: Outcome
) -> NDArray[np.float64]:
    """Quantiles of the scores for each sample, worked out once for each calibration."""
    pooled, tail = outcome.pooled, outcome.tail_share
    found = {
        key: each.quantiles(probabilities, pooled=pooled, tail=tail)
        for key, each in {id(each): each for each in calibrations}.items()
    }
    return np.stack([found[id(each)] for each in calibrations])


def warnings_of(
    asked: Samples,
    model: Ensemble,
    calibrations: Sequence[Calibration],
    levels: Sequence[float],
    units: Collection[str],
) -> tuple[str, ...]:
    """What has to be said of answers: other units than these, rows too far off, too few scores."""
    notes = list[str]()
    if strangers := [name for name in asked.units if name not in units]:
        notes.append(f"not seen at the fit, intervals are pooled: {', '.join(strangers)}")
    if far := max(member.turned_back(asked.x) for member in model):
        said = f"{far} of {len(asked)} rows are so far from those of the training"
        notes.append(f"{said} that circuits turn back (angles beyond pi / 2): trust them less")
    if calibrations:
        notes += too_few(calibrations, model.head, levels)
    return tuple(notes)


def too_few(
    calibrations: Sequence[Calibration], outcome: Outcome, levels: Sequence[float]
) -> tuple[str, ...]:
    """Which levels need more scores than there are to calibrate them."""
    n = min(len(each.scores) for each in calibrations)
    least = least_probability(n, outcome.tail_share)
    edges = {level: outcome.probabilities([level]) for level in levels}
    over = [level for level, p in edges.items() if min(*p, 1 - max(p)) < least - 1e-9]
    if not over:
        return ()
    listed = " and ".join(f"{level:g} %" for level in over)
    note = f"{n} rows calibrate what is around the answers: too few for {listed}, which is narrower"
    return (f"{note} than it says; give more rows, or a lower level",)


def pool(calibrations: Sequence[Calibration]) -> Calibration:
    """One calibration from the scores of all series."""
    first = calibrations[0]
    return Calibration(
        scores=np.concatenate([c.scores for c in calibrations]),
        probabilities=first.probabilities,
        adapted=np.mean([c.adapted for c in calibrations], axis=0),
    )
