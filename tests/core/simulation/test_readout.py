"""Read-outs against dense matrices of the Pauli words."""

from itertools import product

import numpy as np
import pytest

from qmann_core.circuits import Circuit, Operation, pauli
from qmann_core.simulation.gates import identity_permutation, permutation
from qmann_core.simulation.readout import readout
from qmann_core.simulation.reference import gate_matrix, operation_matrix

WORDS = ["".join(word) for word in product("IXYZ", repeat=3)]
CIRCUIT = Circuit(3, (), tuple(pauli(word) for word in WORDS))
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
    moved, final = identity_permutation(3), psi
    for operation in last:
        moved = moved.then(permutation(operation, 3))
        final = operation_matrix(operation, [], 3) @ final
    left, right, coefficients, _ = readout(CIRCUIT, moved, is_real=is_real)
    entries = psi if is_real else psi.view(float)
    np.testing.assert_allclose(
        entries[left] * entries[right] @ coefficients, dense(final), atol=1e-13
    )


@pytest.mark.parametrize(
    ("words", "squares"), [("Z", True), ("I", True), ("ZX", False), ("X", False)]
)
def test_words_of_z_are_squares(words, squares):
    circuit = Circuit(2, (), tuple(pauli(word, (1,)) for word in words))
    assert readout(circuit, identity_permutation(2), is_real=False).is_squares is squares
