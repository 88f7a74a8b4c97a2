"""Conformal intervals: quantiles of past scores, with a finite-sample guarantee.

A score is signed, ``e = (y - location) / scale``; the quantile of ``y`` at probability ``p`` is
``location + scale * quantile of e at p``. All functions take one series in time order.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.lib.stride_tricks import sliding_window_view

from ..errors import ConfigError, DataError
from .tails import tail_quantiles

_ROUNDING = 1e-9
"""Slack of a rank, so that 100 x .55 counts as 55 in binary arithmetic too."""
_CHUNK = 256
"""Origins whose windows are sorted at once: a few MB, and a hundred times fewer calls."""

Scores = Float[np.ndarray, "time target"]
Probabilities = Float[np.ndarray, " probability"]
Delays = Int[np.ndarray, " target"]


@dataclass(frozen=True)
class Calibration:
    """What a fitted model keeps to issue conformal quantiles for new data.

    It is the state after all scores of the calibration have become known: the next origin's.
    """

    scores: Float[np.ndarray, "score target"]
    """The trailing out-of-sample scores."""
    probabilities: Probabilities
    """Nominal probabilities on which the adaptation ran, increasing."""
    adapted: Float[np.ndarray, "target probability"]
    """The probabilities that it arrived at, not decreasing along the last axis."""

    def __post_init__(self) -> None:
        _check_probabilities(self.probabilities)
        _check_finite(self.scores)

    def quantiles(
        self,
        probabilities: Float[np.ndarray, " wanted"],
        *,
        pooled: bool = False,
        tail: float = 0.0,
    ) -> Float[np.ndarray, "target wanted"]:
        """Conformal quantiles of the scores at the adapted counterpart of each probability.

        Between the nominal probabilities of the adaptation, and 0 and 1, which stay where they
        are, the adapted ones are interpolated linearly.

        Args:
            probabilities: the wanted ones, increasing, between 0 and 1.
            pooled: as of :func:`adaptive_conformal`.
            tail: likewise.
        """
        _check_probabilities(probabilities)
        nominal = np.concatenate([[0.0], self.probabilities, [1.0]])
        ends = np.ones(len(self.adapted))
        adapted = np.column_stack([0 * ends, self.adapted, ends])
        moved = np.stack([np.interp(probabilities, nominal, row) for row in adapted])
        counts = np.full((len(moved), 1), len(self.scores))
        found = _quantiles(np.sort(self.scores.T, axis=-1), counts, moved, tail)
        return _shared(found) if pooled else found


def split_conformal(
    scores: Scores, probabilities: Probabilities
) -> Float[np.ndarray, "target probability"]:
    """Quantiles of ``n`` calibration scores that hold for one more, exchangeable with them.

    The quantile at ``p`` is the score of rank ``ceil((n + 1) p)`` for ``p >= 1/2`` and of rank
    ``floor((n + 1) p)`` below, so that a new score lies at or below it with probability at least
    ``p`` above the median and at most ``p`` below: two-sided intervals cover at least as often as
    they say. Ranks are clipped to ``[1, n]``: with ``p`` closer to 0 or 1 than ``1 / (n + 1)``
    the exact answer would be infinite, and the extreme score that is returned instead holds only
    with probability ``n / (n + 1)``.

    Vovk, Gammerman & Shafer 2005; Lei et al. 2018, arXiv:1604.04173.

    Args:
        scores: signed scores of a part that the model was not fitted on.
        probabilities: increasing, between 0 and 1.

    Raises:
        ConfigError: probabilities outside (0, 1) or not increasing.
        DataError: no scores, or scores that are not finite.
    """
    _check_probabilities(probabilities)
    _check_finite(scores)
    nominal = np.tile(probabilities, (scores.shape[1], 1))
    counts = np.full((len(nominal), 1), len(scores))
    return _quantiles(np.sort(scores.T, axis=-1), counts, nominal)


def adaptive_conformal(
    scores: Scores,
    probabilities: Probabilities,
    *,
    delay: Delays,
    start: int,
    window: int = 500,
    rate: float = 0.005,
    pooled: bool = False,
    tail: float = 0.0,
) -> tuple[Float[np.ndarray, "origin target probability"], Calibration]:
    """Conformal quantiles of a trailing window, steered until they hold in the long run.

    For each target and nominal probability ``p*`` a working probability ``p`` starts at ``p*``
    and, whenever a score that was predicted becomes known, moves by

        p <- clip(p + rate * (p* - 1[score <= quantile issued for it]), 0, 1)

    (Gibbs & Candes 2021, arXiv:2106.00170, one tail at a time). The quantile issued at an origin
    is that of :func:`split_conformal` at ``p`` among the last ``window`` known scores. At origin
    ``t`` the scores ``i`` with ``i + delay <= t`` are known, and no others are used. Over ``T``
    updates ``|mean 1[score <= quantile] - p*| <= (max(p*, 1 - p*) + rate) / (rate T)``, whatever
    the distribution does, as long as scores do not leave the range of the window while ``p`` is
    clipped: there the original method would answer with an infinite quantile, this one with an
    extreme score. Quantiles that cross are put in order.

    Args:
        scores: one series in time order, one row per origin, out of sample. The last ``delay``
            rows of a target, which nobody knows yet, may be NaN.
        probabilities: nominal probabilities, increasing, between 0 and 1.
        delay: steps after its origin at which each target is known, at least 1.
        start: first origin to issue quantiles for; earlier rows are calibration only.
        window: number of trailing scores.
        rate: step of the adaptation; 0 leaves a trailing split-conformal quantile.
        pooled: all targets share their quantiles, each the mean of what the targets' scores give,
            and the steps, the mean of those of the targets that are known: as of one sum over more
            and more steps, whose intervals are to widen with it.
        tail: probabilities below it, or above 1 less it, are those of a generalised Pareto law
            beyond that share of the scores; see `tail_quantiles`. 0 leaves the scores themselves.

    Returns:
        The quantiles of the scores at origins ``start, start + 1, ...``, and the state for the
        origin that follows once all given scores are known.

    Raises:
        ConfigError: probabilities, delay, start, window or rate out of range.
        DataError: scores that should be known but are not finite.
    """
    _check_probabilities(probabilities)
    _check_options(scores, delay, start, window, rate)
    n_times, n_targets = scores.shape
    arrivals = _arrivals(scores, delay)  # row t: the scores that become known at origin t
    counts = np.minimum(np.arange(n_times)[:, None] + 1 - delay, window)
    working = np.tile(probabilities, (n_targets, 1))
    issued = np.empty((n_times - start, n_targets, len(probabilities)))
    targets = np.arange(n_targets)
    for origin in range(start, len(arrivals)):
        source = origin - delay - start  # row of `issued` that predicted what arrives now
        seen = (source >= 0) & np.isfinite(arrivals[origin])
        below = arrivals[origin][:, None] <= issued[np.clip(source, 0, len(issued) - 1), targets]
        step = np.where(seen[:, None], rate * (probabilities - below), 0.0)
        if pooled:
            step = _shared(step) * len(seen) / max(1, seen.sum())
        working = np.clip(working + step, 0.0, 1.0)
        if origin < n_times:
            if (origin - start) % _CHUNK == 0:
                ordered = _sorted_windows(arrivals[:n_times], origin, window)
            found = _quantiles(
                ordered[(origin - start) % _CHUNK], counts[origin][:, None], np.sort(working), tail
            )
            issued[origin - start] = _shared(found) if pooled else found
    return issued, Calibration(_trailing(scores, window), probabilities, np.sort(working))


def _shared(
    values: Float[np.ndarray, "target probability"],
) -> Float[np.ndarray, "target probability"]:
    """Of all targets the mean."""
    return np.broadcast_to(values.mean(axis=0), values.shape)


def _quantiles(
    ordered: Float[np.ndarray, "target score"],
    count: Int[np.ndarray, "target 1"],
    probabilities: Float[np.ndarray, "target probability"],
    tail: float = 0.0,
) -> Float[np.ndarray, "target probability"]:
    """Of the first ``count`` of each sorted row, where there are enough with tails by a law."""
    found = _ranked(ordered, count, probabilities)
    if not tail:
        return found
    for row, n, p, q in zip(ordered, count[:, 0], probabilities, found, strict=True):
        low, high = p < tail, p > 1 - tail
        if low.any() and (lower := tail_quantiles(row[:n], p[low], tail)) is not None:
            q[low] = lower
        if high.any() and (up := tail_quantiles(-row[:n][::-1], 1 - p[high], tail)) is not None:
            q[high] = -up
    return found


def _ranked(
    ordered: Float[np.ndarray, "target score"],
    count: Int[np.ndarray, "target 1"],
    probabilities: Float[np.ndarray, "target probability"],
) -> Float[np.ndarray, "target probability"]:
    """Scores of the conformal ranks among the first ``count`` of each sorted row."""
    position = (count + 1) * probabilities
    outward = np.where(
        probabilities >= 0.5, np.ceil(position - _ROUNDING), np.floor(position + _ROUNDING)
    )
    rank = np.clip(outward, 1, count).astype(np.intp)
    return np.asarray(ordered[np.arange(len(ordered))[:, None], rank - 1])


def _arrivals(scores: Scores, delay: Delays) -> Float[np.ndarray, "arrival target"]:
    n_times = len(scores)
    arrivals = np.full((n_times + int(delay.max()), scores.shape[1]), np.nan)
    for target, lag in enumerate(delay):
        arrivals[lag : lag + n_times, target] = scores[:, target]
    due = np.arange(n_times)[:, None] >= delay
    missing = np.argwhere(due & ~np.isfinite(arrivals[:n_times]))
    if len(missing):
        row, target = int(missing[0][0]), int(missing[0][1])
        raise DataError(
            f"{len(missing)} scores that are known by the last origin are not finite, first row "
            f"{row - int(delay[target])} of target {target}; only the last `delay` rows of a "
            "target may be unknown: check the predictions and the delay"
        )
    return arrivals


def _sorted_windows(
    arrivals: Scores, origin: int, window: int
) -> Float[np.ndarray, "origin target window"]:
    """The windows that end at ``origin`` and the origins after it; NaN, unknown, sorts last."""
    before = np.full((max(0, window - 1 - origin), arrivals.shape[1]), np.nan)
    rows = arrivals[max(0, origin - window + 1) : origin + _CHUNK]
    padded = np.concatenate([before, rows])
    return np.sort(sliding_window_view(padded, window, axis=0), axis=-1)


def _trailing(scores: Scores, window: int) -> Float[np.ndarray, "score target"]:
    known = [column[np.isfinite(column)] for column in scores.T]
    length = min(window, *(len(column) for column in known))
    return np.column_stack([column[len(column) - length :] for column in known])


def _check_probabilities(probabilities: Probabilities) -> None:
    edges = np.concatenate([[0.0], probabilities, [1.0]])
    if not np.all(np.diff(edges) > 0):
        raise ConfigError(
            f"probabilities must increase and lie between 0 and 1, got {probabilities.tolist()}"
        )


def _check_finite(scores: Float[np.ndarray, "score target"]) -> None:
    if not (len(scores) and np.all(np.isfinite(scores))):
        raise DataError(
            f"conformal quantiles need at least one score, all finite; got {len(scores)} rows, "
            f"{int(np.sum(~np.isfinite(scores)))} values not finite"
        )


def _check_options(scores: Scores, delay: Delays, start: int, window: int, rate: float) -> None:
    if delay.min() < 1:
        raise ConfigError(
            f"delay must be at least 1, got {delay.tolist()}: a target is not known at its origin"
        )
    if not delay.max() <= start < len(scores):
        raise ConfigError(
            f"start must be between the largest delay ({delay.max()}) and the last of "
            f"{len(scores)} rows, got {start}: the first quantile needs a known score"
        )
    if window < 1 or not 0 <= rate < 1:
        raise ConfigError(
            f"window must be at least 1 and rate in [0, 1), got window={window}, rate={rate}"
        )
