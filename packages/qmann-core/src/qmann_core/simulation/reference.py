"""The oracle for tests: one sample, loops and full matrices in NumPy, nothing shared or clever."""

from functools import reduce
from math import prod

import numpy as np
from numpy.typing import NDArray

from ..circuits import (
    Circuit,
    Input,
    Observable,
    Operation,
    Parameter,
    Polynomial,
    Projector,
    Weight,
)

_PAULI = {
    "I": np.array([[1, 0], [0, 1]], dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]], dtype=complex),
    "Z": np.array([[1, 0], [0, -1]], dtype=complex),
}
_ZERO, _ONE = np.diag([1, 0]).astype(complex), np.diag([0, 1]).astype(complex)
_CONTROLLED = {
    "CNOT": "X",
    "CY": "Y",
    "CZ": "Z",
    "CH": "H",
    "CRX": "RX",
    "CRY": "RY",
    "CRZ": "RZ",
    "CRot": "Rot",
    "ControlledPhaseShift": "PhaseShift",
    "Toffoli": "CNOT",
    "CSWAP": "SWAP",
}


def expectations(
    circuit: Circuit, inputs: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Expectation value of every observable of ``circuit`` for one sample."""
    psi = state(circuit, inputs, weights)
    matrices = [observable_matrix(each, circuit.n_wires) for each in circuit.observables]
    return np.array([np.vdot(psi, matrix @ psi).real for matrix in matrices])


def state(
    circuit: Circuit, inputs: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """The ``2**n_wires`` amplitudes that ``circuit`` ends in; wire 0 is the highest bit."""
    psi = np.zeros(2**circuit.n_wires, dtype=complex)
    psi[0] = 1.0
    for operation in circuit.operations:
        values = [_value(p, inputs, weights) for p in operation.parameters]
        if operation.gate == "AmplitudeEncoding":
            scaled = np.array(values) / np.abs(values).max()  # so that no square is lost
            psi[: len(values)] = scaled / np.linalg.norm(scaled)
        else:
            psi = operation_matrix(operation, values, circuit.n_wires) @ psi
    return psi


def operation_matrix(
    operation: Operation, values: list[float], n_wires: int
) -> NDArray[np.complex128]:
    """The gate as a matrix on the whole register.

    It stands in the rows and columns of each set of basis states that differ on its wires alone.
    """
    gate = gate_matrix(operation.gate, values)
    size, states = 2**n_wires, [0]
    for wire in operation.wires:
        states = [state | bit << (n_wires - 1 - wire) for state in states for bit in (0, 1)]
    full = np.zeros((size, size), dtype=complex)
    for others in range(size):
        if others & states[-1] == 0:
            places = [others | state for state in states]
            full[np.ix_(places, places)] = gate
    return full


def gate_matrix(gate: str, values: list[float]) -> NDArray[np.complex128]:
    """The matrix of a gate on its own wires, from its textbook definition."""
    if gate.startswith("Adjoint("):
        return gate_matrix(gate[len("Adjoint(") : -1], values).conj().T
    match gate:
        case "I" | "X" | "Y" | "Z":
            return _PAULI[gate]
        case "H":
            return np.asarray((_PAULI["X"] + _PAULI["Z"]) / np.sqrt(2))
        case "S":
            return np.diag([1, 1j])
        case "T":
            return np.diag([1, np.exp(0.25j * np.pi)])
        case "SX":
            return np.array([[0.5 + 0.5j, 0.5 - 0.5j], [0.5 - 0.5j, 0.5 + 0.5j]])
        case "RX" | "RY" | "RZ" | "IsingXX" | "IsingYY" | "IsingZZ":
            word = reduce(np.kron, [_PAULI[letter] for letter in gate[1:] if letter in "XYZ"])
            half = values[0] / 2
            return np.asarray(np.cos(half) * np.eye(len(word)) - 1j * np.sin(half) * word)
        case "PhaseShift":
            return np.diag([1, np.exp(1j * values[0])])
        case "Rot":
            a, b, c = (gate_matrix(g, [v]) for g, v in zip(("RZ", "RY", "RZ"), values, strict=True))
            return np.asarray(c @ b @ a)
        case "U3":
            theta, phi, delta = values
            cos, sin = np.cos(theta / 2), np.sin(theta / 2)
            top = [cos, -np.exp(1j * delta) * sin]
            bottom = [np.exp(1j * phi) * sin, np.exp(1j * (phi + delta)) * cos]
            return np.array([top, bottom], dtype=complex)
        case "SWAP":
            return np.eye(4, dtype=complex)[[0, 2, 1, 3]]
        case "ISWAP":
            return np.asarray(gate_matrix("SWAP", []) @ np.diag([1, 1j, 1j, 1]))
    if gate not in _CONTROLLED:
        raise ValueError(f"the reference has no gate {gate!r}")
    inner = gate_matrix(_CONTROLLED[gate], values)
    return np.asarray(np.kron(_ZERO, np.eye(len(inner))) + np.kron(_ONE, inner))


def observable_matrix(observable: Observable | Projector, n_wires: int) -> NDArray[np.complex128]:
    """The observable as a matrix on the whole register."""
    if isinstance(observable, Observable):
        factors = [_PAULI[letter] for letter in observable.word]
    else:
        factors = [_ONE if bit == "1" else _ZERO for bit in observable.bits]
    acting = dict(zip(observable.wires, factors, strict=True))
    return np.asarray(reduce(np.kron, [acting.get(wire, _PAULI["I"]) for wire in range(n_wires)]))


def _value(
    parameter: Parameter, inputs: NDArray[np.float64], weights: NDArray[np.float64]
) -> float:
    match parameter:
        case Input(index):
            return float(inputs[index])
        case Weight(index):
            return float(weights[index])
        case Polynomial(constant, terms):
            return constant + sum(
                term.coefficient * prod(_value(factor, inputs, weights) for factor in term.factors)
                for term in terms
            )
    return float(parameter)
