"""Figures of censored times against closed forms written as loops, with ties and much censoring."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from qmann_core.survival import (
    brier,
    by_groups,
    censoring,
    change_of_hazards,
    harrell,
    integrated,
    kaplan_meier,
    median_follow_up,
    observed_over_expected,
    slope,
    uno,
)

COHORTS = st.integers(2, 14).flatmap(
    lambda n: st.tuples(
        arrays.arrays(float, n, elements=st.integers(1, 8)),
        arrays.arrays(bool, n, elements=st.sampled_from((True, False, False, False))),
        arrays.arrays(float, n, elements=st.integers(-2, 2)),
    )
)
"""Times with ties, of which three quarters are censored, and risks with ties."""


def share_left(time, event, before, *, of_censoring):
    """The product over single times, events before censoring."""
    left = 1.0
    for s in sorted(set(time)):
        if s >= before:
            break
        events = sum(1 for t, e in zip(time, event, strict=True) if t == s and e)
        gone = sum(1 for t, e in zip(time, event, strict=True) if t == s) - events
        at_risk = sum(1 for t in time if t >= s)
        left *= 1 - (gone / max(at_risk - events, 1) if of_censoring else events / at_risk)
    return left


def comparable(time, event, i, j):
    return event[i] and (time[i] < time[j] or (time[i] == time[j] and not event[j]))


def concordance(time, event, risk, weight):
    right = pairs = 0.0
    for i in range(len(time)):
        for j in range(len(time)):
            if comparable(time, event, i, j):
                pairs += weight[i]
                right += weight[i] * ((risk[i] > risk[j]) + 0.5 * (risk[i] == risk[j]))
    return right / pairs if pairs else np.nan


@given(COHORTS)
def test_curves_are_products(cohort):
    time, event, _ = cohort
    for curve, of_censoring in ((kaplan_meier, False), (censoring, True)):
        found = curve(time, event)
        for t in np.arange(0, 10, 0.5):
            options = {"of_censoring": of_censoring}
            expected = (
                share_left(time, event, t + 0.1, **options),
                share_left(time, event, t, **options),
            )
            got = found.at(np.array(t)), found.before(np.array(t))
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)
    left = [share_left(time, event, t + 0.1, of_censoring=True) for t in time]
    reached = [t for t, g in zip(time, left, strict=True) if g <= 0.5]
    assert median_follow_up(time, event) == min(reached, default=max(time))


@given(COHORTS, st.integers(1, 9))
def test_concordance_is_a_sum_over_pairs(cohort, tau):
    time, event, risk = cohort
    expected = concordance(time, event, risk, np.ones(len(time)))
    np.testing.assert_allclose(harrell(time, event, risk), expected, atol=1e-12)
    weight = [(t < tau) / share_left(time, event, t, of_censoring=True) ** 2 for t in time]
    expected = concordance(time, event, risk, weight)
    np.testing.assert_allclose(uno(time, event, risk, tau), expected, rtol=1e-12)


@given(COHORTS)
def test_brier_weighs_rows_whose_state_is_known(cohort):
    time, event, risk = cohort
    at = np.linspace(0, time.max(), 9)
    survival = np.exp(-0.1 * np.outer(np.exp(risk), at))
    found = brier(time, event, survival, at)
    for i in range(len(time)):
        for k, t in enumerate(at):
            weight = 0.0
            if (event[i] and time[i] <= t) or time[i] >= t:
                weight = 1 / share_left(time, event, min(time[i], t), of_censoring=True)
            still = time[i] > t or not event[i]
            assert found[i, k] == pytest.approx(weight * (still - survival[i, k]) ** 2, rel=1e-12)
    steps = np.diff(at) / (at[-1] - at[0])
    expected = sum(steps[k] * (found[:, k] + found[:, k + 1]) / 2 for k in range(len(steps)))
    np.testing.assert_allclose(integrated(found, at), expected, rtol=1e-12)


def test_weights_make_what_censoring_hides():
    """The mean weighted error estimates the one without censoring."""
    rng = np.random.default_rng(0)
    n, at = 20_000, np.array([0.5, 1.0])
    hazard = np.exp(rng.normal(size=n))
    time, leaves = rng.exponential(size=n) / hazard, rng.exponential(size=n) * 1.5
    survival = np.exp(-np.outer(hazard, at))
    seen, event = np.minimum(time, leaves), time <= leaves
    full = np.square((time[:, None] > at) - survival).mean(axis=0)
    np.testing.assert_allclose(brier(seen, event, survival, at).mean(axis=0), full, rtol=0.02)
    risk = 1 - survival[:, 1]
    assert observed_over_expected(seen, event, risk, 1.0) == pytest.approx(1, abs=0.02)
    targets = torch.from_numpy(np.column_stack((seen, event)))
    doubled = torch.from_numpy(2 * np.log(hazard)).unsqueeze(1)
    assert slope(targets, doubled) == pytest.approx(0.5, abs=0.02)
    predicted, observed = by_groups(seen, event, risk, 1.0).T
    np.testing.assert_allclose(predicted, observed, atol=0.03)
    assert (np.diff(predicted) > 0).all()


def test_a_change_of_hazards_is_lifelines_test_and_told_by_its_direction():
    lifelines = pytest.importorskip("lifelines")
    rng = np.random.default_rng(0)
    x, event = rng.normal(size=300), rng.random(300) < 0.6
    steady = rng.exponential(size=300) / np.exp(x)
    fading = rng.exponential(size=300) ** np.where(x > 0, 2, 0.5)
    for time, changes in ((steady, False), (fading, True)):
        table = pd.DataFrame({"x": x, "time": time, "event": event})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of lifelines with newer pandas
            exact = {"fit_options": {"precision": 1e-12}}
            fit = lifelines.CoxPHFitter().fit(table, "time", "event", **exact)
            test = lifelines.statistics.proportional_hazard_test(fit, table, "rank")
        trend, p = change_of_hazards(time, event, x)
        assert p == pytest.approx(test.p_value[0], rel=1e-8)
        assert (p < 0.001) == changes
        assert trend < 0
    for few in (event & (np.cumsum(event) < 3), np.zeros(300)):
        assert np.isnan(change_of_hazards(steady, few, x)).all()
    assert np.isnan(change_of_hazards(steady, event, np.ones(300))).all()


def test_three_thousand_rows_are_quick_and_exact():
    rng = np.random.default_rng(1)
    time, risk = rng.permutation(3000) + 1.0, rng.normal(size=3000)
    tau, _ = stats.kendalltau(time, -risk)
    assert harrell(time, np.ones(3000), risk) == pytest.approx((1 + tau) / 2, abs=1e-12)
