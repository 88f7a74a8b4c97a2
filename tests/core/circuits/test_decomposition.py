"""Decompositions against the textbook matrices of the oracle, which knows nothing of them."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmann_core.circuits import (
    ELEMENTARY,
    GATES,
    Circuit,
    Input,
    Operation,
    Weight,
    amplitude,
    elementary,
)
from qmann_core.simulation.reference import operation_matrix, state

ANGLES = st.floats(-10, 10)
WIRES = st.permutations(range(3))


def matrix(operations):
    matrices = (operation_matrix(each, list(each.parameters), 3) for each in operations)
    return reduce(lambda product, each: each @ product, matrices, np.eye(8))


def test_elementary_gates_are_the_contracts():
    one_wire = {"I", "X", "Y", "Z", "H", "S", "T", "RX", "RY", "RZ", "PhaseShift", "Rot"}
    assert set(ELEMENTARY) == one_wire | {"CNOT", "CZ", "SWAP"}
    assert list(GATES)[: len(ELEMENTARY)] == list(ELEMENTARY)


@pytest.mark.parametrize("names", ["name", "qiskit", "pennylane"])
def test_no_two_rows_share_a_name(names):
    assert len({getattr(row, names) for row in GATES.values()}) == len(GATES)


@pytest.mark.parametrize("gate", [gate for gate in GATES if GATES[gate].axes])
def test_the_turns_of_a_row_are_the_gate(gate):
    row, angles = GATES[gate], (0.7, -1.9, 0.3)
    values = angles[: row.n_parameters] if row.angle is None else (row.angle,)
    turns = zip(row.axes, values, strict=True)
    made = matrix(Operation(f"R{letter}", (0,), (by,)) for letter, by in turns)
    its = matrix([Operation(gate, (0,), angles[: row.n_parameters])])
    np.testing.assert_allclose(abs(np.trace(made.conj().T @ its)) / 8, 1, atol=1e-12)


@pytest.mark.parametrize("gate", GATES)
@given(WIRES, st.tuples(ANGLES, ANGLES, ANGLES))
@settings(max_examples=10)
def test_the_same_unitary_up_to_a_global_phase(gate, wires, angles):
    n_wires, n_parameters = GATES[gate].n_wires, GATES[gate].n_parameters
    operation = Operation(gate, tuple(wires[:n_wires]), angles[:n_parameters])
    steps = elementary(operation)
    assert {step.gate for step in steps} <= set(ELEMENTARY)
    overlap = np.trace(matrix([operation]).conj().T @ matrix(steps)) / 8
    np.testing.assert_allclose(abs(overlap), 1, atol=1e-12)


@pytest.mark.parametrize("gate", [gate for gate in GATES if GATES[gate].n_parameters])
@given(WIRES, st.tuples(ANGLES, ANGLES), st.tuples(ANGLES, ANGLES))
@settings(max_examples=10)
def test_parameters_that_are_not_numbers(gate, wires, inputs, weights):
    parameters = (Input(1) * Weight(0) - 0.3, Weight(1), Input(0))
    n_wires, n_parameters = GATES[gate].n_wires, GATES[gate].n_parameters
    operation = Operation(gate, tuple(wires[:n_wires]), parameters[:n_parameters])
    start = tuple(Operation("Rot", (wire,), (0.4, 1.1 + wire, 0.0)) for wire in range(3))
    one, other = (
        state(Circuit(3, start + steps, ()), np.array(inputs), np.array(weights))
        for steps in ((operation,), elementary(operation))
    )
    np.testing.assert_allclose(abs(np.vdot(one, other)), 1, atol=1e-12)


@pytest.mark.parametrize("operation", [Operation("CZ", (1, 0)), *amplitude(2)])
def test_what_is_elementary_comes_back(operation):
    assert elementary(operation) == (operation,)


@pytest.mark.parametrize("gate", ["IsingXX", "IsingYY", "IsingZZ", "CRX", "CRY", "CRZ"])
def test_an_inputs_parameter_stays_one_polynomial_of_it(gate):
    steps = elementary(Operation(gate, (0, 1), (Input(3),)))
    angles = [step.parameters[0] for step in steps if step.parameters]
    halves = [0.5 * Input(3), -0.5 * Input(3)]
    assert angles == ([Input(3)] if gate.startswith("Ising") else halves)
