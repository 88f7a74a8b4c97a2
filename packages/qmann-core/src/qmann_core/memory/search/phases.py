"""The exact schedule: full iterates, and a last one whose reflections turn phases by less than pi.

G(alpha, beta) multiplies the good states by e^(i beta), then the prepared state by e^(i alpha)
and all others by 1; G(pi, pi) is the usual iterate up to a sign that no measurement sees. A
sequence is an array with a row (alpha, beta) for each iterate, the first one applied first.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ...errors import DataError
from .closed_form import rotation_angle

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
        """The sequence, for a circuit."""
        full = np.full((self.iterations, 2), np.pi)
        full[-1:] = self.alpha, self.beta
        return full


def exact_schedule(p0: float) -> ExactSchedule:
    """The shortest sequence of full iterates and one partial one that succeeds with certainty.

    After floor(pi / (4 theta) - 1/2) full iterates the state is at the angle gamma <= pi/2,
    closer to it than 2 theta; the last one has cot^2(alpha / 2) = sin^2(2 theta) tan^2(gamma)
    - cos^2(2 theta) and beta = arg(i cot(alpha / 2) - cos(2 theta)). Brassard, Hoyer, Mosca and
    Tapp, arXiv:quant-ph/0005055, theorem 4.

    Raises:
        DataError: ``p0`` is not in (0, 1]: nothing can be found where nothing is.
    """
    angle = float(rotation_angle(p0))
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


def partial_success(p0: float, iterations: int, alpha: float, beta: float) -> float:
    """Probability of a good state after iterates of which all but the last are full ones.

    In the basis (good, bad) the prepared state is (sin theta, cos theta) and an iterate is the
    2 x 2 matrix (1 + (e^(i alpha) - 1) |s><s|) diag(e^(i beta), 1).

    Raises:
        DataError: ``p0`` is not in [0, 1].
    """
    angle = float(rotation_angle(p0))
    if iterations < 1:
        return float(np.sin(angle) ** 2)
    start = np.array([np.sin(angle), np.cos(angle)])
    reached = (2 * iterations - 1) * angle
    turned = np.array([np.exp(1j * beta) * np.sin(reached), np.cos(reached)])
    turned += (np.exp(1j * alpha) - 1) * (start * turned).sum() * start
    return float(np.abs(turned[0]) ** 2)
