"""States of the IQP encoding, all keys at once."""

from itertools import combinations

import numpy as np
from jaxtyping import Complex128, Float64


def iqp_states(
    keys: Float64[np.ndarray, "entry feature"],
) -> Complex128[np.ndarray, "entry amplitude"]:
    """Amplitudes of the states that the two repeats of `circuits.iqp` make of |0...0>.

    |k> = D H D H |0...0> with H on every wire and the diagonal
    D = exp(-i/2 (sum_i x_i Z_i + sum_{i<j} x_i x_j Z_i Z_j)). Havlicek et al., arXiv:1804.11326.
    """
    width = keys.shape[1]
    phase = np.exp(-0.5j * _exponent(keys))
    return np.asarray(phase * _hadamards(phase, width) / 2**width)


def _exponent(
    keys: Float64[np.ndarray, "entry feature"],
) -> Float64[np.ndarray, "entry amplitude"]:
    """sum_i x_i z_i + sum_{i<j} x_i x_j z_i z_j for every basis state z, z_i = +-1."""
    width = keys.shape[1]
    bits = np.arange(2**width)[:, None] >> np.arange(width)[::-1] & 1
    signs = 1.0 - 2.0 * bits
    exponent = np.asarray(keys @ signs.T)
    for i, j in combinations(range(width), 2):
        exponent += np.outer(keys[:, i] * keys[:, j], signs[:, i] * signs[:, j])
    return exponent


def _hadamards(
    states: Complex128[np.ndarray, "entry amplitude"], width: int
) -> Complex128[np.ndarray, "entry amplitude"]:
    """H on every wire, not normalised: 2**(width / 2) times the state that it makes."""
    for wire in range(width):
        halves = states.reshape(len(states), 2**wire, 2, -1)
        zero, one = halves[:, :, 0], halves[:, :, 1]
        states = np.stack((zero + one, zero - one), axis=2).reshape(len(states), -1)
    return states
