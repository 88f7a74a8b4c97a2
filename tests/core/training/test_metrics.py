import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from qmann_core.errors import DataError
from qmann_core.training import metrics


def test_the_naive_forecast_itself_has_a_scaled_error_of_one():
    walk = np.random.default_rng(0).normal(size=(500, 2)).cumsum(axis=0)
    scale = np.abs(np.diff(walk, axis=0)).mean(axis=0)
    scaled = metrics.scaled_absolute_error(walk[1:], walk[:-1], scale)
    np.testing.assert_allclose(scaled.mean(axis=0), 1.0)


def test_scaled_error_of_a_worked_example():
    scaled = metrics.scaled_absolute_error(np.array([7.0, 3.0]), np.array([5.0, 4.0]), 2.0)
    np.testing.assert_allclose(scaled, [1.0, 0.5])


def test_pinball_of_a_worked_example():
    y = np.array([3.0, 0.0])
    quantiles = np.array([[1.0, 5.0], [1.0, 5.0]])
    losses = metrics.pinball(y, quantiles, np.array([0.1, 0.9]))
    np.testing.assert_allclose(losses, [[0.2, 0.2], [0.9, 0.5]])


@given(st.floats(0.05, 0.95))
def test_pinball_is_least_at_the_quantile(probability):
    y = np.random.default_rng(1).standard_normal(400)
    candidates = np.sort(y)
    grid = np.broadcast_to(candidates, (400, 400))
    mean = metrics.pinball(y, grid, np.full(400, probability)).mean(axis=0)
    best = candidates[mean.argmin()]
    assert np.mean(y < best) <= probability <= np.mean(y <= best)


def test_pinball_at_the_median_is_half_the_absolute_error():
    y, q = np.random.default_rng(2).standard_normal((2, 5, 3))
    loss = metrics.pinball(y, q[..., None], np.array([0.5]))[..., 0]
    np.testing.assert_allclose(loss, np.abs(y - q) / 2)


def test_covered_counts_the_ends_and_passes_on_what_is_not_known():
    y = np.array([0.0, 1.0, 2.0, 2.1, np.nan])
    lower, upper = np.ones(5), np.full(5, 2.0)
    np.testing.assert_array_equal(metrics.covered(y, lower, upper), [0, 1, 1, 0, np.nan])


def test_qlike_is_least_at_the_mean_of_the_proxy():
    proxy = np.random.default_rng(3).standard_normal(300) ** 2
    best = minimize_scalar(
        lambda h: metrics.qlike(np.full(300, h), proxy).mean(), bounds=(0.1, 5), method="bounded"
    )
    assert best.x == pytest.approx(proxy.mean(), rel=1e-4)
    assert best.fun == pytest.approx(1 + np.log(proxy.mean()))


def test_qlike_of_a_variance_that_is_not_positive_is_refused():
    with pytest.raises(DataError, match=r"must be positive, got -0\.5"):
        metrics.qlike(np.array([1.0, -0.5]), np.array([1.0, 1.0]))
