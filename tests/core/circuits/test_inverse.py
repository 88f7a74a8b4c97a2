"""An inverse undoes: the product of both is the unit matrix."""

import numpy as np
import pytest
from unitary import unitary

from qmann_core.circuits import GATES, Input, Operation, amplitude, inverse
from qmann_core.errors import CircuitError


@pytest.mark.parametrize("gate", GATES)
def test_every_gate(gate):
    its = GATES[gate]
    operation = Operation(gate, (2, 0, 1)[: its.n_wires], (0.7, -1.9, 0.3)[: its.n_parameters])
    both = unitary((operation, *inverse((operation,))), 3)
    np.testing.assert_allclose(both, np.eye(8), atol=1e-15)


def test_the_last_one_first():
    steps = (Operation("H", (0,)), Operation("CRY", (0, 1), (0.4,)), Operation("T", (1,)))
    undone = inverse(steps)
    assert [step.gate for step in undone] == ["Adjoint(T)", "CRY", "H"]
    assert inverse(undone) == steps


def test_symbols_change_their_sign():
    assert inverse((Operation("RX", (0,), (Input(1),)),))[0].parameters == (-Input(1),)


def test_amplitude_encoding_has_none():
    with pytest.raises(CircuitError, match="has no adjoint; prepare the state by rotations"):
        inverse(amplitude(2))
