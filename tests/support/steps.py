"""Success probabilities by NumPy's own Chebyshev polynomials and by two-level states: oracles."""

import numpy as np
from numpy.polynomial.chebyshev import Chebyshev


def smooth_step(fidelity, threshold, length):
    """1 - (T_L(sqrt(1 - F) / w) / T_L(1 / w))^2 with w = sqrt(1 - tau)."""
    t, width = Chebyshev.basis(length), np.sqrt(1 - threshold)
    return 1 - (t(np.sqrt((1 - np.asarray(fidelity)).clip(0)) / width) / t(1 / width)) ** 2


def general_success(p0, phases):
    """Of the state (good, bad) after each (alpha, beta): beta on good, then alpha on the start."""
    start = np.sqrt([p0, 1 - p0])
    state = start.astype(complex)
    for alpha, beta in phases:
        state = state * [np.exp(1j * beta), 1]
        state = state + (np.exp(1j * alpha) - 1) * (start @ state) * start
    return abs(state[0]) ** 2
