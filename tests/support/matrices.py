"""Matrices of whole circuits, ours and Qiskit's."""

import numpy as np
from unitary import unitary


def matrix(circuit):
    """The unitary of a circuit without parameters."""
    return unitary(circuit.operations, circuit.n_wires)


def qiskit_matrix(circuit):
    """Of Qiskit's circuit, with its first qubit as the most significant bit."""
    from qiskit.quantum_info import Operator

    return Operator(circuit.reverse_bits()).data


def assert_same(found, expected):
    """Up to the global phase."""
    phase = np.vdot(found, expected)
    np.testing.assert_allclose(phase / abs(phase) * found, expected, atol=1e-10)
