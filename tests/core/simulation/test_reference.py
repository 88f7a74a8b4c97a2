"""The oracle itself against closed forms."""

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from qmann_core.circuits import GATES, Circuit, Input, Operation, Weight, pauli, z_each
from qmann_core.simulation.reference import expectations, gate_matrix, operation_matrix, state

NONE = np.zeros(0)
SHORT_NAMES = {"I": qml.Identity, "H": qml.Hadamard}
ANGLES = st.floats(-10, 10)
PAULI = {
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def run(n_wires, *operations, measure=()):
    return expectations(Circuit(n_wires, operations, measure), NONE, NONE)


def test_wire_0_is_the_most_significant_bit():
    amplitudes = state(Circuit(2, (Operation("X", (0,)),), ()), NONE, NONE)
    np.testing.assert_array_equal(amplitudes, [0, 0, 1, 0])


def test_first_wire_of_cnot_controls():
    flipped = Operation("X", (2,)), Operation("CNOT", (2, 0))
    np.testing.assert_array_equal(run(3, *flipped, measure=z_each(3)), [-1, 1, -1])


def test_bell_state():
    measure = tuple(pauli(word) for word in ("ZZ", "XX", "YY", "ZI", "IX"))
    bell = Operation("H", (0,)), Operation("CNOT", (0, 1))
    np.testing.assert_allclose(run(2, *bell, measure=measure), [1, 1, -1, 0, 0], atol=1e-15)


def test_swap_and_cz():
    swapped = run(2, Operation("X", (0,)), Operation("SWAP", (0, 1)), measure=z_each(2))
    np.testing.assert_array_equal(swapped, [1, -1])
    plus = Operation("H", (0,)), Operation("X", (1,)), Operation("CZ", (0, 1))
    np.testing.assert_allclose(run(2, *plus, measure=(pauli("X"),)), [-1], atol=1e-15)


@given(ANGLES)
def test_ry_reads_cosine(t):
    turned = run(1, Operation("RY", (0,), (t,)), measure=z_each(1))
    np.testing.assert_allclose(turned, [np.cos(t)], atol=1e-14)


@given(st.sampled_from("XYZ"), ANGLES)
def test_rotations_are_exponentials(axis, t):
    np.testing.assert_allclose(
        gate_matrix("R" + axis, [t]), expm(-0.5j * t * PAULI[axis]), atol=1e-13
    )


@given(ANGLES, ANGLES, ANGLES)
def test_rot_is_rz_ry_rz(a, b, c):
    rz, ry = PAULI["Z"] * -0.5j, PAULI["Y"] * -0.5j
    np.testing.assert_allclose(
        gate_matrix("Rot", [a, b, c]), expm(c * rz) @ expm(b * ry) @ expm(a * rz), atol=1e-13
    )


def test_named_gates_are_roots_of_each_other():
    s, t, z = (gate_matrix(name, []) for name in "STZ")
    np.testing.assert_allclose(t @ t, s, atol=1e-15)
    np.testing.assert_allclose(s @ s, z, atol=1e-15)
    np.testing.assert_allclose(gate_matrix("PhaseShift", [np.pi / 4]), t, atol=1e-15)
    h, x = gate_matrix("H", []), gate_matrix("X", [])
    np.testing.assert_allclose(h @ x @ h, z, atol=1e-15)


def pennylanes(gate, values, wires):
    if gate.startswith("Adjoint("):
        return qml.adjoint(pennylanes(gate[8:-1], values, wires))
    made = SHORT_NAMES.get(gate) or getattr(qml, gate)
    return made(*values, wires=wires)


@pytest.mark.parametrize("gate", GATES)
@given(st.permutations(range(3)), st.lists(ANGLES, min_size=3))
@settings(max_examples=5)
def test_every_gate_is_pennylanes(gate, wires, values):
    n_wires, n_parameters = GATES[gate].n_wires, GATES[gate].n_parameters
    wires, values = wires[:n_wires], values[:n_parameters]
    expected = qml.matrix(pennylanes(gate, values, wires), wire_order=range(3))
    made = operation_matrix(Operation(gate, tuple(wires)), values, 3)
    np.testing.assert_allclose(made, expected, atol=1e-13)


def test_polynomials_are_evaluated():
    angle = 0.5 * Input(0) * Weight(1) - Input(1) * Input(1) + 0.25
    circuit = Circuit(1, (Operation("RY", (0,), (angle,)),), z_each(1))
    made = expectations(circuit, np.array([3.0, 0.5]), np.array([7.0, -2.0]))
    np.testing.assert_allclose(made, np.cos([0.5 * 3.0 * -2.0 - 0.25 + 0.25]), atol=1e-14)


@given(st.sampled_from(sorted(GATES)), st.permutations(range(3)), st.lists(ANGLES, min_size=3))
@settings(max_examples=50)
def test_every_gate_is_unitary(gate, wires, values):
    n_wires, n_parameters = GATES[gate].n_wires, GATES[gate].n_parameters
    operation = Operation(gate, tuple(wires[:n_wires]))
    matrix = operation_matrix(operation, values[:n_parameters], 3)
    np.testing.assert_allclose(matrix @ matrix.conj().T, np.eye(8), atol=1e-13)


def test_unknown_gate():
    with pytest.raises(ValueError, match="the reference has no gate 'Fredkin'"):
        gate_matrix("Fredkin", [])
