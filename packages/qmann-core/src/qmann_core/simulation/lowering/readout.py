"""Expectation values of observables as sums of products of real numbers, for few wires.

Amplitudes are kept as one row of real numbers ``a``: the amplitudes themselves if they are real,
else their real and imaginary parts in turn. The expectation value of a Pauli word is a quadratic
form of ``a``, and for words of Z and I, and for projectors, a weighted sum of its squares.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...circuits import Observable, Projector
from .permutations import SignedPermutation, parities, word

_Terms = tuple[NDArray[np.int64], NDArray[np.complex128]]


class Readout(NamedTuple):
    """``expectation[j] = sum over r of a[left[r]] * a[right[r]] * coefficients[r, j]``."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    coefficients: NDArray[np.float64]
    is_squares: bool
    """Whether the products are the squares of all entries of ``a``, in order."""


def readout(
    observables: tuple[Observable | Projector, ...], last: SignedPermutation, *, is_real: bool
) -> Readout:
    """The read-out of all observables after the permutation ``last`` of the amplitudes."""
    terms = [_entries(_terms(observable, last), is_real=is_real) for observable in observables]
    column = np.repeat(np.arange(len(terms)), [len(values) for _, values in terms])
    pairs = np.concatenate([pairs for pairs, _ in terms])
    values = np.concatenate([values for _, values in terms])
    n_entries = 2**last.n_wires * (1 if is_real else 2)
    keys, row = np.unique(pairs.min(1) * n_entries + pairs.max(1), return_inverse=True)
    if len(keys) and len(keys) <= n_entries and (keys % (n_entries + 1) == 0).all():
        keys, row = np.arange(n_entries) * (n_entries + 1), keys[row] // (n_entries + 1)
    coefficients = np.zeros((len(keys), len(terms)))
    np.add.at(coefficients, (row, column), values)
    left, right = np.divmod(keys, n_entries)
    is_squares = len(keys) == n_entries and np.array_equal(left, right)
    return Readout(left, right, coefficients, is_squares)


def _terms(observable: Observable | Projector, last: SignedPermutation) -> _Terms:
    """Pairs of amplitudes, and c in the sum of conj(psi[left]) c psi[right] over the pairs."""
    index = np.arange(2**last.n_wires)
    if isinstance(observable, Projector):
        for bit, wire in zip(observable.bits, observable.wires, strict=True):
            index = index[(index >> (last.n_wires - 1 - wire)) & 1 == int(bit)]
        source = last.source.astype(np.int64)[index]
        return np.stack([source, source], axis=1), np.ones(len(source), dtype=np.complex128)
    flips, signs, power = word(observable, last)
    phase = np.full(len(index), 1j**power, dtype=np.complex128)
    phase *= 1 - 2 * parities(signs, last.n_wires)
    return np.stack([index, index ^ flips], axis=1), phase


def _entries(terms: _Terms, *, is_real: bool) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The real part of the sum, in entries of ``a``."""
    pairs, phase = terms
    if is_real:
        values = phase.real
    else:
        parts = ((0, 0, phase.real), (1, 1, phase.real), (0, 1, -phase.imag), (1, 0, phase.imag))
        pairs = np.concatenate([2 * pairs + [i, j] for i, j, _ in parts])
        values = np.concatenate([value for _, _, value in parts])
    used = values != 0
    return pairs[used], values[used]
