import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qmann_core.errors import ConfigError, DataError
from qmann_core.evaluation.conformal import Calibration
from qmann_core.evaluation.tails import Pareto
from qmann_finance.risk import christoffersen, expected_shortfall, kupiec, percent_loss


def test_loss_of_a_worked_example():
    assert percent_loss(100 * math.log(0.9)) == pytest.approx(10.0)
    assert percent_loss(100 * math.log(1.25)) == pytest.approx(-25.0)
    assert percent_loss(0.0) == 0.0
    assert percent_loss(-1e9) == pytest.approx(100.0)  # there is no more to lose


def test_shortfall_of_two_outcomes():
    """With probability .01 the log return is -30 %, else -10 %."""

    def quantiles(probabilities):
        return np.where(probabilities <= 0.01, -30.0, -10.0)

    bad, usual = percent_loss(-30.0), percent_loss(-10.0)
    assert expected_shortfall(quantiles, 0.01) == pytest.approx(bad)
    assert expected_shortfall(quantiles, 0.05) == pytest.approx((bad + 4 * usual) / 5, rel=1e-2)


def test_normal_outcomes_give_the_closed_form():
    sigma = 20.0  # so wide that loss and log return are far apart
    for level in (0.95, 0.99):
        z = stats.norm.ppf(1 - level)
        found = expected_shortfall(lambda p: sigma * stats.norm.ppf(p), 1 - level)
        s = sigma / 100
        mean = 100 * (1 - math.exp(s**2 / 2) * stats.norm.cdf(z - s) / (1 - level))
        assert found == pytest.approx(mean, 1e-4)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.4])
def test_shortfall_of_a_pareto_tail_is_its_closed_form(shape):
    """McNeil and Frey 2000, equation 16: VaR / (1 - shape) + (scale - shape u) / (1 - shape)."""
    threshold, scale, share, tiny = 1.3, 0.6, 0.1, 1e-3  # so small that loss is log return
    law = Pareto(shape, scale)

    def quantiles(probabilities):
        return -tiny * (threshold + law.quantiles(probabilities / share))

    for tail in (0.01, 0.05):
        at_risk = threshold + law.quantiles(np.array([tail / share]))[0]
        expected = (at_risk + scale - shape * threshold) / (1 - shape)
        assert expected_shortfall(quantiles, tail) == pytest.approx(tiny * expected, rel=1e-3)


@given(st.integers(20, 400), st.floats(0.005, 0.2), st.integers(0, 2**31))
def test_shortfall_is_never_below_the_value_at_risk(size, tail, seed):
    scores = 5 * np.random.default_rng(seed).standard_t(3, (size, 1))
    nominal = np.array([0.01, 0.05])
    calibration = Calibration(scores, nominal, nominal[None])

    def quantiles(probabilities):
        return calibration.quantiles(probabilities, tail=0.1)[0]

    at_risk = percent_loss(quantiles(np.array([tail]))[0])
    assert expected_shortfall(quantiles, tail) >= at_risk - 1e-9


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
