import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal, stats

from qmann_core.errors import ConfigError, DataError
from qmann_core.evaluation.comparison import (
    Comparison,
    block_bootstrap_interval,
    compare,
    diebold_mariano,
    holm,
    verdict,
)


def _losses(generator, n, horizon):
    """Two losses that follow the same AR(1) and, as h-step forecasts do, an own MA(h - 1)."""
    common = signal.lfilter([1.0], [1.0, -0.9], generator.standard_normal(n))
    own = generator.standard_normal((2, n + horizon - 1))
    moving = np.stack([np.convolve(row, np.ones(horizon), "valid") for row in own])
    return common + moving


@pytest.mark.parametrize("horizon", [1, 5])
def test_equal_forecasts_are_told_apart_in_five_percent_of_cases(horizon):
    generator = np.random.default_rng(0)
    p = np.array(
        [
            diebold_mariano(*_losses(generator, 1000, horizon), horizon=horizon).p_value
            for _ in range(1500)
        ]
    )
    low, high = stats.binom(1500, 0.05).interval(0.999)
    assert low <= np.sum(p < 0.05) <= high
    assert stats.kstest(p, stats.uniform.cdf).pvalue > 0.001


def test_a_horizon_that_is_ignored_finds_differences_that_are_not_there():
    generator = np.random.default_rng(1)
    p = [diebold_mariano(*_losses(generator, 500, 5)).p_value for _ in range(300)]
    assert np.mean(np.array(p) < 0.05) > 0.2


def test_a_planted_difference_is_found_as_often_as_theory_says():
    generator = np.random.default_rng(2)
    shift, n = 0.25, 300  # the difference has variance 2
    p = []
    for _ in range(500):
        a, b = _losses(generator, n, 1)
        p.append(diebold_mariano(a - shift, b).p_value)
    power = stats.norm.cdf(shift * math.sqrt(n / 2) - 1.96)
    assert np.mean(np.array(p) < 0.05) == pytest.approx(power, abs=0.06)


def test_one_step_statistic_is_the_paired_t_statistic():
    # at horizon 1 the correction turns the biased variance into the unbiased one
    a, b = np.random.default_rng(3).standard_normal((2, 40))
    found, expected = diebold_mariano(a, b), stats.ttest_rel(a, b)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.difference == pytest.approx((a - b).mean())


def test_two_step_statistic_of_a_worked_example():
    # d = 1, 3, 2, 4, 5: mean 3, g_0 = 2, g_1 = (0 - 0 - 1 + 2) / 5 = 1/5, V = 12/5
    # correction = (5 + 1 - 4 + 2/5) / 5 = 12/25; statistic^2 = 12/25 * 9 / (12/25) = 9
    found = diebold_mariano(np.array([1.0, 3, 2, 4, 5]), np.zeros(5), horizon=2)
    assert found.statistic == pytest.approx(3.0)
    assert found.p_value == pytest.approx(2 * stats.t.sf(3.0, 4))


def test_a_long_run_variance_that_is_not_positive_gets_bartlett_weights():
    # alternating differences around 1: g_0 = 1, g_1 = -9/10, rectangular V = -8/10,
    # Bartlett V = 1 - 9/10 = 1/10; correction = (10 + 1 - 4 + 2/10) / 10 = 72/100
    difference = 1 + np.tile([1.0, -1.0], 5)
    found = diebold_mariano(difference, np.zeros(10), horizon=2)
    assert found.statistic == pytest.approx(math.sqrt(0.72 / 0.01))


@given(st.integers(0, 2**31), st.integers(1, 6))
def test_swapping_the_forecasts_only_turns_the_sign(seed, horizon):
    a, b = np.random.default_rng(seed).standard_gamma(1.0, (2, 60))
    one, other = (diebold_mariano(*pair, horizon=horizon) for pair in ((a, b), (b, a)))
    assert one.statistic == pytest.approx(-other.statistic)
    assert one.difference == pytest.approx(-other.difference)
    assert one.p_value == pytest.approx(other.p_value)
    assert 0 <= one.p_value <= 1


@pytest.mark.parametrize("noise", [0.0, 1e-15])
def test_identical_losses_are_no_evidence(noise):
    loss = np.random.default_rng(4).standard_normal(50)
    other = loss * (1 + noise)
    test = diebold_mariano(loss, other, horizon=5)
    assert (test.statistic, test.p_value) == (0.0, 1.0)
    (comparison,) = compare({"a": loss, "b": other}, reference="a", horizon=5, seed=0)
    assert comparison.adjusted == 1.0
    assert verdict([comparison], "loss").startswith("By loss, no evidence that a is better")


def test_losses_that_differ_by_a_constant_differ():
    loss = np.linspace(1, 2, 50)
    test = diebold_mariano(loss, loss + 0.1)
    assert (test.statistic, test.p_value) == (-math.inf, 0.0)


def test_losses_that_cannot_be_compared_are_refused():
    loss = np.arange(10.0)
    with pytest.raises(ConfigError, match="horizon must be at least 1, got 0"):
        diebold_mariano(loss, loss, horizon=0)
    with pytest.raises(DataError, match="more than twice the horizon of 5, got 10 and 10"):
        diebold_mariano(loss, loss, horizon=5)
    with pytest.raises(DataError, match=r"same dates .* got 10 and 9"):
        diebold_mariano(loss, loss[1:])
    with pytest.raises(DataError, match="1 losses are not finite"):
        diebold_mariano(loss, np.append(loss[:-1], np.nan))


def test_bootstrap_interval_is_that_of_the_mean():
    n = 2000
    series = 1 + np.random.default_rng(5).standard_normal(n)
    interval = block_bootstrap_interval(
        series, generator=np.random.default_rng(0), block=1.0, resamples=4000
    )
    expected = stats.norm(series.mean(), series.std() / math.sqrt(n)).ppf([0.025, 0.975])
    np.testing.assert_allclose(interval, expected, atol=0.004)


def test_bootstrap_variance_is_that_of_the_stationary_bootstrap():
    # Politis & Romano 1994: n Var = g_0 + 2 sum_i ((1 - i/n) (1-p)^i + i/n (1-p)^(n-i)) g_i
    n, block = 300, 6.0
    series = signal.lfilter([1.0], [1.0, -0.7], np.random.default_rng(6).standard_normal(n))
    centred = series - series.mean()
    lags = np.arange(n)
    covariances = np.array([centred[k:] @ centred[: n - k] / n for k in lags])
    stay = 1 - 1 / block
    weights = (1 - lags / n) * stay**lags + lags / n * stay ** (n - lags)
    expected = (2 * weights @ covariances - covariances[0]) / n
    low, high = block_bootstrap_interval(
        series, generator=np.random.default_rng(0), block=block, resamples=8000, level=0.6827
    )
    assert (high - low) / 2 == pytest.approx(math.sqrt(expected), rel=0.04)


def test_holm_of_a_worked_example():
    p = np.array([0.01, 0.04, 0.03, 0.005])  # x4: .02; x3: .03; x2: .06; x1: .04 -> .06
    np.testing.assert_allclose(holm(p), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([0.6, 0.9])), [1.0, 1.0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_the_raw_and_bonferroni_and_keeps_the_order(p_values):
    p = np.array(p_values)
    adjusted = holm(p)
    assert np.all(p <= adjusted)
    assert np.all(adjusted <= np.minimum(1, len(p) * p) + 1e-15)
    assert np.all(np.diff(adjusted[np.argsort(p)]) >= 0)


def test_compare_measures_everything_from_the_reference():
    generator = np.random.default_rng(7)
    base = generator.standard_gamma(2.0, 400)
    losses = {
        "rival": base + 0.5 + 0.1 * generator.standard_normal(400),
        "mine": base,
        "twin": base + 0.1 * generator.standard_normal(400),
        "strong": base - 0.3 + 0.1 * generator.standard_normal(400),
    }
    found = compare(losses, reference="mine", horizon=1, seed=0)
    assert [c.rival for c in found] == ["rival", "twin", "strong"]
    for c in found:
        raw = diebold_mariano(base, losses[c.rival])
        assert c.difference == pytest.approx(c.reference_loss - c.rival_loss)
        assert c.p_value == raw.p_value
        assert c.interval[0] < c.difference < c.interval[1]
    np.testing.assert_allclose(
        [c.adjusted for c in found], holm(np.array([c.p_value for c in found]))
    )
    assert found == compare(losses, reference="mine", horizon=1, seed=0)
    sentence = verdict(found, "QLIKE")
    p = f"{found[1].adjusted:.3f}".removeprefix("0")
    assert sentence == (
        "By QLIKE, mine is better than rival (p < .001); mine is worse than strong (p < .001); "
        f"no evidence that mine is better or worse than twin (p = {p})."
    )


def _outcome(rival, difference, adjusted):
    return Comparison(
        "mine", rival, 1.0, 1.0 - difference, difference, (-1.0, 1.0), 0.001, adjusted
    )


def test_verdict_claims_nothing_from_five_percent_on():
    outcomes = [_outcome("a", -0.4, 0.05), _outcome("b", -0.4, 0.0499), _outcome("c", 0.4, 1.0)]
    assert verdict(outcomes, "MASE") == (
        "By MASE, mine is better than b (p = .050); "
        "no evidence that mine is better or worse than a (p = .050) and c (p = 1.000)."
    )


def test_a_comparison_that_was_not_made_is_refused():
    loss = np.arange(10.0)
    with pytest.raises(ConfigError, match="'x', with losses of"):
        compare({"a": loss, "b": loss}, reference="x", horizon=1, seed=0)
    with pytest.raises(ConfigError, match="at least two forecasts"):
        compare({"a": loss}, reference="a", horizon=1, seed=0)
