"""Qiskit's circuits against its own Estimator and gradients, and what is refused, by name."""

import numpy as np
import pytest
import torch
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter, ParameterVector
from qiskit.circuit.library import (
    efficient_su2,
    n_local,
    pauli_feature_map,
    real_amplitudes,
    z_feature_map,
    zz_feature_map,
)
from qiskit.quantum_info import Operator, Pauli, SparsePauliOp, Statevector, random_unitary

from qmann_core.circuits import Input, Observable, Operation, Weight
from qmann_core.errors import CircuitError
from qmann_core.interop import QiskitLayer
from qmann_core.interop.qiskit.convert import from_qiskit

X, W = ParameterVector("x", 3), ParameterVector("w", 4)


def joined(feature_map, ansatz):
    circuit = QuantumCircuit(feature_map.num_qubits)
    circuit.compose(feature_map, inplace=True)
    circuit.compose(ansatz, inplace=True)
    return circuit, list(feature_map.parameters), list(ansatz.parameters)


def every_gate():
    c = QuantumCircuit(3)
    for name in ("h", "x", "y", "z", "s", "sdg", "t", "tdg", "sx", "sxdg", "id"):
        getattr(c, name)(0)
        c.ry(0.3, 0)
    c.rx(X[0], 0)
    c.rz(2 * X[1] - 0.5, 1)
    c.p(X[2] * W[0], 2)
    c.u(W[1], X[0], W[2] / 3, 0)
    c.cx(0, 2)
    c.cy(2, 1)
    c.cz(0, 1)
    c.ch(1, 0)
    c.swap(0, 2)
    c.iswap(1, 2)
    c.crx(W[0], 0, 1)
    c.cry(X[1] ** 2, 1, 2)
    c.crz(W[3], 2, 0)
    c.cp(W[1] + W[2], 0, 2)
    c.cu(W[0], W[1], 0.2, 0.1, 0, 1)
    c.rxx(X[0], 0, 1)
    c.ryy(W[3], 2, 1)
    c.rzz(W[2], 0, 2)
    c.rzx(W[1], 1, 0)
    c.ccx(0, 1, 2)
    c.cswap(2, 1, 0)
    c.cx(0, 1, ctrl_state=0)
    c.ecr(0, 1)
    c.r(W[0], 0.4, 2)
    c.dcx(1, 2)
    c.barrier()
    c.mcx([0, 1], 2)
    c.unitary(random_unitary(4, seed=1), [2, 0])
    return c, list(X), list(W)


def composite():
    inner = QuantumCircuit(2, name="inner")
    inner.ry(W[0], 0)
    inner.cx(0, 1)
    inner.rz(W[1] * X[0], 1)
    c = QuantumCircuit(3)
    c.h(range(3))
    c.append(inner.to_instruction(), [2, 0])
    c.append(inner.to_gate().control(1), [1, 0, 2])
    c.append(inner.to_gate().inverse(), [0, 1])
    return c, [X[0]], [W[0], W[1]]


OBSERVABLES = [
    SparsePauliOp.from_list([("IXZ", 0.3), ("ZZI", -1.2), ("III", 0.5)]),
    SparsePauliOp("YIX"),
]
CASES = {
    "zz_feature_map": joined(zz_feature_map(3, reps=2), real_amplitudes(3, reps=1)),
    "z_feature_map": joined(z_feature_map(3), efficient_su2(3, reps=1)),
    "pauli_feature_map": joined(
        pauli_feature_map(3, paulis=["X", "ZY"], reps=1),
        n_local(3, ["ry", "rz"], "crx", reps=1, entanglement="circular"),
    ),
    "every_gate": every_gate(),
    "composite": composite(),
}


def values(circuit, parameters, numbers, observables):
    state = Statevector(circuit.assign_parameters(dict(zip(parameters, numbers, strict=True))))
    return np.array([state.expectation_value(each).real for each in observables])


def differences(function, numbers, step=1e-3):
    """Fourth-order central differences."""
    columns = []
    for place in range(len(numbers)):
        unit = np.eye(len(numbers))[place] * step
        far = function(numbers - 2 * unit) - function(numbers + 2 * unit)
        near = function(numbers + unit) - function(numbers - unit)
        columns.append((8 * near + far) / (12 * step))
    return np.array(columns)


@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients_are_qiskits(case):
    circuit, inputs, weights = CASES[case]
    layer = QiskitLayer(circuit, inputs, weights, OBSERVABLES)._compiled.double()
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=len(inputs)), rng.normal(size=len(weights))

    def theirs(numbers):
        return values(circuit, [*inputs, *weights], numbers, OBSERVABLES)

    tensors = [torch.tensor(each, requires_grad=True) for each in (x, w)]
    outputs = layer(*tensors)
    np.testing.assert_allclose(outputs.detach(), theirs(np.concatenate((x, w))), atol=1e-9)
    expected = differences(theirs, np.concatenate((x, w)))
    for place, output in enumerate(outputs):
        slopes = torch.autograd.grad(output, tensors, retain_graph=True)
        np.testing.assert_allclose(np.concatenate(slopes), expected[:, place], atol=1e-9)


def test_the_circuit_is_what_was_written():
    c = QuantumCircuit(4)
    c.ry(2 * X[1] - 1, 3)
    c.crx(W[0] * X[0], 1, 3)
    imported = from_qiskit(c, X[:2], W[:1], SparsePauliOp("ZIXI", 0.5))
    assert imported.wires == (1, 3)
    assert imported.circuit.operations == (
        Operation("RY", (1,), (2 * Input(1) - 1,)),
        Operation("CRX", (0, 1), (Weight(0) * Input(0),)),
    )
    assert imported.circuit.observables == (Observable("XZ", (0, 1)),)
    np.testing.assert_array_equal(imported.combination, [[0.5]])


def test_feature_maps_are_recovered_exactly():
    feature_map = zz_feature_map(2, reps=1)
    imported = from_qiskit(feature_map, feature_map.parameters)
    angle = imported.circuit.operations[5].parameters[0]
    assert angle.constant == pytest.approx(2 * np.pi**2, rel=1e-14)
    assert [term.coefficient for term in angle.terms] == pytest.approx(
        [-2 * np.pi, -2 * np.pi, 2], rel=1e-14
    )


@pytest.mark.parametrize(
    "observable",
    ["XY", Pauli("XY"), SparsePauliOp("XY"), Operator(Pauli("XY")), [SparsePauliOp("XY")]],
    ids=lambda observable: type(observable).__name__,
)
def test_observables_come_in_many_forms(observable):
    c = QuantumCircuit(2)
    c.ry(W[0], 0)
    imported = from_qiskit(c, [], W[:1], observable)
    assert imported.circuit.observables == (Observable("YX", (0, 1)),)


def test_without_observables_all_qubits_are_measured():
    imported = from_qiskit(QuantumCircuit(3))
    assert imported.circuit.observables == (Observable("ZZZ", (0, 1, 2)),)


def measuring():
    c = QuantumCircuit(2, 1)
    c.h(0)
    c.measure(0, 0)
    return c


def resetting():
    c = QuantumCircuit(2)
    c.reset(1)
    return c


def conditional():
    c = QuantumCircuit(2, 1)
    with c.if_test((c.clbits[0], 1)):
        c.x(0)
    return c


def opaque():
    inner = QuantumCircuit(1, name="inner")
    inner.append(Gate("mystery", 1, []), [0])
    c = QuantumCircuit(2)
    c.h(0)
    c.append(inner.to_instruction(), [1])
    return c


def rotated(angle):
    c = QuantumCircuit(2)
    c.h(0)
    c.ry(angle, 1)
    return c


REFUSED = {
    "measure": ((measuring(),), r"operation 1 \(measure\) cannot be compiled"),
    "reset": ((resetting(),), r"operation 0 \(reset\) cannot be compiled"),
    "if": ((conditional(),), r"operation 0 \(if_else\) cannot be compiled"),
    "opaque": ((opaque(),), r"operation 1 \(inner\), which needs mystery, cannot be compiled"),
    "sine": (
        (rotated(X[0].sin()), X[:1]),
        r"operation 1 \(ry\): parameter 0, sin\(x\[0\]\), is not a polynomial of degree 4",
    ),
    "absolute value": (
        (rotated(abs(X[0])), X[:1]),
        r"operation 1 \(ry\): parameter 0, abs\(x\[0\]\), is not a polynomial of degree 4",
    ),
    "quotient": (
        (rotated(X[0] / (1 + X[1] ** 2)), X[:2]),
        r"operation 1 \(ry\): parameter 0, .*, is not a polynomial",
    ),
    "unbound": ((rotated(X[0]),), r"parameters x\[0\] of the circuit are neither"),
    "absent": ((rotated(X[0]), X[:2]), r"parameters x\[1\] are not in the circuit"),
    "twice": ((rotated(X[0]), X[:1], X[:1]), r"listed twice among input_params and weight_params"),
    "observable's size": (
        (rotated(X[0]), X[:1], None, SparsePauliOp("ZZZ")),
        r"observable 0 is on 3 qubits, but the circuit has 2",
    ),
    "observable's type": (
        (rotated(X[0]), X[:1], None, [SparsePauliOp("ZZ"), 3]),
        r"observable 1 is a int; use a SparsePauliOp",
    ),
    "imaginary": (
        (rotated(X[0]), X[:1], None, SparsePauliOp("ZZ", 1j)),
        r"observable 0: coefficient 1j is not real",
    ),
    "trainable": (
        (rotated(X[0]), X[:1], None, SparsePauliOp("ZZ", np.array([Parameter("a")]))),
        r"observable 0: coefficient .*a.* is a parameter",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_compiled_is_named(case):
    arguments, message = REFUSED[case]
    with pytest.raises(CircuitError, match=message):
        from_qiskit(*arguments)


def test_somebodys_gate_of_the_same_name_is_written_out():
    definition = QuantumCircuit(1, name="rx")
    definition.ry(W[0], 0)
    gate = Gate("rx", 1, [W[0]])
    gate.definition = definition
    circuit = QuantumCircuit(1)
    circuit.append(gate, [0])
    imported = from_qiskit(circuit, [], [W[0]], "Z")
    assert imported.circuit.operations == (Operation("RY", (0,), (Weight(0),)),)
