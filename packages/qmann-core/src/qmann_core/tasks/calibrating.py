"""Regions of what is predicted along folds, from scores of the rows before."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import QMANNConfig
from ..data import Samples
from ..evaluation import Calibration, adaptive_conformal
from ..nn.outcomes import Outcome, Outputs


def calibrate(
    outcome: Outcome,
    outputs: Outputs,
    samples: Samples,
    test: NDArray[np.bool_],
    probabilities: Sequence[float],
    config: QMANNConfig,
    *,
    adaptive: bool,
    others: NDArray[np.float64] | None = None,
) -> tuple[Outputs, dict[str, Calibration]]:
    """Conformal regions for ``test`` rows, which come after the calibration rows of their unit.

    Adaptive ones are those of each unit; else the quantiles are those of all calibration rows
    (split conformal), or of ``others``. Outputs that already have regions keep them. Returns the
    outputs of the test rows and, of adaptive ones, each unit's calibration at the end.
    """
    kept = {name: value[test] for name, value in outputs.items()}
    if outcome.region in outputs:
        return kept, {}
    wanted, scores = np.array(probabilities), outcome.nonconformity(outputs, samples)
    if not adaptive:
        calibration = fixed_calibration(scores[~test] if others is None else others, wanted)
        region = outcome.bound(kept, same_for_all(calibration, wanted, int(test.sum()), outcome))
        return {**kept, outcome.region: region}, {}
    quantiles = np.empty((*scores.shape, len(probabilities)))
    settings: dict[str, Any] = {
        "delay": np.array(samples.lead[: scores.shape[1]]),
        "window": config.application.calibration_window,
        "rate": config.application.calibration_rate,
        "pooled": outcome.pooled,
        "tail": outcome.tail_share,
    }
    calibrations = {}
    for number, name in enumerate(samples.units):
        rows = np.flatnonzero(samples.unit == number)
        start = int((~test[rows]).sum())
        quantiles[rows[start:]], calibrations[name] = adaptive_conformal(
            scores[rows], wanted, start=start, **settings
        )
    return {**kept, outcome.region: outcome.bound(kept, quantiles[test])}, calibrations


def later_half(samples: Samples, *, adaptive: bool, in_time: bool) -> NDArray[np.bool_]:
    """Which calibration rows are scored by regions from the others.

    The later ones of each unit where these are ``adaptive``; else of all, in time or as they stand.
    """
    later = np.ones(len(samples), dtype=bool)
    if adaptive:
        for number in range(len(samples.units)):
            rows = np.flatnonzero(samples.unit == number)
            later[rows[: max(len(rows) // 2, samples.reach)]] = False
    else:
        order = np.argsort(samples.time, kind="stable") if in_time else np.arange(len(samples))
        later[order[: len(order) // 2]] = False
    return later


def fixed_calibration(
    scores: NDArray[np.float64], probabilities: NDArray[np.float64]
) -> Calibration:
    """What quantiles of exchangeable scores come from; rows that have none do not count."""
    scores = scores[np.isfinite(scores).all(axis=1)]
    scores = np.sort(scores, axis=0)  # does not tell which row has which
    return Calibration(scores, probabilities, np.tile(probabilities, (scores.shape[1], 1)))


def same_for_all(
    calibration: Calibration, probabilities: NDArray[np.float64], n: int, outcome: Outcome
) -> NDArray[np.float64]:
    """Its quantiles, for each of n samples."""
    found = calibration.quantiles(probabilities, pooled=outcome.pooled, tail=outcome.tail_share)
    return np.broadcast_to(found, (n, *found.shape))
