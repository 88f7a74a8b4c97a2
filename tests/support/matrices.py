"""Matrices of whole circuits, ours and Qiskit's."""

import numpy as np

from qmann_core.simulation.reference import operation_matrix


def matrix(circuit):
    """The unitary of a circuit without parameters."""
    full = np.eye(2**circuit.n_wires)
    for operation in circuit.operations:
        full = operation_matrix(operation, list(operation.parameters), circuit.n_wires) @ full
    return full


def qiskit_matrix(circuit):
    """Of Qiskit's circuit, with its first qubit as the most significant bit."""
    from qiskit.quantum_info import Operator

    return Operator(circuit.reverse_bits()).data


def assert_same(found, expected):
    """Up to the global phase."""
    phase = np.vdot(found, expected)
    np.testing.assert_allclose(phase / abs(phase) * found, expected, atol=1e-10)
