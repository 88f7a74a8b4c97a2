"""How the probability of success grows: a rotation by 2 theta, sin^2(theta) = p0, per iteration.

One iterate is Q = -A S_0 A^+ S_good, with A the preparation and S the sign flips; it acts on the
plane of the prepared state's good and bad parts only. Brassard, Hoyer, Mosca and Tapp,
arXiv:quant-ph/0005055.
"""

import numpy as np
from jaxtyping import Float, Int

from ...errors import ConfigError, DataError

Number = float | Float[np.ndarray, "..."]
Count = int | Int[np.ndarray, "..."]

_ROUNDING = 1e-6
"""What a mean of float32 fidelities may lie outside [0, 1]; it is clipped."""
_TIE = 1e-9
"""Iterations: two counts as good as each other in exact arithmetic, the smaller one wins."""
_MOST = 2.0**53


def success_probability(p0: Number, iterations: Count) -> Float[np.ndarray, "..."]:
    """Probability of measuring a good state after k iterations, P_k = sin^2((2 k + 1) theta).

    Args:
        p0: probability of a good state in the prepared one; a number or an array.
        iterations: k; a number, or an array that broadcasts with ``p0``.

    Raises:
        DataError: ``p0`` is not in [0, 1].
        ConfigError: ``iterations`` is negative.
    """
    return np.asarray(np.sin((2 * count(iterations) + 1) * rotation_angle(p0)) ** 2)


def best_iterations(p0: float) -> int:
    """The k of the first maximum of P_k: the integer nearest to pi / (4 theta) - 1/2.

    0 from p0 = 1/2 on, where one iteration would rotate past the good states, and 0 at p0 = 0,
    where none helps.

    Raises:
        DataError: ``p0`` is not in [0, 1].
    """
    angle = float(rotation_angle(p0))
    return max(int(np.ceil(np.pi / 4 / angle - 1 - _TIE)), 0) if angle > np.pi / 4 / _MOST else 0


def rotation_angle(p0: Number) -> Float[np.ndarray, "..."]:
    """The angle theta = arcsin(sqrt(p0)), in [0, pi/2], without the loss of digits near 1.

    Raises:
        DataError: ``p0`` is not in [0, 1].
    """
    start = probability(p0)
    return np.asarray(np.arctan2(np.sqrt(start), np.sqrt(1 - start)))


def probability(value: Number, name: str = "p0") -> Float[np.ndarray, "..."]:
    """The value in float64, without the rounding errors outside [0, 1].

    Raises:
        DataError: not a probability.
    """
    array = np.asarray(value, dtype=np.float64)
    low, high = array.min(initial=0.0), array.max(initial=1.0)
    if not (low >= -_ROUNDING and high <= 1 + _ROUNDING):  # nor for NaN
        inside = (array >= -_ROUNDING) & (array <= 1 + _ROUNDING)
        raise DataError(f"{name} must be a probability, in [0, 1]; got {array[~inside].flat[0]}")
    return np.asarray(np.clip(array, 0.0, 1.0)) if low < 0 or high > 1 else array


def count(value: Count, name: str = "iterations") -> Int[np.ndarray, "..."]:
    """The value as an array.

    Raises:
        ConfigError: negative.
    """
    array = np.asarray(value)
    if array.size and array.min() < 0:
        raise ConfigError(f"{name} must be at least 0, got {array.min()}")
    return array


def within(value: float, name: str, *, low: float = 0.0) -> float:
    """The value, if it lies in the half-open interval (low, 1].

    Raises:
        ConfigError: outside.
    """
    if not low < value <= 1:
        raise ConfigError(f"{name} must be above {low:g} and at most 1, got {value}")
    return value
