"""Tests over seeds and samples, against closed forms, enumeration and simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal, stats

from qmann_core.evaluation.comparison import block_bootstrap_interval, diebold_mariano
from qmann_core.evaluation.crossed import crossed_test, signed_rank


def enumerated(difference):
    """The exact p-value: of all signs, the share with a rank sum at least as far from its mean."""
    ranks = stats.rankdata(np.abs(difference))
    signs = np.array(list(itertools.product((-1, 1), repeat=len(ranks))))
    return np.mean(np.abs(signs @ ranks) >= abs(np.sign(difference) @ ranks) - 1e-9)


@given(st.lists(st.integers(-6, 6).filter(bool), min_size=1, max_size=8))
def test_the_rank_test_is_exact_with_ties(values):
    difference = np.array(values, dtype=float)
    assert signed_rank(difference)[0] == pytest.approx(enumerated(difference), abs=1e-12)


def test_ten_seeds_that_agree_give_two_in_1024():
    difference = np.arange(1.0, 11.0)
    assert signed_rank(difference) == (2 / 1024, 1.0)
    assert signed_rank(-difference) == (2 / 1024, -1.0)


def test_effect_of_a_worked_example():
    # ranks of 1, -2, 3, 4: W+ = 1 + 3 + 4, W- = 2, (8 - 2) / 10
    assert signed_rank(np.array([1.0, -2, 3, 4]))[1] == pytest.approx(0.6)


def test_differences_of_zero_are_no_evidence():
    assert signed_rank(np.zeros(10)) == (1.0, 0.0)
    assert signed_rank(np.array([0.0, 0, 0, 5])) == (1.0, 1.0)
    assert signed_rank(np.array([0.0, 1, 2, 3, 4, 5, 6, 0])) == (2 / 64, 1.0)


def test_where_only_seeds_differ_it_is_the_t_test_over_seeds():
    seeds = np.random.default_rng(0).standard_normal(8)
    found = crossed_test(np.tile(seeds[:, None], 60))
    expected = stats.ttest_1samp(seeds, 0)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue)


def test_a_single_network_of_a_worked_example():
    # m = 8: k = int(.4 * 4) = 1; the first cosine term of d decides, with one degree of freedom
    difference = np.array([1.0, 2, 0, 1, 3, 4, 2, 3])
    place = math.pi * (np.arange(8) + 0.5) / 8
    variance = (math.sqrt(2 / 8) * np.cos(place) @ difference) ** 2
    statistic = 2 / math.sqrt(variance / 8)
    found = crossed_test(difference[None])
    assert found.difference == 2
    assert found.statistic == pytest.approx(statistic)
    assert found.p_value == pytest.approx(2 * stats.t.sf(statistic, 1))


def test_the_two_errors_add():
    # seed effects +-1 at n = 2: S^2 = 2, S^2 / n = 1; samples as above, Q / m = variance / 8
    samples = np.array([1.0, 2, 0, 1, 3, 4, 2, 3])
    alone = crossed_test(samples[None])
    both = crossed_test(samples + np.array([[-1.0], [1.0]]))
    q = (2 / alone.statistic) ** 2
    assert both.statistic == pytest.approx(2 / math.sqrt(1 + q))
    freedom = (1 + q) ** 2 / (1 + q**2)  # one degree each
    assert both.p_value == pytest.approx(2 * stats.t.sf(both.statistic, freedom))


def test_no_difference_and_a_constant_one():
    assert crossed_test(np.zeros((3, 20))).p_value == 1.0
    constant = crossed_test(np.full((3, 16), -0.5))
    assert constant.statistic < -1e6
    assert constant.p_value < 1e-6


def moving(generator, n, order):
    return np.convolve(generator.standard_normal(n + order - 1), np.ones(order), "valid")


@pytest.mark.parametrize("horizon", [1, 5, 20])
def test_forecasts_that_overlap_are_told_apart_in_five_percent_of_cases(horizon):
    generator = np.random.default_rng(1)
    p = np.array(
        [
            crossed_test(moving(generator, 400, horizon)[None], horizon=horizon).p_value
            for _ in range(1000)
        ]
    )
    assert np.mean(p < 0.05) <= stats.binom(1000, 0.05).isf(0.001) / 1000


def test_neighbours_that_depend_on_each_other_do_not_count_as_many():
    """Losses of real models are alike on days alike; the Diebold-Mariano test takes them as new."""
    generator = np.random.default_rng(2)
    noise = generator.standard_t(4, (1000, 500))
    series = signal.lfilter([1.0], [1.0, -0.5], noise)[:, 100:]
    crossed = np.mean([crossed_test(row[None]).p_value < 0.05 for row in series])
    naive = np.mean([diebold_mariano(row, 0 * row).p_value < 0.05 for row in series[:300]])
    assert crossed <= stats.binom(1000, 0.05).isf(0.001) / 1000
    assert naive > 0.15


@pytest.mark.slow
def test_both_tests_alone_would_claim_in_seventeen_percent_of_cases():
    """Seeds and samples that vary alike: each test sees half of the variance of the mean."""
    generator = np.random.default_rng(3)
    n, m, rounds = 40, 400, 1500
    # the mean of such a table is the seeds' mean plus the samples', each of variance 1
    seeds = math.sqrt(n) * generator.standard_normal((rounds, n, 1))
    samples = math.sqrt(m) * generator.standard_normal((rounds, 1, m))
    both, crossed = 0, 0
    for table in map(np.add, seeds, samples):
        over_seeds = stats.ttest_1samp(table.mean(axis=1), 0).pvalue
        over_samples = stats.ttest_1samp(table.mean(axis=0), 0).pvalue
        both += max(over_seeds, over_samples) < 0.05
        crossed += crossed_test(table).p_value < 0.05
    expected = 2 * stats.norm.sf(stats.norm.isf(0.025) / math.sqrt(2))
    assert expected == pytest.approx(0.166, abs=0.001)
    assert both / rounds == pytest.approx(expected, abs=0.03)
    assert crossed / rounds <= stats.binom(rounds, 0.05).isf(0.001) / rounds


def test_the_interval_has_the_errors_of_seeds_and_of_samples():
    generator = np.random.default_rng(4)
    n, m = 30, 300
    table = generator.standard_normal((n, 1)) + 3 * generator.standard_normal(m)
    low, high = block_bootstrap_interval(
        table, generator=np.random.default_rng(0), block=1.0, level=0.6827, resamples=8000
    )
    error = math.hypot(
        table.mean(axis=1).std() / math.sqrt(n), table.mean(axis=0).std() / math.sqrt(m)
    )
    assert (high - low) / 2 == pytest.approx(error, rel=0.04)
    assert (high + low) / 2 == pytest.approx(table.mean(), abs=0.05 * error)
