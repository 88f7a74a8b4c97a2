"""Closed form and exact dynamics, against explicit state vectors."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import chebyshev

from qmann_core.errors import ConfigError, DataError
from qmann_core.memory.search import (
    AmplitudeAmplification,
    best_iterations,
    dynamics,
    success_probability,
)

PROBABILITIES = st.floats(0.0, 1.0)


def _state_vectors(probability, good, most):
    """Amplitudes of |a, good> and |a, bad> after 0 to ``most`` iterations, one by one.

    In extended precision, since the rounding errors of a state vector grow with the iterations.
    """
    probability, good = probability.astype(np.longdouble), good.astype(np.longdouble)
    start = np.sqrt(np.concatenate([probability * good, probability * (1 - good)]))
    start /= np.sqrt((start**2).sum())
    flip = np.repeat([-1.0, 1.0], len(probability))
    states = [start]
    for _ in range(most):
        flipped = flip * states[-1]
        states.append(2 * (start @ flipped) * start - flipped)
    return np.array(states).reshape(most + 1, 2, -1)


def _prepared(kind, size, generator):
    probability = generator.dirichlet(np.full(size, 0.3))
    if kind == "predicate":
        return probability, generator.random(size) < 0.1
    if kind == "fidelities":
        return probability, generator.random(size) ** 6
    return np.where(generator.random(size) < 0.5, 0, probability) + 1 / size, np.full(size, 0.01)


@pytest.mark.parametrize("kind", ["predicate", "fidelities", "holes"])
@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_the_dynamics_equals_the_state_vector(kind, size):
    probability, good = _prepared(kind, size, np.random.default_rng(size))
    probability = probability / probability.sum()
    amplification = AmplitudeAmplification(probability, good)
    states = _state_vectors(probability, good, 12)
    exact = (states[:, 0] ** 2).sum(axis=1)
    found = [amplification.after(step) for step in range(len(states))]
    np.testing.assert_allclose(found, exact, atol=4e-15, rtol=0)
    for step, (hit, miss) in enumerate(states**2):
        found, missed = amplification.distribution(step)
        np.testing.assert_allclose(found, hit, atol=4e-15, rtol=0)
        np.testing.assert_allclose(missed, miss, atol=4e-15, rtol=0)
    if exact[0] > 0:
        np.testing.assert_allclose(amplification.weights, states[0, 0] ** 2 / exact[0], atol=4e-15)


def test_after_many_iterations_the_dynamics_still_equals_the_state_vector():
    probability = np.full(4096, 1 / 4096)
    good = np.arange(4096) == 1234
    states = _state_vectors(probability, good, 150)
    exact = (states[:, 0] ** 2).sum(axis=1)
    for start in (probability, None):
        amplification = AmplitudeAmplification(start, good)
        found = [amplification.after(step) for step in range(151)]
        np.testing.assert_allclose(found, exact, atol=4e-15, rtol=0)
    assert int(np.argmax(exact[:80])) == best_iterations(1 / 4096)


def test_recall_amplifies_about_the_memory_not_about_all_addresses():
    # Ventura and Martinez: six of sixteen patterns are stored, 0110 is asked for
    stored = [0b0000, 0b0011, 0b0110, 0b1001, 0b1100, 0b1111]
    memory = np.zeros(16)
    memory[stored] = np.sqrt(1 / 6)
    flip = np.where(np.arange(16) == 0b0110, -1.0, 1.0)
    state, plain = memory, [memory[0b0110] ** 2]
    for _ in range(100):
        state = flip * state
        state = 2 * state.mean() - state
        plain.append(state[0b0110] ** 2)
    assert plain[2] == pytest.approx(0.4401, abs=5e-5)  # the first peak
    assert max(plain[:6]) == plain[2]
    assert max(plain) < 4 / 9  # however long one turns
    about_memory = AmplitudeAmplification(memory**2, flip < 0)
    assert about_memory.after(1) == pytest.approx(0.9074, abs=5e-5)
    assert best_iterations(about_memory.success) == 1


def test_probabilities_near_one_keep_their_digits():
    # 1e-10 of the state is bad, which 1 - p0 would know to 6 digits only
    good = np.array([1.0, 1 - 1e-10])
    amplification = AmplitudeAmplification(np.array([0.5, 0.5]), good)
    found, missed = amplification.distribution(3)
    assert found.sum() + missed.sum() == pytest.approx(1, abs=1e-15)
    assert missed[1] == pytest.approx(49 * 0.5e-10, rel=1e-6)


def test_the_weights_are_float64_whatever_comes_in():
    keys = np.random.default_rng(0).standard_normal((1000, 4)).astype(np.float32)
    keys /= np.linalg.norm(keys, axis=1, keepdims=True)
    fidelity = (keys @ keys[0]) ** 2  # float32, and above 1 by a rounding error at times
    amplification = AmplitudeAmplification(np.full(1000, 1e-3, dtype=np.float32), fidelity)
    expected = np.clip(fidelity, 0, 1).astype(float)
    np.testing.assert_allclose(amplification.weights, expected / expected.sum(), rtol=1e-12)
    assert amplification.success == pytest.approx(expected.mean(), rel=1e-12)


def test_a_recall_starts_from_all_entries_alike():
    """None is the equal superposition; the weights are the shares of the sum, to the last bit."""
    good = np.random.default_rng(1).random(1000) ** 8
    plain, same = (AmplitudeAmplification(start, good) for start in (None, np.full(1000, 1e-3)))
    np.testing.assert_array_equal(plain.weights, good / good.sum())
    assert plain.success == good.sum() / 1000
    for step in (0, 1, 7):
        assert plain.after(step) == pytest.approx(same.after(step), abs=1e-14)
        for one, other in zip(plain.distribution(step), same.distribution(step), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-15)


@pytest.mark.parametrize("good", [0.0, 1.0])
def test_what_is_all_bad_or_all_good_stays_so(good):
    amplification = AmplitudeAmplification(np.array([0.25, 0.75]), np.full(2, good))
    assert amplification.after(0) == good
    found, missed = amplification.distribution(2)
    np.testing.assert_array_equal(found, [0.25 * good, 0.75 * good])
    np.testing.assert_array_equal(missed, [0.25 * (1 - good), 0.75 * (1 - good)])
    np.testing.assert_array_equal(amplification.weights, found)


@given(PROBABILITIES, st.integers(0, 6))
def test_the_closed_form_is_a_chebyshev_polynomial(p0, k):
    polynomial = chebyshev.Chebyshev.basis(2 * k + 1)
    # T_{2k+1}(x)^2 = (1 + T_{4k+2}(x)) / 2, and T_{4k+2}(sqrt(1 - p)) = T_{2k+1}(1 - 2 p)
    expected = 1 - (1 + polynomial(1 - 2 * p0)) / 2
    assert success_probability(p0, k) == pytest.approx(expected, abs=1e-13)


@given(st.floats(1e-5, 1.0))
def test_the_best_number_of_iterations_is_the_first_maximum(p0):
    best = best_iterations(p0)
    curve = success_probability(p0, np.arange(best + 2))
    # with more than half marked nothing is gained, however far one turns
    assert np.all(curve[:best] <= curve[best])
    assert curve[best] >= max(1 - p0, p0) - 1e-9
    if p0 < 0.5 - 1e-6:
        assert curve[best + 1] < curve[best]


def test_the_best_number_of_iterations_at_the_edges():
    assert [best_iterations(p0) for p0 in (0.25, 0.5, 0.74, 0.76, 1.0)] == [1, 0, 0, 0, 0]
    assert best_iterations(0.0) == 0
    assert best_iterations(1e-300) >= 0
    assert best_iterations(2.0**-20) == 804
    assert success_probability(2.0**-20, 804) == pytest.approx(0.999999757, abs=5e-10)


def test_the_example_runs():
    assert doctest.testmod(dynamics).failed == 0


@pytest.mark.parametrize(
    ("probability", "good", "message"),
    [
        (np.array([]), np.array([]), "at least one address"),
        (np.array([0.5, 0.4]), np.array([0.0, 1.0]), "sum of 0.9"),
        (np.array([1.5, -0.5]), np.array([0.0, 1.0]), "smallest one of -0.5"),
        (np.array([np.nan, 1.0]), np.array([0.0, 1.0]), "sum to 1"),
        (np.array([0.5, 0.5]), np.array([0.0, 1.1]), r"good must be a probability.*1\.1"),
        (np.array([0.5, 0.5]), np.array([0.0, np.nan]), "good must be a probability.*nan"),
    ],
)
def test_what_is_no_prepared_state_is_refused(probability, good, message):
    with pytest.raises(DataError, match=message):
        AmplitudeAmplification(probability, good)


def test_bad_numbers_are_refused():
    with pytest.raises(DataError, match=r"p0 must be a probability, in \[0, 1\]; got 1.01"):
        success_probability(np.array([0.5, 1.01]), 1)
    with pytest.raises(ConfigError, match="iterations must be at least 0, got -1"):
        success_probability(0.5, -1)
    with pytest.raises(ConfigError, match="iterations must be at least 0, got -1"):
        AmplitudeAmplification(None, np.array([0.0, 1.0])).distribution(-1)
