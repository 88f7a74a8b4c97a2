"""What can be asked, and of which keys."""

import numpy as np
import pytest
from steps import general_success

from qmann_core.errors import CircuitError
from qmann_core.memory.hardware import Hard, Registers, Soft, grover
from qmann_core.memory.hardware.conditions import work_wires
from qmann_core.memory.keys.predicates import Within
from qmann_core.memory.search import fixed_point_phases

QUERY = np.array([0.4, 1.0])


@pytest.mark.parametrize("length", [1, 3, 9])
def test_phases_of_a_threshold_are_those_of_the_fixed_point(length):
    """delta = 1 / T_L(1 / w), and the threshold is where g first reaches 1 - delta^2."""
    threshold = 0.37
    delta = 1 / np.cosh(length * np.arccosh(1 / np.sqrt(1 - threshold)))
    phases = Soft(QUERY, threshold, length).phases
    expected = fixed_point_phases(length, float(delta))
    np.testing.assert_allclose(np.array(phases).reshape(-1, 2), expected, atol=1e-12)
    success = general_success(threshold, np.array(phases).reshape(-1, 2))
    np.testing.assert_allclose(success, 1 - delta**2, atol=1e-12)


def test_plain_iterates():
    assert grover(2) == ((np.pi, np.pi), (np.pi, np.pi))


def test_work_wires_come_last():
    layout = Registers("basis", 7, 2)
    asked = Hard(Within((0,) * 7, 1))
    assert work_wires(asked, layout, "fewest") == (9, 10, 11)
    assert work_wires(asked, layout, "ladder") == tuple(range(9, 16))
    assert work_wires(asked, layout, 4) == (9, 10, 11, 12)
    assert work_wires(Soft(QUERY), Registers("angle", 2, 1), "fewest") == ()
    with pytest.raises(CircuitError, match="counts on 3 work wires, got 2"):
        work_wires(asked, layout, 2)
