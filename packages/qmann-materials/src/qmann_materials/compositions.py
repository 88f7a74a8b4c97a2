"""Compositions as numbers: fractions of atoms, and amplitudes whose fidelity compares them."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Float

from .elements import SYMBOLS
from .formulas import parse_formula

Fractions = Float[np.ndarray, "material element"]


def fractions(formulas: Iterable[str]) -> Fractions:
    """Atomic fraction of each of the ``SYMBOLS`` in each formula."""
    place = {symbol: number for number, symbol in enumerate(SYMBOLS)}
    rows = [parse_formula(text) for text in formulas]
    found = np.zeros((len(rows), len(SYMBOLS)))
    for row, amounts in zip(found, rows, strict=True):
        for symbol, amount in amounts.items():
            row[place[symbol]] += amount
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def keys(formulas: Iterable[str]) -> Float[np.ndarray, "material element"]:
    """Amplitudes of compositions, the roots of their atomic fractions.

    The fidelity (sum_i sqrt(x_i y_i))^2 of two of them is 1 if they are the same, and 0 if they
    have no element in common.
    """
    return np.asarray(np.sqrt(fractions(formulas)))


def in_common(there: Bool[np.ndarray, "pair element"]) -> list[str]:
    """Names of the elements that are there."""
    return [" ".join(np.array(SYMBOLS)[each]) for each in there]
