"""Phases and fixed points of amplification."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from steps import general_success

from qmann_core.errors import ConfigError, DataError
from qmann_core.memory.recall.question import smooth_step
from qmann_core.memory.search import (
    best_iterations,
    exact_schedule,
    fixed_point_length,
    fixed_point_phases,
    fixed_point_success,
    success_probability,
)
from qmann_core.memory.search.fixed_point import fixed_point_threshold
from qmann_core.memory.search.phases import partial_success


def test_general_phases_equal_the_state_vector():
    """The oracle of these tests, of two levels, is that of any state."""
    generator = np.random.default_rng(0)
    probability, good = generator.dirichlet(np.ones(50)), generator.random(50) ** 4
    start = np.sqrt(np.concatenate([probability * good, probability * (1 - good)]))
    phases = generator.uniform(-np.pi, np.pi, (7, 2))
    state = start.astype(complex)
    for alpha, beta in phases:
        state[:50] *= np.exp(1j * beta)
        state += (np.exp(1j * alpha) - 1) * (start @ state) * start
    expected = (np.abs(state[:50]) ** 2).sum()
    assert general_success(float(probability @ good), phases) == pytest.approx(expected, abs=1e-14)


def test_phases_of_pi_are_the_usual_iterations():
    for p0 in np.linspace(0, 1, 21):
        for k in range(6):
            found = general_success(p0, np.full((k, 2), np.pi))
            assert found == pytest.approx(success_probability(p0, k), abs=1e-14)


@given(st.floats(1e-12, 1.0))
def test_the_exact_schedule_always_succeeds(p0):
    schedule = exact_schedule(p0)
    assert partial_success(p0, *schedule) == pytest.approx(1, abs=1e-12)
    # one iteration more than the best plain number at most
    assert best_iterations(p0) <= schedule.iterations <= best_iterations(p0) + 1


@pytest.mark.parametrize("p0", [1e-4, 0.01, 0.2, 0.25, 0.3, 0.5, 0.8, 1.0])
def test_the_partial_iterate_is_the_last_of_a_sequence(p0):
    schedule = exact_schedule(p0)
    assert schedule.phases.shape == (schedule.iterations, 2)
    assert general_success(p0, schedule.phases) == pytest.approx(1, abs=1e-12)
    assert partial_success(p0, 3, 0.4, -1.2) == pytest.approx(
        general_success(p0, np.array([[np.pi, np.pi], [np.pi, np.pi], [0.4, -1.2]])), abs=1e-14
    )


def test_where_full_iterations_suffice_the_exact_schedule_has_no_partial_one():
    assert exact_schedule(0.25) == (1, np.pi, np.pi)
    assert exact_schedule(1.0).iterations == 0
    assert exact_schedule(float(np.sin(np.pi / 10) ** 2)) == (2, np.pi, np.pi)


@pytest.mark.parametrize("length", [1, 3, 5, 9, 21, 51])
@pytest.mark.parametrize("delta", [0.01, 0.1, 0.5, 1.0])
def test_fixed_point_phases_give_the_fixed_point_curve(length, delta):
    p0 = np.concatenate([np.geomspace(1e-6, 1, 200), [0.0, 0.5]])
    phases = fixed_point_phases(length, delta)
    assert phases.shape == (length // 2, 2)
    curve = fixed_point_success(p0, length, delta)
    found = [general_success(each, phases) for each in p0]
    np.testing.assert_allclose(found, curve, atol=1e-12)
    above = p0 >= fixed_point_threshold(length, delta) * (1 + 1e-9)
    assert np.all(curve[above] >= 1 - delta**2 - 1e-12)
    if delta < 1:
        threshold = fixed_point_threshold(length, delta)
        assert fixed_point_success(threshold, length, delta) == pytest.approx(1 - delta**2)
        assert fixed_point_success(0.9 * threshold, length, delta) < 1 - delta**2


@given(st.floats(1e-6, 1.0), st.floats(1e-3, 0.999), st.floats(0.0, 1.0))
def test_the_length_is_the_shortest_that_serves(lower_bound, delta, place):
    length = fixed_point_length(lower_bound, delta)
    p0 = lower_bound + place * (1 - lower_bound)
    assert fixed_point_success(p0, length, delta) >= 1 - delta**2 - 1e-7
    assert length % 2 == 1
    if length > 1:
        assert fixed_point_threshold(length - 2, delta) > lower_bound


def test_the_smooth_step_of_recall_is_the_fixed_point_curve():
    fidelity = np.linspace(0, 1, 101)
    for length, delta in [(3, 0.3), (7, 0.1), (15, 0.01)]:
        step = smooth_step(fidelity, fixed_point_threshold(length, delta), length)
        curve = fixed_point_success(fidelity, length, delta)
        np.testing.assert_allclose(step, curve, atol=1e-12)


def test_nothing_is_found_where_nothing_is():
    assert fixed_point_success(0.0, 101, 0.1) == 0.0
    assert fixed_point_length(1.0, 0.1) == 1
    assert fixed_point_success(1.0, 1, 0.1) == 1.0


def test_bad_options_are_refused():
    with pytest.raises(DataError, match="above 0 for an exact schedule, got 0"):
        exact_schedule(0.0)
    with pytest.raises(ConfigError, match="odd and positive, got 4: 2 l \\+ 1 for l iterates"):
        fixed_point_phases(4, 0.1)
    with pytest.raises(ConfigError, match="delta must be above 0 and at most 1, got 0"):
        fixed_point_success(0.5, 3, 0.0)
    with pytest.raises(ConfigError, match="lower_bound must be above 0 and at most 1, got -1"):
        fixed_point_length(-1.0, 0.1)
