"""Tails of few scores, continued by a generalised Pareto law."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

_ROUNDING = 1e-9
_LEAST_EXCESSES = 10
_SHAPES = (-0.5, 0.5)  # a bounded tail, and one whose variance is barely finite
_BEYOND = 10  # times more scores than there are: further out the law is not trusted


class Pareto(NamedTuple):
    """P(excess > x) = (1 + shape x / scale)^(-1 / shape); exponential where the shape is 0."""

    shape: float
    scale: float

    def quantiles(
        self, exceeded: Float[np.ndarray, " probability"]
    ) -> Float[np.ndarray, " probability"]:
        """Excesses that are exceeded with these probabilities."""
        if abs(self.shape) < _ROUNDING:
            return np.asarray(-self.scale * np.log(exceeded))
        grown: Float[np.ndarray, " probability"] = exceeded**-self.shape - 1
        return self.scale / self.shape * grown


def fit_pareto(excesses: Float[np.ndarray, " excess"]) -> Pareto:
    """The law with the probability-weighted moments of the excesses.

    With x_1 <= ... <= x_k, a = mean x_i and b = mean (1 - (i - .35) / k) x_i,

        shape = 2 - a / (a - 2 b),    scale = a (1 - shape)

    (Hosking & Wallis 1987, "Parameter and quantile estimation for the generalized Pareto
    distribution"), where the shape is kept between -1/2 and 1/2.

    Args:
        excesses: in ascending order, none negative.
    """
    k, mean = len(excesses), float(excesses.mean())
    weighted = float((excesses * (1 - (np.arange(1, k + 1) - 0.35) / k)).mean())
    spread = mean - 2 * weighted
    shape = float(np.clip(2 - mean / spread, *_SHAPES)) if spread > 0 else 0.0
    return Pareto(shape, mean * (1 - shape))


def least_probability(n: int, share: float) -> float:
    """Of the outermost quantile that ``n`` scores give, with a law beyond a share of them."""
    return 1 / (n + 1) if _below(n, share) < _LEAST_EXCESSES else 1 / (_BEYOND * n)


def tail_quantiles(
    ordered: Float[np.ndarray, " score"],
    probabilities: Float[np.ndarray, " probability"],
    share: float,
) -> Float[np.ndarray, " probability"] | None:
    """Quantiles below that of a share of the scores, by the law of the excesses below it.

    Peaks over threshold: u is the score of conformal rank at ``share``, and q(p) = u - x with
    P(excess > x) = p / share (McNeil & Frey 2000, "Estimation of tail-related risk measures for
    heteroscedastic financial time series"). One extreme score moves them little, and they reach
    beyond all scores.

    Args:
        ordered: the scores, ascending.
        probabilities: at most ``share``; those below a tenth of 1 / n count as that.
        share: of the scores, which are the tail.

    Returns:
        The quantiles; None where fewer than ten scores are below u.
    """
    below = _below(len(ordered), share)
    if below < _LEAST_EXCESSES:
        return None
    threshold = ordered[below]
    law = fit_pareto(threshold - ordered[:below][::-1])
    least = least_probability(len(ordered), share)
    return np.asarray(threshold - law.quantiles(np.maximum(probabilities, least) / share))


def _below(n: int, share: float) -> int:
    """How many of n scores are below the one of conformal rank at the share."""
    return int((n + 1) * share + _ROUNDING) - 1
