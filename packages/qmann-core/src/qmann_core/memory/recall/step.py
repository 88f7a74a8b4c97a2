"""The smooth step that a fixed-point sequence makes of a fidelity, for millions of entries."""

import numpy as np
from jaxtyping import Float64

from ..keys.encodings import chunks
from ..search import fixed_point_success

_LONG = 63
"""From there on cosines are as fast as the recurrence, and more precise."""


def smooth_step(
    fidelities: Float64[np.ndarray, " entry"], threshold: float, length: int
) -> Float64[np.ndarray, " entry"]:
    """g(F) = 1 - (T_L(sqrt(1 - F) / w) / T_L(1 / w))^2 with w = sqrt(1 - threshold).

    At least 1 - T_L(1 / w)^-2 for F >= threshold, 0 at F = 0, and F itself for L = 1. With
    2 T_L(x)^2 = 1 + T_L(2 x^2 - 1) it is a polynomial of F, evaluated by the recurrence of T_L.
    Yoder, Low and Chuang, arXiv:1409.3305.

    Args:
        fidelities: in [0, 1].
        threshold: in (0, 1]; at 1 the length must be 1.
        length: L, odd.
    """
    if length == 1:
        return fidelities
    if length > _LONG:
        narrow = np.cosh(length * np.arccosh(1 / np.sqrt(1 - threshold)))
        return fixed_point_success(fidelities, length, float(1 / narrow))
    scale = 2 / (1 - threshold)
    ends = 1 + np.cosh(length * np.arccosh(scale - 1))  # 1 + T_L at F = 0
    result = np.empty_like(fidelities)
    for part in chunks(len(fidelities)):
        x = scale * (1 - fidelities[part]) - 1
        np.clip(1 - (1 + _chebyshev(x, length)) / ends, 0.0, 1.0, out=result[part])
    return result


def _chebyshev(x: Float64[np.ndarray, " entry"], degree: int) -> Float64[np.ndarray, " entry"]:
    """T_degree(x) by T_{n+1} = 2 x T_n - T_{n-1}."""
    before, now, doubled = np.ones_like(x), x, 2 * x
    for _ in range(degree - 1):
        after = doubled * now
        after -= before
        before, now = now, after
    return now
