"""The fixed-point success probability by NumPy's own Chebyshev polynomials: an oracle."""

import numpy as np
from numpy.polynomial.chebyshev import Chebyshev


def smooth_step(fidelity, threshold, length):
    """1 - (T_L(sqrt(1 - F) / w) / T_L(1 / w))^2 with w = sqrt(1 - tau)."""
    t, width = Chebyshev.basis(length), np.sqrt(1 - threshold)
    return 1 - (t(np.sqrt((1 - np.asarray(fidelity)).clip(0)) / width) / t(1 / width)) ** 2
