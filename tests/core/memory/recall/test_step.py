from itertools import product

import numpy as np
import pytest
import steps

from qmann_core.memory.recall.question import smooth_step
from qmann_core.memory.search import fixed_point_length


@pytest.mark.parametrize(
    ("threshold", "length"), [*product([0.02, 0.4, 0.95], [1, 3, 5, 21, 63, 65]), (0.01, 201)]
)
def test_it_is_a_ratio_of_chebyshev_polynomials(threshold, length):
    fidelities = np.linspace(0, 1, 20_001)
    expected = steps.smooth_step(fidelities, threshold, length)
    np.testing.assert_allclose(smooth_step(fidelities, threshold, length), expected, atol=1e-11)


@pytest.mark.parametrize("threshold", [0.01, 0.3, 0.8])
def test_what_reaches_the_threshold_passes(threshold):
    length = fixed_point_length(threshold, 0.1)
    above = smooth_step(np.linspace(threshold, 1, 5000), threshold, length)
    assert above.min() >= 0.99 - 1e-12
    assert above.max() <= 1
    assert smooth_step(np.zeros(1), threshold, length)[0] == pytest.approx(0, abs=1e-12)


def test_a_sequence_of_length_1_is_the_fidelity():
    fidelities = np.linspace(0, 1, 7)
    for threshold in (0.2, 1.0):
        np.testing.assert_array_equal(smooth_step(fidelities, threshold, 1), fidelities)
