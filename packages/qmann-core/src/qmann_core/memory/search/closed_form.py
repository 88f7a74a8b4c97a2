"""How the probability of success grows: a rotation by 2 theta, sin^2(theta) = p0, per iteration.

One iterate is Q = -A S_0 A^+ S_good, with A the preparation and S the sign flips; it acts on the
plane of the prepared state's good and bad parts only. Brassard, Hoyer, Mosca and Tapp,
arXiv:quant-ph/0005055.
"""

from typing import overload

import numpy as np
from jaxtyping import Float, Int

from .checks import Count, Number, as_number, count, probability

_TIE = 1e-9
"""Iterations: two counts as good as each other in exact arithmetic, the smaller one wins."""
_MOST = 2.0**53


def rotation_angle(p0: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """The angle theta = arcsin(sqrt(p0)), in [0, pi/2], without the loss of digits near 1."""
    return np.asarray(np.arctan2(np.sqrt(p0), np.sqrt(1 - p0)))


@overload
def success_probability(p0: float, iterations: int) -> float: ...
@overload
def success_probability(
    p0: Float[np.ndarray, "..."], iterations: Count
) -> Float[np.ndarray, "..."]: ...
@overload
def success_probability(
    p0: float, iterations: Int[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]: ...
def success_probability(p0: Number, iterations: Count) -> Number:
    """Probability of measuring a good state after k iterations, P_k = sin^2((2 k + 1) theta).

    Args:
        p0: probability of a good state in the prepared one; a number or an array.
        iterations: k; a number, or an array that broadcasts with ``p0``.

    Raises:
        DataError: ``p0`` is not in [0, 1].
        ConfigError: ``iterations`` is negative.
    """
    angle = (2 * count(iterations) + 1) * rotation_angle(probability(p0))
    values: Number = as_number(np.sin(angle) ** 2)
    return values


@overload
def success_slope(p0: float, iterations: int) -> float: ...
@overload
def success_slope(p0: Float[np.ndarray, "..."], iterations: Count) -> Float[np.ndarray, "..."]: ...
@overload
def success_slope(p0: float, iterations: Int[np.ndarray, "..."]) -> Float[np.ndarray, "..."]: ...
def success_slope(p0: Number, iterations: Count) -> Number:
    """dP_k/dp0 = (2 k + 1) sin((4 k + 2) theta) / sin(2 theta), (2 k + 1)^2 at both ends.

    Args and errors are those of :func:`success_probability`.
    """
    odd = 2.0 * count(iterations) + 1
    doubled = 2 * rotation_angle(probability(p0))
    inner = np.sin(doubled) > 1e-8 / odd  # else sin(odd x) / sin(x) is odd to 16 digits
    divisor = np.where(inner, np.sin(doubled), 1.0)
    ratio = np.where(inner, np.sin(odd * doubled) / divisor, odd)
    values: Number = as_number(odd * ratio)
    return values


@overload
def best_iterations(p0: float) -> int: ...
@overload
def best_iterations(p0: Float[np.ndarray, "..."]) -> Int[np.ndarray, "..."]: ...
def best_iterations(p0: Number) -> Count:
    """The k of the first maximum of P_k: the integer nearest to pi / (4 theta) - 1/2.

    0 from p0 = 1/2 on, where one iteration would rotate past the good states, and 0 at p0 = 0,
    where none helps.

    Raises:
        DataError: ``p0`` is not in [0, 1].
    """
    angle = rotation_angle(probability(p0))
    turns = np.divide(np.pi / 4, angle, out=np.ones_like(angle), where=angle > np.pi / 4 / _MOST)
    steps: Count = as_number(np.ceil(turns - 1 - _TIE).clip(0).astype(np.int64))
    return steps
