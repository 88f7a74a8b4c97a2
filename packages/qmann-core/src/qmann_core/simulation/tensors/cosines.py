"""Products of cosines and sines as sums of single cosines.

A product of rotations is a polynomial of degree one in each (cos u_i, sin u_i). By
``2 cos u cos v = cos(u + v) + cos(u - v)`` it is also a *linear* function of the cosines of signed
sums of the angles. So whatever is a product of rotations (an encoded state, a Rot gate) is one
small matrix product, one cosine and one more matrix product, however many angles it has.
"""

from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Cosines(NamedTuple):
    """Features ``cos(frequencies @ u - quarter_turns * pi / 2)`` of k angles u."""

    frequencies: NDArray[np.float64]
    """(feature, angle)"""
    quarter_turns: NDArray[np.int64]
    """(feature,)"""


# cos(phi - q pi / 2) as coefficients of (cos phi, sin phi), for q modulo 4
_TURNS = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))


@lru_cache(maxsize=32)
def monomials(k: int) -> tuple[Cosines, NDArray[np.float64]]:
    """Features of k angles, and the matrix from them to all ``2**k`` products of cos and sin.

    Row b (its bits most significant first) is the product over i of cos u_i where bit i is 0 and of
    sin u_i where it is 1; there are ``2**k`` features too.
    """
    if k == 0:
        return Cosines(np.zeros((1, 0)), np.zeros(1, dtype=np.int64)), np.ones((1, 1))
    signs = np.array([(1, *rest) for rest in product((1, -1), repeat=k - 1)], dtype=np.float64)
    cosines = Cosines(np.repeat(signs, 2, axis=0), np.tile([0, 1], len(signs)))
    bits = np.array(list(product((0, 1), repeat=k)))
    turns = (bits @ signs.T).astype(np.int64) % 4  # (monomial, sign pattern)
    matrix = np.array(_TURNS)[turns].reshape(len(bits), -1) / len(signs)
    return cosines, matrix


@lru_cache(maxsize=32)
def products_of_pairs(k: int) -> tuple[Cosines, NDArray[np.float64]]:
    """Features of k whole angles, and the matrix from them to products of two half-angle features.

    Row ``f * 2**k + g`` is feature f times feature g of ``monomials(k)`` at ``u = x / 2``, in terms
    of the ``3**k`` features of x returned here: the Fourier series of a circuit's expectation value
    (Schuld, Sweke and Meyer, arXiv:2008.08605).
    """
    half, _ = monomials(k)
    waves = [w for w in product((0, 1, -1), repeat=k) if next((x for x in w if x), 1) > 0]
    columns = [(wave, turn) for wave in waves for turn in ((0, 1) if any(wave) else (0,))]
    frequencies = np.array([wave for wave, _ in columns], dtype=np.float64)
    whole = Cosines(frequencies, np.array([turn for _, turn in columns]))
    angles = 2 * np.pi / 3 * np.array(list(product(range(3), repeat=k)))  # which tell them apart
    halves = _features(half, angles / 2)
    pairs = (halves[:, :, None] * halves[:, None]).reshape(len(angles), -1)
    matrix = np.linalg.solve(_features(whole, angles), pairs).T
    return whole, np.round(2 * matrix) / 2  # halves of sums and differences of cosines


def _features(cosines: Cosines, angles: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.cos(angles @ cosines.frequencies.T - np.pi / 2 * cosines.quarter_turns)
