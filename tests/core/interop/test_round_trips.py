"""Circuits to other people's formats and back: the same operator, parameters still symbols."""

import cirq
import numpy as np
import pytest
import sympy
from qiskit.quantum_info import Statevector

from qmann_core.circuits import (
    GATES,
    Circuit,
    Input,
    Operation,
    Weight,
    amplitude,
    pauli,
    projector,
)
from qmann_core.errors import CircuitError
from qmann_core.interop import (
    from_cirq,
    from_openqasm,
    from_pennylane,
    from_qiskit,
    to_cirq,
    to_openqasm,
    to_pennylane,
    to_qiskit,
)
from qmann_core.interop.polynomials import valued
from qmann_core.simulation.reference import operation_matrix, state

ANGLES = (2 * Input(0) * Weight(1) - 0.25, Weight(0), Input(1))
X, W = np.array([0.7, -1.3]), np.array([0.4, 2.1])
SYMBOLS = [[sympy.Symbol(f"{letter}{k}") for k in range(2)] for letter in "xw"]
OBSERVABLES = (pauli("XYZ"), pauli("Z", (2,)), projector("01", (2, 0)))


def by_qiskit(circuit):
    made = to_qiskit(circuit)
    vectors = {p.vector.name: list(p.vector) for p in made.parameters}
    return from_qiskit(made, vectors.get("x"), vectors.get("w"), "ZZZ").circuit


def by_cirq(circuit):
    qubits = cirq.LineQubit.range(3)
    z = cirq.PauliString(dict.fromkeys(qubits, "Z"))
    return from_cirq(to_cirq(circuit), *SYMBOLS, z).circuit


def by_pennylane(circuit):
    function = to_pennylane(Circuit(3, circuit.operations, OBSERVABLES))
    found = from_pennylane(function, {"weights": (circuit.n_weights,)}, circuit.n_inputs)
    assert set(found.circuit.observables) == set(OBSERVABLES)
    return found.circuit


def by_openqasm(circuit):
    return from_openqasm(to_openqasm(circuit))


def circuit_of(gate):
    row = GATES[gate]
    wires = (2, 0, 1)[: row.n_wires]
    turns = [Operation("RY", (w,), (Input(k % 2),)) for k, w in enumerate((0, 1, 2))]
    start = [*turns, Operation("RZ", (1,), (Weight(0) * Weight(1),))]
    return Circuit(3, (*start, Operation(gate, wires, ANGLES[: row.n_parameters])), ())


def matrix(circuit):
    values = [[number(p) for p in each.parameters] for each in circuit.operations]
    made = np.eye(2**circuit.n_wires)
    for each, angles in zip(circuit.operations, values, strict=True):
        made = operation_matrix(each, angles, circuit.n_wires) @ made
    return made


def number(parameter):
    return float(valued(X, W)(parameter))


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("there_and_back", [by_qiskit, by_cirq, by_pennylane, by_openqasm])
def test_every_gate_comes_back_with_its_symbols(gate, there_and_back):
    circuit = circuit_of(gate)
    found = there_and_back(circuit)
    assert (found.n_inputs, found.n_weights) == (circuit.n_inputs, circuit.n_weights)
    overlap = np.trace(matrix(found).conj().T @ matrix(circuit)) / 8
    assert abs(overlap) == pytest.approx(1, abs=1e-12)


def test_polynomials_come_back_as_they_were():
    circuit = Circuit(1, (Operation("RX", (0,), (3 * Input(0) * Input(0) - 0.5 * Weight(1),)),), ())
    found = from_cirq(to_cirq(circuit), *SYMBOLS).circuit
    assert found.operations == circuit.operations


def test_amplitudes_are_prepared():
    circuit = Circuit(3, amplitude(3, 5), ())
    amplitudes = np.array([0.0, -3.0, 1.0, 0.5, 2.0])
    expected = state(circuit, amplitudes, W)
    qiskits = Statevector(to_qiskit(circuit, amplitudes)).reverse_qargs().data
    cirqs = to_cirq(circuit, amplitudes).final_state_vector(dtype=np.complex128)
    for found in (qiskits, cirqs):
        assert abs(np.vdot(found, expected)) == pytest.approx(1, abs=1e-12)


def test_what_others_write_for_cirq():
    a, b = cirq.LineQubit.range(2)
    x, w = sympy.symbols("x w")
    written = cirq.Circuit(
        cirq.H(a) ** x,
        cirq.PhasedXZGate(x_exponent=w, z_exponent=0.3, axis_phase_exponent=x / 2)(b),
        (cirq.CNOT**0.3)(a, b),
        cirq.ry(x + w).controlled()(b, a),
        cirq.FSimGate(0.4, 0.2)(a, b),
        cirq.MatrixGate(cirq.testing.random_unitary(4, random_state=1))(b, a),
    )
    found = from_cirq(written, [x], [w], 0.5 * cirq.X(a) * cirq.Z(b) - cirq.Y(b))
    assert found.wires == (a, b)
    assert found.circuit.observables == (pauli("XZ"), pauli("Y", (1,)))
    np.testing.assert_array_equal(found.combination, [[0.5, -1.0]])
    theirs = cirq.unitary(cirq.resolve_parameters(written, {"x": X[0], "w": W[0]}))
    overlap = np.trace(matrix(found.circuit).conj().T @ theirs) / 4
    assert abs(overlap) == pytest.approx(1, abs=1e-7)  # Cirq decomposes matrices to 1e-8


A = cirq.LineQubit(0)
REFUSED = {
    "a list": ([], (), "got list as circuit: expected a cirq.Circuit"),
    "measured": (cirq.Circuit(cirq.X(A), cirq.measure(A)), (), r"operation 1 \(.*Measure.*remove"),
    "noise": (cirq.Circuit(cirq.depolarize(0.1)(A)), (), "operation 0 .* cannot be converted"),
    "free": (cirq.Circuit(cirq.rx(SYMBOLS[0][0])(A)), (), "parameters x0 are neither input_params"),
    "a sine": (
        cirq.Circuit(cirq.rx(sympy.sin(SYMBOLS[0][0]))(A)),
        SYMBOLS[0],
        r"sin\(x0\) is not a polynomial",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_come_from_cirq_is_named(case):
    circuit, inputs, message = REFUSED[case]
    with pytest.raises(CircuitError, match=message):
        from_cirq(circuit, inputs)


@pytest.mark.parametrize("convert", [to_qiskit, to_cirq])
def test_amplitudes_must_be_given(convert):
    circuit = Circuit(2, amplitude(2), ())
    with pytest.raises(CircuitError, match="no amplitude encoding of free inputs"):
        convert(circuit)
    with pytest.raises(CircuitError, match="amplitudes are all 0"):
        convert(circuit, np.zeros(4))
