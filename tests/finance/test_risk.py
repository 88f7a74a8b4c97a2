import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qmann_core.errors import ConfigError, DataError
from qmann_finance.risk import christoffersen, expected_shortfall, kupiec, value_at_risk
from scipy import integrate, stats

ONE, ZERO = np.ones(1), np.zeros(1)


def test_worked_example_of_ten_residuals():
    residuals = np.array([3.0, -4, 1, -1, 0, 2, -2, 5, -3, 4])
    levels = [0.9, 0.8, 0.75]
    at_risk = value_at_risk(np.array([0.5]), np.array([2.0]), residuals, levels)
    shortfall = expected_shortfall(np.array([0.5]), np.array([2.0]), residuals, levels)
    np.testing.assert_allclose(at_risk, [[7.5, 5.5, 3.5]])  # quantiles -4, -3, -2
    np.testing.assert_allclose(shortfall, [[7.5, 6.5, 2 * (4 + 3 + 0.5 * 2) / 2.5 - 0.5]])


def test_normal_residuals_give_the_closed_forms():
    residuals = stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    for level in (0.95, 0.99):
        z = stats.norm.ppf(level)
        assert value_at_risk(ZERO, ONE, residuals, [level])[0, 0] == pytest.approx(z, abs=1e-3)
        mean = stats.norm.pdf(z) / (1 - level)
        assert expected_shortfall(ZERO, ONE, residuals, [level])[0, 0] == pytest.approx(mean, 1e-3)


@given(st.integers(1, 60), st.floats(0.01, 0.99), st.integers(0, 2**31))
def test_shortfall_is_the_mean_of_value_at_risk_over_the_worse_levels(size, level, seed):
    residuals = np.random.default_rng(seed).standard_t(3, size)
    steps = np.arange(1, size) / size  # where the quantile jumps
    edges = np.concatenate([[0.0], steps[steps < 1 - level], [1 - level]])
    middles = (edges[1:] + edges[:-1]) / 2
    worse = value_at_risk(ZERO, ONE, residuals, list(1 - middles))[0]
    expected = worse @ np.diff(edges) / (1 - level)
    found = expected_shortfall(ZERO, ONE, residuals, [level])[0, 0]
    assert found == pytest.approx(expected, abs=1e-6)
    assert found >= value_at_risk(ZERO, ONE, residuals, [level])[0, 0] - 1e-9


def test_residuals_of_each_origin_serve_that_origin():
    generator = np.random.default_rng(0)
    location, scale = generator.standard_normal(4), generator.random(4) + 0.5
    residuals = generator.standard_normal((4, 30))
    for risk in (value_at_risk, expected_shortfall):
        together = risk(location, scale, residuals, [0.9, 0.95])
        alone = [risk(location[[i]], scale[[i]], residuals[i], [0.9, 0.95])[0] for i in range(4)]
        np.testing.assert_allclose(together, alone)


def test_in_sample_violations_are_as_many_as_promised():
    returns = np.random.default_rng(1).standard_t(4, 1000)
    at_risk = value_at_risk(np.zeros(1000), np.ones(1000), returns, [0.95, 0.99])
    assert (-returns[:, None] > at_risk).sum(axis=0).tolist() == [49, 9]  # beyond rank 50 and 10


def test_what_is_no_level_and_no_residual_is_refused():
    with pytest.raises(ConfigError, match=r"between 0 and 1, such as 0\.99; got 99"):
        value_at_risk(ZERO, ONE, np.zeros(5), [99])
    with pytest.raises(DataError, match="got 3 of which 1 are not finite"):
        expected_shortfall(ZERO, ONE, np.array([0.0, 1.0, np.nan]), [0.95])
    with pytest.raises(DataError, match="got 0 of which 0"):
        value_at_risk(ZERO, ONE, np.zeros(0), [0.95])


# Kupiec 1995, table 3 (also in Jorion, "Value at Risk", chapter 6): for each tail probability
# and number of days, the violations x with low < x < high are not rejected at 95 %. His first entry
# has no lower end, although the ratio of no violation in 255 days, -510 log(.99) = 5.1, rejects.
NOT_REJECTED = {
    (0.01, 255): (0, 7), (0.01, 510): (1, 11), (0.01, 1000): (4, 17),
    (0.025, 255): (2, 12), (0.025, 510): (6, 21), (0.025, 1000): (15, 36),
    (0.05, 255): (6, 21), (0.05, 510): (16, 36), (0.05, 1000): (37, 65),
    (0.075, 255): (11, 28), (0.075, 510): (27, 51), (0.075, 1000): (59, 92),
    (0.10, 255): (16, 36), (0.10, 510): (38, 65), (0.10, 1000): (81, 120),
}  # fmt: skip


@pytest.mark.parametrize(("tail", "days"), NOT_REJECTED)
def test_kupiec_does_not_reject_what_his_table_says(tail, days):
    accepted = [
        hits for hits in range(days // 4) if kupiec(_hits(hits, days), 1 - tail).p_value > 0.05
    ]
    low, high = NOT_REJECTED[tail, days]
    assert accepted == list(range(low + 1, high))


def _hits(hits, days):
    return np.arange(days) < hits


def test_kupiec_of_a_worked_example():
    # 4 of 100 at 99 %: 2 (96 log(.96/.99) + 4 log(4)) = 5.1816
    found = kupiec(_hits(4, 100), 0.99)
    assert found.statistic == pytest.approx(2 * (96 * math.log(0.96 / 0.99) + 4 * math.log(4)))
    assert found.statistic == pytest.approx(5.1816, abs=5e-3)
    assert found.p_value == pytest.approx(math.erfc(math.sqrt(found.statistic / 2)))


def test_as_many_violations_as_promised_are_no_evidence():
    found = kupiec(_hits(5, 100), 0.95)
    assert found.statistic == pytest.approx(0.0, abs=1e-12)
    assert found.p_value == pytest.approx(1.0, abs=1e-5)


def test_christoffersen_of_a_worked_example():
    # 0 0 1 1 0 0 0 1 0 0 0: n_00 = 5, n_01 = 2, n_10 = 2, n_11 = 1
    violations = np.array([0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0], dtype=bool)
    found = christoffersen(violations, 0.75)
    dependent = 5 * math.log(5 / 7) + 2 * math.log(2 / 7) + 2 * math.log(2 / 3) + math.log(1 / 3)
    single = 7 * math.log(0.7) + 3 * math.log(0.3)
    assert found.independence.statistic == pytest.approx(2 * (dependent - single))
    total = found.independence.statistic + kupiec(violations, 0.75).statistic
    assert found.conditional_coverage.statistic == pytest.approx(total)
    assert found.conditional_coverage.p_value == pytest.approx(math.exp(-total / 2))
    assert (found.independence.degrees, found.conditional_coverage.degrees) == (1, 2)


def test_clusters_are_found_where_their_number_is_right():
    violations = np.zeros(500, dtype=bool)
    violations[100:125] = True
    assert kupiec(violations, 0.95).p_value > 0.99
    assert christoffersen(violations, 0.95).independence.p_value < 1e-6
    assert christoffersen(violations, 0.95).conditional_coverage.p_value < 1e-6


def test_independent_violations_of_the_right_frequency_are_rarely_rejected():
    violations = np.random.default_rng(2).random((1000, 500)) < 0.1
    tests = [christoffersen(row, 0.9) for row in violations]
    low, high = stats.binom(1000, 0.05).interval(0.9999)
    assert low <= sum(t.independence.p_value < 0.05 for t in tests) <= high
    assert low <= sum(t.conditional_coverage.p_value < 0.05 for t in tests) <= high


@pytest.mark.parametrize(
    ("always", "log_promise"), [(False, math.log(0.99)), (True, math.log(0.01))]
)
def test_no_violation_and_nothing_else(always, log_promise):
    violations = np.full(250, always)
    assert kupiec(violations, 0.99).statistic == pytest.approx(-2 * 250 * log_promise)
    found = christoffersen(violations, 0.99)
    assert (found.independence.statistic, found.independence.p_value) == (0.0, 1.0)
    assert found.conditional_coverage.statistic == pytest.approx(-500 * log_promise)


def test_too_few_days_are_refused():
    with pytest.raises(DataError, match="at least 1 days, got 0"):
        kupiec(np.zeros(0, dtype=bool), 0.99)
    with pytest.raises(DataError, match="at least 2 days, got 1"):
        christoffersen(np.zeros(1, dtype=bool), 0.99)
    with pytest.raises(ConfigError, match="between 0 and 1"):
        kupiec(np.zeros(10, dtype=bool), 1.0)


def test_shortfall_of_students_t_by_integration():
    nu, level = 5, 0.975
    residuals = stats.t.ppf((np.arange(200_000) + 0.5) / 200_000, nu)
    expected = -integrate.quad(lambda u: stats.t.ppf(u, nu), 0, 1 - level)[0] / (1 - level)
    found = expected_shortfall(ZERO, ONE, residuals, [level])[0, 0]
    assert found == pytest.approx(expected, rel=2e-3)
