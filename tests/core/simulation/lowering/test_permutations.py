"""CNOT, CZ and SWAP as tables, and words carried through them, against the reference's matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.circuits import Operation, pauli
from qmann_core.simulation.lowering.permutations import SignedPermutation, word
from qmann_core.simulation.reference import gate_matrix, operation_matrix

CHOICE = st.tuples(st.sampled_from(["CNOT", "CZ", "SWAP"]), st.permutations(range(3)))
CHOICES = st.lists(CHOICE, max_size=6)
LETTERS = st.text("IXYZ", min_size=3, max_size=3)


def permutation_of(choices):
    operations = (Operation(gate, tuple(wires[:2])) for gate, wires in choices)
    return SignedPermutation(tuple(operations), 3)


def dense(operations):
    matrix = np.eye(8)
    for operation in operations:
        matrix = operation_matrix(operation, [], 3) @ matrix
    return matrix


def word_matrix(letters):
    first, second, third = (gate_matrix(letter, []) for letter in letters)
    return np.kron(np.kron(first, second), third)


@given(CHOICES)
def test_tables_are_the_product_of_the_matrices(choices):
    permutation = permutation_of(choices)
    amplitudes = np.arange(1.0, 9.0)
    moved = permutation.sign * amplitudes[permutation.source]
    np.testing.assert_array_equal(moved, dense(permutation.operations) @ amplitudes)
    assert permutation.has_signs or (permutation.sign == 1).all()


@given(CHOICES)
def test_inverse(choices):
    permutation = permutation_of(choices)
    amplitudes = np.arange(1.0, 9.0)
    moved = permutation.sign * amplitudes[permutation.source]
    back = permutation.inverse.source
    np.testing.assert_array_equal((permutation.sign * moved)[back], amplitudes)


@given(CHOICES, LETTERS)
def test_words_are_carried_as_matrices_are(choices, letters):
    permutation = permutation_of(choices)
    flips, signs, power = word(pauli(letters), permutation)
    carried = np.zeros((8, 8), dtype=complex)
    for d in range(8):
        carried[d, d ^ flips] = 1j**power * (-1) ** (d & signs).bit_count()
    unitary = dense(permutation.operations)
    expected = unitary.T @ word_matrix(letters) @ unitary
    np.testing.assert_allclose(carried, expected, atol=1e-15)


@pytest.mark.parametrize("n_wires", [1, 11])
def test_no_gates(n_wires):
    nothing = SignedPermutation((), n_wires)
    np.testing.assert_array_equal(nothing.source, np.arange(2**n_wires))
    assert (nothing.sign == 1).all()
