"""Pauli words, projectors and their shorthands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.circuits import (
    Circuit,
    Observable,
    Operation,
    Projector,
    Weight,
    pauli,
    probabilities,
    projector,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.simulation.reference import expectations, state

NONE = np.zeros(0)


def entangled(*angles):
    """Operations that reach a state of three wires with complex amplitudes."""
    turns = [Operation("Rot", (k % 3,), (0.3, Weight(k), 1.9)) for k in range(len(angles))]
    ring = [Operation("CNOT", (k, (k + 1) % 3)) for k in range(3)]
    return (*turns[:3], *ring, *turns[3:], *ring)


def test_z_on_the_first_wires():
    assert z_each(3) == (Observable("Z", (0,)), Observable("Z", (1,)), Observable("Z", (2,)))
    assert z_each(3, 1) == (Observable("Z", (0,)),)


def test_word_on_wires_named_or_counted():
    assert pauli("XY", (2, 0)) == Observable("XY", (2, 0))
    assert pauli("XYZ") == Observable("XYZ", (0, 1, 2))


def test_projector_on_wires_named_or_counted():
    assert projector("01", (2, 0)) == Projector("01", (2, 0))
    assert projector("010") == Projector("010", (0, 1, 2))


def test_outcomes_are_in_lexicographic_order():
    assert [each.bits for each in probabilities((4, 1))] == ["00", "01", "10", "11"]
    assert {each.wires for each in probabilities((4, 1))} == {(4, 1)}


ANGLES = st.lists(st.floats(-4, 4), min_size=6, max_size=6).map(np.array)


@given(ANGLES)
def test_probabilities_of_all_wires_are_squared_amplitudes(angles):
    circuit = Circuit(3, entangled(*angles), probabilities((0, 1, 2)))
    squares = np.abs(state(circuit, NONE, angles)) ** 2
    np.testing.assert_allclose(expectations(circuit, NONE, angles), squares, atol=1e-13)


@given(ANGLES)
def test_probabilities_of_some_wires_are_sums_over_the_others(angles):
    circuit = Circuit(3, entangled(*angles), probabilities((2, 0)))
    squares = np.abs(state(circuit, NONE, angles)).reshape(2, 2, 2) ** 2
    marginal = squares.sum(1).T.ravel()  # wire 2 first
    np.testing.assert_allclose(expectations(circuit, NONE, angles), marginal, atol=1e-13)


@given(ANGLES)
def test_projectors_on_one_wire_differ_by_z(angles):
    measured = (projector("0", (1,)), projector("1", (1,)), pauli("Z", (1,)))
    zero, one, z = expectations(Circuit(3, entangled(*angles), measured), NONE, angles)
    np.testing.assert_allclose([zero + one, zero - one], [1, z], atol=1e-13)


@pytest.mark.parametrize("k", [0, 4])
def test_more_or_fewer_than_there_are(k):
    with pytest.raises(CircuitError, match=rf"between 1 and the 3 wires there are, got {k}"):
        z_each(3, k)


def test_probabilities_of_nothing():
    with pytest.raises(CircuitError, match="those of at least 1 wire, got none"):
        probabilities(())


@pytest.mark.parametrize(
    ("word", "wires", "message"),
    [
        ("ZQ", (0, 1), r"letters I, X, Y, Z; got 'ZQ'"),
        ("", (), r"letters I, X, Y, Z; got ''"),
        ("ZZ", (0,), r"'ZZ' needs 2 wires, got \(0,\)"),
        ("ZZ", (1, 1), r"observable 'ZZ': a wire is named twice in \(1, 1\)"),
    ],
)
def test_bad_pauli_word(word, wires, message):
    with pytest.raises(CircuitError, match=message):
        Observable(word, wires)


@pytest.mark.parametrize(
    ("bits", "wires", "message"),
    [
        ("02", (0, 1), r"bits are characters 0 and 1; got '02'"),
        ("", (), r"bits are characters 0 and 1; got ''"),
        ("01", (0,), r"projector '01' needs 2 wires, got \(0,\)"),
        ("01", (1, 1), r"projector '01': a wire is named twice in \(1, 1\)"),
    ],
)
def test_bad_projector(bits, wires, message):
    with pytest.raises(CircuitError, match=message):
        Projector(bits, wires)
