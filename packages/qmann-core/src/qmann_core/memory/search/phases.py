"""Generalised iterates, whose two reflections turn phases by any angle instead of by pi.

G(alpha, beta) multiplies the good states by e^(i beta), then the prepared state by e^(i alpha)
and all others by 1; G(pi, pi) is the usual iterate up to a sign that no measurement sees. A
sequence is an array with a row (alpha, beta) for each iterate, the first one applied first.
"""

from typing import NamedTuple, overload

import numpy as np
from jaxtyping import Complex, Float

from ...errors import DataError
from .checks import Number, probability
from .closed_form import rotation_angle, success_probability

_ROUNDING = 1e-12


class ExactSchedule(NamedTuple):
    """Iterations of which all but the last are full ones, and the phases of the last."""

    iterations: int
    alpha: float
    """Radians, of the prepared state."""
    beta: float
    """Radians, of the good states."""

    @property
    def phases(self) -> Float[np.ndarray, "iteration 2"]:
        """The sequence, for :func:`general_success` and for a circuit."""
        full = np.full((self.iterations, 2), np.pi)
        full[-1:] = self.alpha, self.beta
        return full


@overload
def general_success(p0: float, phases: Float[np.ndarray, "iteration 2"]) -> float: ...
@overload
def general_success(
    p0: Float[np.ndarray, "*batch"], phases: Float[np.ndarray, "iteration 2"]
) -> Float[np.ndarray, "*batch"]: ...
def general_success(p0: Number, phases: Float[np.ndarray, "iteration 2"]) -> Number:
    """Probability of measuring a good state after a sequence of generalised iterates.

    In the basis (good, bad) the prepared state is (sin theta, cos theta) and an iterate is the
    2 x 2 matrix (1 + (e^(i alpha) - 1) |s><s|) diag(e^(i beta), 1).

    Args:
        p0: probability of a good state in the prepared one; a number or an array.
        phases: alpha and beta of each iterate, in radians.

    Raises:
        DataError: ``p0`` is not in [0, 1].
    """
    angle = rotation_angle(probability(p0))
    start = np.stack([np.sin(angle), np.cos(angle)])
    state = start.astype(np.complex128)
    for alpha, beta in phases:
        state = _iterate(state, start, alpha, beta)
    values = np.abs(state[0]) ** 2
    return values if values.ndim else float(values)


def partial_success(p0: float, iterations: int, alpha: float, beta: float) -> float:
    """:func:`general_success` where all iterates but the last are full ones, in O(1).

    Raises:
        DataError: ``p0`` is not in [0, 1].
        ConfigError: ``iterations`` is negative.
    """
    if iterations < 1:
        return success_probability(p0, iterations)
    angle = rotation_angle(probability(p0))
    start = np.stack([np.sin(angle), np.cos(angle)])
    reached = (2 * iterations - 1) * angle
    state = np.stack([np.sin(reached), np.cos(reached)]).astype(np.complex128)
    return float(np.abs(_iterate(state, start, alpha, beta)[0]) ** 2)


def exact_schedule(p0: float) -> ExactSchedule:
    """The shortest sequence of full iterates and one partial one that succeeds with certainty.

    After floor(pi / (4 theta) - 1/2) full iterates the state is at the angle gamma <= pi/2,
    closer to it than 2 theta; the last one has cot^2(alpha / 2) = sin^2(2 theta) tan^2(gamma)
    - cos^2(2 theta) and beta = arg(i cot(alpha / 2) - cos(2 theta)). Brassard, Hoyer, Mosca and
    Tapp, arXiv:quant-ph/0005055, theorem 4.

    Raises:
        DataError: ``p0`` is not in (0, 1]: nothing can be found where nothing is.
    """
    angle = float(rotation_angle(probability(p0)))
    if angle == 0:
        raise DataError(f"p0 must be above 0 for an exact schedule, got {p0}")
    full = int(np.pi / 4 / angle - 0.5 + _ROUNDING)
    reached = (2 * full + 1) * angle
    left = max(float(np.cos(reached)), 0.0)
    if left < _ROUNDING:
        return ExactSchedule(full, np.pi, np.pi)
    along = np.cos(2 * angle) * left
    across = np.sqrt(max((np.sin(2 * angle) * np.sin(reached)) ** 2 - along**2, 0.0))
    alpha = 2 * np.arctan2(left, across)
    return ExactSchedule(full + 1, float(alpha), float(np.arctan2(across, -along)))


def _iterate(
    state: Complex[np.ndarray, "2 *batch"],
    start: Float[np.ndarray, "2 *batch"],
    alpha: float,
    beta: float,
) -> Complex[np.ndarray, "2 *batch"]:
    turned = np.stack([np.exp(1j * beta) * state[0], state[1]])
    overlap = (start * turned).sum(axis=0)
    turned += (np.exp(1j * alpha) - 1) * overlap * start
    return turned
