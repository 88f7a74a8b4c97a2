"""Whole circuits as matrices, gate by gate from the NumPy reference."""

from functools import lru_cache, reduce

import numpy as np
from scipy.sparse import csr_array

from qmann_core.simulation.reference import operation_matrix


@lru_cache(maxsize=4096)
def gate(operation, n_wires):
    """The reference's matrix; kept, because loaders are repeated, and without its zeros."""
    return csr_array(operation_matrix(operation, list(operation.parameters), n_wires))


def unitary(operations, n_wires):
    """The matrix of ``operations``, which have numbers as parameters."""
    return _applied(operations, np.eye(2**n_wires, dtype=complex), n_wires)


def final_state(circuit):
    """The state that a circuit without inputs and weights ends in."""
    start = np.zeros(2**circuit.n_wires, dtype=complex)
    start[0] = 1
    return _applied(circuit.operations, start, circuit.n_wires)


def bit_rows(n_wires):
    """Bits of every basis state, one a row, wire 0 first."""
    states = np.arange(2**n_wires)[:, None]
    return (states >> np.arange(n_wires)[::-1] & 1).astype(np.uint8)


def _applied(operations, start, n_wires):
    return reduce(lambda product, each: gate(each, n_wires) @ product, operations, start)
