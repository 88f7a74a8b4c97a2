"""Outcomes: scores and regions by hand, and how often regions hold the truth."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.data import Samples
from qmann_core.errors import ConfigError
from qmann_core.evaluation import split_conformal
from qmann_core.nn import ClassSets, Fan, Intervals, OneSided


class Adaptive(ClassSets):
    rule = "aps"


def samples(y):
    y = torch.as_tensor(y, dtype=torch.float32)
    return Samples(torch.zeros(len(y), 1), y)


def test_intervals_by_hand():
    outcome = Intervals()
    outputs = {"location": np.array([[1.0], [2.0]]), "scale": np.array([[2.0], [0.5]])}
    rows = samples([[3.0, 9.0], [1.0, 9.0]])  # the second target has no location
    np.testing.assert_array_equal(outcome.nonconformity(outputs, rows), [[1.0], [-2.0]])
    quantiles = np.tile([-1.0, 0.0, 2.0], (2, 1, 1))
    expected = [[[-1.0, 1.0, 5.0]], [[1.5, 2.0, 3.0]]]
    np.testing.assert_array_equal(outcome.bound(outputs, quantiles), expected)
    assert outcome.probabilities((80, 95)) == (0.025, 0.1, 0.5, 0.9, 0.975)


def test_a_quantile_of_scores_is_the_bound_where_the_score_is_that_quantile():
    rng = np.random.default_rng(0)
    outputs = {"location": rng.normal(size=(50, 2)), "scale": rng.uniform(0.1, 2, (50, 2))}
    y = rng.normal(size=(50, 2)).astype(np.float32)
    scores = Intervals().nonconformity(outputs, samples(y))
    np.testing.assert_allclose(Intervals().bound(outputs, scores[..., None])[..., 0], y, rtol=1e-6)


@given(st.integers(1, 60), st.floats(0.01, 20), st.integers(0, 2**31))
def test_a_fan_never_narrows_and_widens_by_no_more_than_the_steps(horizon, wild, seed):
    rng = np.random.default_rng(seed)
    scale = np.exp(wild * rng.normal(size=(4, horizon)))
    outputs = {"location": np.zeros(scale.shape), "scale": scale}
    quantiles = np.broadcast_to(np.sort(rng.standard_cauchy(4)), (4, horizon, 4))
    ends = Fan().bound(outputs, quantiles)
    outer, inner = ends[..., 3] - ends[..., 0], ends[..., 2] - ends[..., 1]
    assert (outer >= inner).all()
    assert (inner >= 0).all()
    steps = np.arange(1, horizon + 1)
    for width in (outer, inner):
        ratio = width[:, 1:] / width[:, :-1]
        assert (ratio > 1 - 1e-9).all()
        assert (ratio < steps[1:] / steps[:-1] + 1e-9).all()


@pytest.mark.parametrize("slope", [0.0, 0.5, 0.8])
def test_a_fan_leaves_scales_that_widen_by_a_power_of_time(slope):
    outputs = {"location": np.zeros((1, 5)), "scale": 2.0 * np.arange(1.0, 6.0)[None] ** slope}
    rows = samples(np.full((1, 5), 3.0))
    found = Fan().nonconformity(outputs, rows)
    np.testing.assert_allclose(found, Intervals().nonconformity(outputs, rows))


@pytest.mark.parametrize(
    ("levels", "expected"), [((95, 80, 80.0), (0.8, 0.95)), ((50,), (0.5,)), ((99.9,), (0.999,))]
)
def test_levels_of_regions_by_one_score_are_its_probabilities(levels, expected):
    assert ClassSets().probabilities(levels) == expected


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ((40, 80), r"got level \(40, 80\): expected 50 % or more of such a region"),
        ((80, 100), r"got level \(80, 100\): expected values between 0 and 100, both excluded"),
        ((), r"got level \(\): expected values between 0 and 100"),
    ],
)
def test_other_levels_are_refused(levels, message):
    with pytest.raises(ConfigError, match=message):
        ClassSets().probabilities(levels)


P = np.array([[0.6, 0.1, 0.3], [0.2, 0.4, 0.4]])


@pytest.mark.parametrize(
    ("outcome", "scores", "inside"),
    [
        (ClassSets(), [0.7, 0.6], [[1, 0, 1], [0, 1, 1]]),
        # the largest first; of equal ones the first counts first
        (Adaptive(), [0.9, 0.4], [[1, 0, 0], [0, 1, 0]]),
    ],
    ids=["lac", "aps"],
)
def test_sets_of_classes_by_hand(outcome, scores, inside):
    rows = samples([[0, 0, 1], [0, 1, 0]])
    found = outcome.nonconformity({"probability": P}, rows)
    np.testing.assert_allclose(found[:, 0], scores, rtol=1e-12)
    sets = outcome.bound({"probability": P}, np.full((2, 1, 1), 0.7))
    np.testing.assert_array_equal(sets[:, :, 0], inside)


@pytest.mark.parametrize("outcome", [ClassSets(), Adaptive()], ids=["lac", "aps"])
def test_a_class_is_in_the_set_from_its_score_on(outcome):
    rng = np.random.default_rng(1)
    probability = rng.dirichlet(np.ones(4), size=30)
    for k in range(4):
        rows = samples(np.tile(np.eye(4)[k], (30, 1)))
        score = outcome.nonconformity({"probability": probability}, rows)
        quantiles = np.stack((score - 1e-9, score, np.full_like(score, 1 + 1e-9)), axis=2)
        sets = outcome.bound({"probability": probability}, quantiles)
        np.testing.assert_array_equal(sets[:, k], np.tile([0, 1, 1], (30, 1)))
        assert (sets[:, :, 2] == 1).all()  # at the top, nothing is ruled out


@pytest.mark.parametrize("outcome", [ClassSets(), Adaptive()], ids=["lac", "aps"])
@pytest.mark.parametrize("n", [19, 50])
def test_sets_hold_the_true_class_as_often_as_they_say_even_where_probabilities_are_wrong(
    outcome, n
):
    """Of n exchangeable scores and one more: ceil((n + 1) p) / (n + 1), by the law of ranks.

    More often for "aps", where the least probable classes all have the score 1.
    """
    rng, levels = np.random.default_rng(0), np.array([0.5, 0.8, 0.9])
    held = []
    for _ in range(800):
        law = rng.dirichlet(np.ones(3), size=n + 10)
        said = law**2 / np.square(law).sum(axis=1, keepdims=True)  # too sure of itself
        truth = (rng.random((n + 10, 1)) > law.cumsum(axis=1)).sum(axis=1).clip(max=2)
        rows, outputs = samples(np.eye(3)[truth]), {"probability": said}
        scores = outcome.nonconformity(outputs, rows)
        quantiles = np.broadcast_to(split_conformal(scores[:n], levels), (n + 10, 1, 3))
        sets = outcome.bound(outputs, quantiles)[np.arange(n + 10), truth]
        held.append(sets[n:].mean(axis=0))
    mean, error = np.mean(held, axis=0), np.std(held, axis=0) / len(held) ** 0.5
    expected = np.ceil((n + 1) * levels - 1e-9) / (n + 1)
    assert (expected >= levels).all()
    assert (mean > expected - 4 * error).all()
    if outcome.rule == "lac":
        assert (mean < expected + 4 * error).all()


def test_one_sided_regions_are_abstract():
    with pytest.raises(TypeError, match="abstract"):
        OneSided()
