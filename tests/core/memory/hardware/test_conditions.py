"""What can be asked, and of which keys."""

import numpy as np
import pytest
from steps import general_success

from qmann_core.errors import CircuitError, DataError
from qmann_core.memory.hardware import Hard, Registers, Soft, Threshold, grover
from qmann_core.memory.hardware.conditions import check_fits, work_wires
from qmann_core.memory.keys.predicates import Equal, Within
from qmann_core.memory.search import fixed_point_phases

QUERY = np.array([0.4, 1.0])


@pytest.mark.parametrize("length", [1, 3, 9])
def test_phases_of_a_threshold_are_those_of_the_fixed_point(length):
    """delta = 1 / T_L(1 / w), and the threshold is where g first reaches 1 - delta^2."""
    threshold = 0.37
    delta = 1 / np.cosh(length * np.arccosh(1 / np.sqrt(1 - threshold)))
    phases = Threshold(QUERY, threshold, length).phases
    expected = fixed_point_phases(length, float(delta))
    np.testing.assert_allclose(np.array(phases).reshape(-1, 2), expected, atol=1e-12)
    success = general_success(threshold, np.array(phases).reshape(-1, 2))
    np.testing.assert_allclose(success, 1 - delta**2, atol=1e-12)


def test_plain_iterates():
    assert grover(2) == ((np.pi, np.pi), (np.pi, np.pi))


@pytest.mark.parametrize("threshold", [0.0, -0.1, 1.1, float("nan")])
def test_thresholds_out_of_range(threshold):
    with pytest.raises(CircuitError, match=r"threshold is in \(0, 1\], got .*ask softly"):
        Threshold(QUERY, threshold, 3)


@pytest.mark.parametrize("length", [0, 2, -1])
def test_lengths_that_are_not_odd(length):
    with pytest.raises(CircuitError, match=f"length is odd and at least 1, got {length}"):
        Threshold(QUERY, 0.5, length)


def test_questions_that_do_not_fit():
    hard = Hard(Equal((0, 1)))
    check_fits(hard, Registers("basis", 2, 3))
    for layout in (Registers("angle", 2, 3), Registers("basis", 2, 3, copies=2)):
        with pytest.raises(CircuitError, match="a predicate reads one copy of a key that is bits"):
            check_fits(hard, layout)
    with pytest.raises(CircuitError, match="what is asked has 2 features and a key has 3"):
        check_fits(hard, Registers("basis", 3, 3))
    with pytest.raises(DataError, match="key 0 is all zeros"):
        check_fits(Soft(np.zeros(2)), Registers("amplitude", 2, 3))


def test_work_wires_come_last():
    layout = Registers("basis", 7, 2)
    asked = Hard(Within((0,) * 7, 1))
    assert work_wires(asked, layout, "fewest") == (9, 10, 11)
    assert work_wires(asked, layout, "ladder") == tuple(range(9, 16))
    assert work_wires(asked, layout, 4) == (9, 10, 11, 12)
    assert work_wires(Soft(QUERY), Registers("angle", 2, 1), "fewest") == ()
    with pytest.raises(CircuitError, match="counts on 3 work wires, got 2"):
        work_wires(asked, layout, 2)
