"""The oracle for tests: one sample, loops and full matrices in NumPy, nothing shared or clever."""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from ..circuits import Circuit, Input, Observable, Operation, Parameter, Weight

_PAULI = {
    "I": np.array([[1, 0], [0, 1]], dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]], dtype=complex),
    "Z": np.array([[1, 0], [0, -1]], dtype=complex),
}


def expectations(
    circuit: Circuit, inputs: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Expectation value of every observable of ``circuit`` for one sample."""
    psi = state(circuit, inputs, weights)
    words = [_word_matrix(observable, circuit.n_wires) for observable in circuit.observables]
    return np.array([np.vdot(psi, word @ psi).real for word in words])


def state(
    circuit: Circuit, inputs: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """The ``2**n_wires`` amplitudes that ``circuit`` ends in; wire 0 is the highest bit."""
    psi = np.zeros(2**circuit.n_wires, dtype=complex)
    psi[0] = 1.0
    for operation in circuit.operations:
        values = [_value(p, inputs, weights) for p in operation.parameters]
        if operation.gate == "AmplitudeEncoding":
            psi = np.array(values, dtype=complex) / np.linalg.norm(values)
        else:
            psi = operation_matrix(operation, values, circuit.n_wires) @ psi
    return psi


def operation_matrix(
    operation: Operation, values: list[float], n_wires: int
) -> NDArray[np.complex128]:
    """The gate as a matrix on the whole register, entry by entry."""
    gate = gate_matrix(operation.gate, values)
    size = 2**n_wires
    full = np.zeros((size, size), dtype=complex)
    for column in range(size):
        bits = [(column >> (n_wires - 1 - wire)) & 1 for wire in range(n_wires)]
        acted = int("".join(str(bits[wire]) for wire in operation.wires), 2)
        for new in range(len(gate)):
            target = list(bits)
            for place, wire in enumerate(operation.wires):
                target[wire] = (new >> (len(operation.wires) - 1 - place)) & 1
            full[int("".join(map(str, target)), 2), column] += gate[new, acted]
    return full


def gate_matrix(gate: str, values: list[float]) -> NDArray[np.complex128]:
    """The matrix of a gate on its own wires, from its textbook definition."""
    match gate:
        case "I" | "X" | "Y" | "Z":
            return _PAULI[gate]
        case "H":
            return np.asarray((_PAULI["X"] + _PAULI["Z"]) / np.sqrt(2))
        case "S":
            return np.diag([1, 1j])
        case "T":
            return np.diag([1, np.exp(0.25j * np.pi)])
        case "RX" | "RY" | "RZ":
            half = values[0] / 2
            return np.asarray(np.cos(half) * _PAULI["I"] - 1j * np.sin(half) * _PAULI[gate[1]])
        case "PhaseShift":
            return np.diag([1, np.exp(1j * values[0])])
        case "Rot":
            a, b, c = (gate_matrix(g, [v]) for g, v in zip(("RZ", "RY", "RZ"), values, strict=True))
            return np.asarray(c @ b @ a)
        case "CNOT":
            return np.eye(4, dtype=complex)[[0, 1, 3, 2]]
        case "CZ":
            return np.diag([1, 1, 1, -1]).astype(complex)
        case "SWAP":
            return np.eye(4, dtype=complex)[[0, 2, 1, 3]]
    raise ValueError(f"the reference has no gate {gate!r}")


def _value(
    parameter: Parameter, inputs: NDArray[np.float64], weights: NDArray[np.float64]
) -> float:
    match parameter:
        case Input(index):
            return float(inputs[index])
        case Weight(index):
            return float(weights[index])
    return float(parameter)


def _word_matrix(observable: Observable, n_wires: int) -> NDArray[np.complex128]:
    letters = dict(zip(observable.wires, observable.word, strict=True))
    return reduce(np.kron, [_PAULI[letters.get(wire, "I")] for wire in range(n_wires)])
