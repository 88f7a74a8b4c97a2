"""Gates as the compiler sees them, against the reference's matrices."""

import numpy as np
import pytest

from qmann_core.circuits import ELEMENTARY, GATES, Operation, Weight
from qmann_core.simulation.lowering.factors import PAULI, Rotation, factors
from qmann_core.simulation.reference import gate_matrix

ONE_WIRE = sorted(gate for gate in ELEMENTARY if GATES[gate].n_wires == 1)
VALUES = [0.7, -1.3, 2.1]


def matrix(operation):
    """Product of an operation's factors, weight i being ``VALUES[i]``."""
    total = np.eye(2, dtype=complex)
    for factor in factors(operation):
        if isinstance(factor, Rotation):
            half = VALUES[factor.angle.index] / 2
            factor = np.cos(half) * np.eye(2) - 1j * np.sin(half) * PAULI[factor.axis]
        total = factor @ total
    return total


@pytest.mark.parametrize("gate", ONE_WIRE)
@pytest.mark.parametrize("is_weight", [True, False])
def test_factors_multiply_to_the_gate(gate, is_weight):
    n = GATES[gate].n_parameters
    parameters = tuple(Weight(i) if is_weight else VALUES[i] for i in range(n))
    made, expected = matrix(Operation(gate, (0,), parameters)), gate_matrix(gate, VALUES[:n])
    phase = np.vdot(expected, made) / 2
    np.testing.assert_allclose(made, phase * expected, atol=1e-14)
    assert phase == pytest.approx(1, abs=1e-14) or gate == "PhaseShift"
