"""Read-outs against dense matrices of the Pauli words."""

from itertools import product

import numpy as np
import pytest

from qmann_core.circuits import Operation, Projector, pauli, probabilities
from qmann_core.simulation.lowering.permutations import SignedPermutation
from qmann_core.simulation.lowering.readout import readout
from qmann_core.simulation.reference import gate_matrix, operation_matrix

WORDS = ["".join(word) for word in product("IXYZ", repeat=3)]
CZ, CNOT = Operation("CZ", (2, 0)), Operation("CNOT", (1, 2))


def dense(psi):
    matrices = [
        np.kron(np.kron(*(gate_matrix(a, []) for a in word[:2])), gate_matrix(word[2], []))
        for word in WORDS
    ]
    return [np.vdot(psi, matrix @ psi).real for matrix in matrices]


@pytest.mark.parametrize("is_real", [True, False])
@pytest.mark.parametrize("last", [(), (CNOT,), (CNOT, CZ)])
def test_every_word_after_any_permutation(is_real, last):
    rng = np.random.default_rng(0)
    psi = rng.normal(size=8) + (0 if is_real else 1j * rng.normal(size=8))
    final = psi
    for operation in last:
        final = operation_matrix(operation, [], 3) @ final
    words = tuple(pauli(word) for word in WORDS)
    left, right, coefficients, _ = readout(words, SignedPermutation(last, 3), is_real=is_real)
    entries = psi if is_real else psi.view(float)
    np.testing.assert_allclose(
        entries[left] * entries[right] @ coefficients, dense(final), atol=1e-13
    )


@pytest.mark.parametrize(
    ("words", "squares"), [("Z", True), ("I", True), ("ZX", False), ("X", False)]
)
def test_words_of_z_are_squares(words, squares):
    observables = tuple(pauli(word, (1,)) for word in words)
    made = readout(observables, SignedPermutation((), 2), is_real=False)
    assert made.is_squares is squares


@pytest.mark.parametrize("is_real", [True, False])
def test_projectors_after_a_permutation_are_squares(is_real):
    rng = np.random.default_rng(1)
    psi = rng.normal(size=8) + (0 if is_real else 1j * rng.normal(size=8))
    final = operation_matrix(CNOT, [], 3) @ psi
    observables = (Projector("1", (2,)), *probabilities((2, 0)))
    made = readout(observables, SignedPermutation((CNOT,), 3), is_real=is_real)
    outcomes = (abs(final) ** 2).reshape(2, 2, 2)
    expected = [outcomes[:, :, 1].sum(), *outcomes.sum(1).T.ravel()]
    assert made.is_squares
    entries = psi if is_real else psi.view(float)
    np.testing.assert_allclose(entries**2 @ made.coefficients, expected, atol=1e-13)
