"""Maximum-likelihood amplitude estimation: quantum counting without phase estimation."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ...data.numbers import whole
from ...errors import ConfigError
from .closed_form import count, success_probability
from .search import Attempts

_PER_DEVIATION = 4
"""Points of the search for each standard deviation of the likelihood so far."""
MOST_PER_SHOT = 1024
_DISCARDED = 24.0
"""Natural logarithm of the likelihood ratio from which an angle is given up."""


@dataclass(frozen=True, kw_only=True)
class Estimate(Attempts):
    """An estimated success probability; times the number of entries it is a count of matches."""

    value: float
    powers: tuple[int, ...]
    """Iterations k that were measured."""
    hits: tuple[int, ...]
    """Good outcomes among the shots of each."""


def estimate(
    p0: float,
    generator: np.random.Generator,
    *,
    shots: int = 100,
    max_power: int = 64,
) -> Estimate:
    """Estimates p0 from shots at k = 0, 1, 2, 4, 8, ... iterations, all together.

    The hits h_k are binomial with P_k = sin^2((2 k + 1) theta), and the estimate maximises
    sum_k h_k ln P_k + (shots - h_k) ln(1 - P_k). Its standard deviation is close to
    1 / (2 sqrt(shots sum_k (2 k + 1)^2)) in theta, the Cramer-Rao bound: the error falls as
    1 / calls, not as 1 / sqrt(calls). Suzuki et al., arXiv:1904.10246.

    Args:
        p0: the probability that is to be estimated; it decides what is measured.
        generator: draws the hits.
        shots: of each power, at least 1.
        max_power: largest k allowed; 0 is plain sampling.

    Raises:
        DataError: ``p0`` is not in [0, 1].
        ConfigError: an option out of range.
    """
    whole("shots", shots)
    if count(max_power, "max_power") > MOST_PER_SHOT * shots:
        raise ConfigError(
            f"max_power must be at most {MOST_PER_SHOT} times the shots, got {max_power} with "
            f"{shots} shots, which cannot tell its {max_power} peaks apart: take more shots"
        )
    powers = np.array([0, *(2**exponent for exponent in range(max_power.bit_length()))])
    hits = generator.binomial(shots, success_probability(p0, powers))
    angle = _peak(powers, hits, shots, _likeliest(powers, hits, shots))
    return Estimate(
        value=float(np.sin(angle) ** 2),
        powers=tuple(powers.tolist()),
        hits=tuple(hits.tolist()),
        iterations=tuple(powers.tolist()) * shots,
    )


def _likeliest(
    powers: Int[np.ndarray, " power"], hits: Int[np.ndarray, " power"], shots: int
) -> float:
    """The likeliest of the angles on a fine grid.

    Every power asks for a finer grid than the one before, but only where the likelihood so far
    is not negligible: a few dozen points for each power instead of thousands.
    """
    step = np.pi / 2
    angles = np.array([np.pi / 4])
    for last in range(1, len(powers) + 1):
        parts = int(np.ceil(step / _spacing(powers[:last], shots)))
        step /= parts
        offsets = (np.arange(parts) - (parts - 1) / 2) * step
        angles = (angles[:, None] + offsets).ravel()
        likelihood = _log_likelihood(angles, powers[:last], hits[:last], shots)
        kept = likelihood >= likelihood.max() - _DISCARDED
        angles, likelihood = angles[kept], likelihood[kept]
    return float(angles[likelihood.argmax()])


def _peak(
    powers: Int[np.ndarray, " power"],
    hits: Int[np.ndarray, " power"],
    shots: int,
    angle: float,
) -> float:
    """The likeliest angle near the best of the grid, by finer and finer grids around it."""
    step = 2 * _spacing(powers, shots)
    for _ in range(4):
        near = np.clip(angle + np.linspace(-step, step, 41), 0.0, np.pi / 2)
        angle = float(near[_log_likelihood(near, powers, hits, shots).argmax()])
        step /= 10
    return angle


def _log_likelihood(
    angles: Float[np.ndarray, " angle"],
    powers: Int[np.ndarray, " power"],
    hits: Int[np.ndarray, " power"],
    shots: int,
) -> Float[np.ndarray, " angle"]:
    """Of all powers, sum_k h_k ln P_k + (shots - h_k) ln(1 - P_k), with 0 ln 0 = 0."""
    total, tiny = np.zeros(len(angles)), np.finfo(np.float64).tiny
    for power, good in zip(powers.tolist(), hits.tolist(), strict=True):
        chance = np.sin(angles * (2 * power + 1)) ** 2
        total += good * np.log(np.maximum(chance, tiny))
        total += (shots - good) * np.log(np.maximum(1 - chance, tiny))
    return total


def _spacing(powers: Int[np.ndarray, " power"], shots: int) -> float:
    """A fraction of the Cramer-Rao bound of the angle."""
    deviation = 1 / (2 * np.sqrt(shots * ((2.0 * powers + 1) ** 2).sum()))
    return float(deviation / _PER_DEVIATION)
