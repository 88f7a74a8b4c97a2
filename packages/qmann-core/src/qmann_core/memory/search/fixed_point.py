"""Fixed-point amplification: more iterations never overshoot, whatever p0 is.

A sequence of odd length L = 2 l + 1 (l generalised iterates, L calls of the preparation) succeeds
with P = 1 - delta^2 T_L(T_{1/L}(1/delta) sqrt(1 - p0))^2, at least 1 - delta^2 for every
p0 >= w = 1 - T_{1/L}(1/delta)^-2. Yoder, Low and Chuang, arXiv:1409.3305.
"""

import numpy as np
from jaxtyping import Float

from ...errors import ConfigError
from .closed_form import Number, probability, within

_ROUNDING = 1e-9


def fixed_point_phases(length: int, delta: float) -> Float[np.ndarray, "iteration 2"]:
    """Phases (alpha_j, beta_j) of the l iterates of a sequence, in radians.

    Raises:
        ConfigError: ``length`` is not odd and positive, or ``delta`` is not in (0, 1].
    """
    return step_phases(length, fixed_point_threshold(length, delta))


def step_phases(length: int, threshold: float) -> Float[np.ndarray, "iteration 2"]:
    """The phases whose success first reaches its plateau at p0 = ``threshold``.

    alpha_j = beta_{l-j+1} = 2 arccot(tan(2 pi j / L) sqrt(threshold)). (The paper's alpha has the
    opposite sign, because its reflection turns by -alpha.)
    """
    steps = np.arange(1, length // 2 + 1)
    alpha = 2 * np.arctan2(1.0, np.tan(2 * np.pi * steps / length) * np.sqrt(threshold))
    return np.column_stack([alpha, alpha[::-1]])


def fixed_point_success(p0: Number, length: int, delta: float) -> Float[np.ndarray, "..."]:
    """P = 1 - delta^2 T_L(T_{1/L}(1/delta) sqrt(1 - p0))^2.

    Args:
        p0: probability of a good state in the prepared one; a number or an array.
        length: L, odd.
        delta: amplitude of the failure that is allowed above the threshold.

    Raises:
        DataError: ``p0`` is not in [0, 1].
        ConfigError: ``length`` is not odd and positive, or ``delta`` is not in (0, 1].
    """
    _check(length, delta)
    start = probability(p0)
    scaled = _stretch(length, delta) * np.sqrt(1 - start)
    oscillating = np.cos(length * np.arccos(np.minimum(scaled, 1.0)))
    growing = np.cosh(length * np.arccosh(np.maximum(scaled, 1.0)))
    values = 1 - (delta * np.where(scaled <= 1, oscillating, growing)) ** 2
    return np.asarray(np.where(start > 0, np.clip(values, 0.0, 1.0), 0.0))


def fixed_point_threshold(length: int, delta: float) -> float:
    """Where P reaches 1 - delta^2: w = 1 - T_{1/L}(1/delta)^-2 = tanh^2(arccosh(1/delta) / L).

    Raises:
        ConfigError: ``length`` is not odd and positive, or ``delta`` is not in (0, 1].
    """
    _check(length, delta)
    return float(np.tanh(np.arccosh(1 / delta) / length) ** 2)


def fixed_point_length(lower_bound: float, delta: float) -> int:
    """The shortest odd L that reaches 1 - delta^2 for every p0 >= lower_bound.

    L >= arccosh(1/delta) / artanh(sqrt(lower_bound)), about ln(2/delta) / sqrt(lower_bound).

    Raises:
        ConfigError: ``lower_bound`` or ``delta`` is not in (0, 1].
    """
    within(lower_bound, "lower_bound")
    within(delta, "delta")
    if lower_bound == 1:
        return 1
    needed = float(np.arccosh(1 / delta) / np.arctanh(np.sqrt(lower_bound)))
    return 2 * int(np.ceil(max(needed * (1 - _ROUNDING) - 1, 0.0) / 2)) + 1


def _stretch(length: int, delta: float) -> float:
    """T_{1/L}(1/delta)."""
    return float(np.cosh(np.arccosh(1 / delta) / length))


def _check(length: int, delta: float) -> None:
    if length < 1 or length % 2 == 0:
        raise ConfigError(
            f"the length of a fixed-point sequence must be odd and positive, got {length}: "
            "2 l + 1 for l iterates"
        )
    within(delta, "delta")
