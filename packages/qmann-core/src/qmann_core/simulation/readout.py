"""Expectation values of Pauli words as sums of products of real numbers.

Amplitudes are kept as one row of real numbers ``a``: the amplitudes themselves if they are real,
else their real and imaginary parts in turn. The expectation value of a Pauli word is a quadratic
form of ``a``, and for words of Z and I a signed sum of its squares.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..circuits import Circuit, Observable
from .gates import SignedPermutation


class Readout(NamedTuple):
    """``expectation[j] = sum over r of a[left[r]] * a[right[r]] * coefficients[r, j]``."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    coefficients: NDArray[np.float64]
    is_squares: bool
    """Whether the products are the squares of all entries of ``a``, in order."""


def readout(circuit: Circuit, last: SignedPermutation, *, is_real: bool) -> Readout:
    """The read-out of all observables after the permutation ``last`` of the amplitudes."""
    terms = [_terms(word, circuit.n_wires, last, is_real=is_real) for word in circuit.observables]
    column = np.repeat(np.arange(len(terms)), [len(values) for _, values in terms])
    pairs = np.concatenate([pairs for pairs, _ in terms])
    values = np.concatenate([values for _, values in terms])
    n_entries = 2**circuit.n_wires * (1 if is_real else 2)
    keys, row = np.unique(pairs.min(1) * n_entries + pairs.max(1), return_inverse=True)
    coefficients = np.zeros((len(keys), len(terms)))
    np.add.at(coefficients, (row, column), values)
    left, right = np.divmod(keys, n_entries)
    is_squares = len(keys) == n_entries and np.array_equal(left, right)
    return Readout(left, right, coefficients, is_squares)


def _terms(
    word: Observable, n_wires: int, last: SignedPermutation, *, is_real: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pairs of entries of ``a`` with their coefficients in the expectation value of one word.

    (P psi)[d] = phase[d] psi[d ^ flips], so the value is the real part of the sum over d of
    conj(psi[d]) phase[d] psi[d ^ flips]; psi is the permuted state.
    """
    index = np.arange(2**n_wires)
    flips, phase = 0, np.ones(len(index), dtype=np.complex128)
    for letter, wire in zip(word.word, word.wires, strict=True):
        place = n_wires - 1 - wire  # wire 0 is the highest bit
        bit = (index >> place) & 1
        flips |= (letter in "XY") << place
        if letter == "Z":
            phase *= 1 - 2 * bit
        elif letter == "Y":
            phase *= 1j * (2 * bit - 1)
    partner = index ^ flips
    phase *= last.sign * last.sign[partner]
    left, right = last.source, last.source[partner]
    if is_real:
        pairs = np.stack([left, right], axis=1)
        values = phase.real
    else:
        parts = ((0, 0, phase.real), (1, 1, phase.real), (0, 1, -phase.imag), (1, 0, phase.imag))
        pairs = np.concatenate([np.stack([2 * left + i, 2 * right + j], 1) for i, j, _ in parts])
        values = np.concatenate([value for _, _, value in parts])
    used = values != 0
    return pairs[used], values[used]
