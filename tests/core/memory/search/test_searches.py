"""Searches with counted calls, against closed forms, laws and plain sorting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from steps import general_success

from qmann_core.errors import ConfigError, DataError
from qmann_core.memory.search import (
    bbht,
    durr_hoyer,
    exact,
    fixed_point,
    known,
    success_probability,
)
from qmann_core.memory.search.search import _misses, _ranges


def _exponent(sizes, calls):
    return np.polyfit(np.log(sizes), np.log(calls), 1)[0]


def _runs(p0, lower_bound, runs, seed):
    generator = np.random.default_rng(seed)
    return [bbht(p0, generator, lower_bound=lower_bound) for _ in range(runs)]


@pytest.mark.parametrize(("size", "marked"), [(2**12, 1), (2**18, 1), (2**18, 60)])
def test_an_unknown_number_of_matches_takes_about_sqrt_calls(size, marked):
    searches = _runs(marked / size, 1 / size, 2000, seed=marked)
    calls = np.array([search.oracle_calls for search in searches])
    assert all(search.found for search in searches)
    assert 1.1 <= calls.mean() / np.sqrt(size / marked) <= 1.5
    ranges, _ = _ranges(1 / size, 1e-6)
    reached = np.concatenate([[1.0], np.cumprod(_misses(marked / size, ranges))[:-1]])
    mean = np.sum((ranges - 1) / 2 * reached)
    assert abs(calls.mean() - mean) < 4 * calls.std() / np.sqrt(len(calls))


def test_every_call_is_counted():
    for search in _runs(0.001, 1e-4, 50, seed=0):
        steps = np.array(search.iterations)
        assert search.oracle_calls == steps.sum()
        assert search.evaluations == (steps + 1).sum()
        assert search.preparations == (2 * steps + 1).sum()


def test_counted_calls_grow_with_the_square_root():
    sizes = 2.0 ** np.arange(6, 21)
    searches = [_runs(1 / size, 1 / size, 300, seed=1) for size in sizes]
    evaluations = [np.mean([s.evaluations for s in each]) for each in searches]
    preparations = [np.mean([s.preparations for s in each]) for each in searches]
    assert _exponent(sizes, evaluations) == pytest.approx(0.5, abs=0.02)
    assert _exponent(sizes, preparations) == pytest.approx(0.5, abs=0.03)
    for schedule in (known, exact, lambda p0: fixed_point(p0, p0, 0.1)):
        calls = [schedule(1 / size).oracle_calls for size in sizes]
        assert _exponent(sizes, calls) == pytest.approx(0.5, abs=0.01)


def test_a_search_without_matches_ends():
    generator = np.random.default_rng(0)
    for size in (1, 2, 100, 2**20):
        search = bbht(0.0, generator, lower_bound=1 / size)
        assert not search.found
        assert search.success_probability == 0
        assert 0 < search.miss_bound <= 1e-6
        assert search.oracle_calls <= 20 * np.sqrt(size)
    assert bbht(0.0, generator, lower_bound=1.0, miss=1.0).iterations == (0,)


@given(st.floats(1e-9, 1.0), st.floats(0.0, 1.0), st.floats(1e-9, 0.9))
def test_the_bound_of_a_miss_is_true(lower_bound, place, miss):
    p0 = lower_bound ** (1 - place)  # anywhere from the lower bound to 1
    search = bbht(p0, np.random.default_rng(0), lower_bound=lower_bound, miss=miss)
    assert 1 - search.success_probability <= search.miss_bound + 1e-12
    assert search.miss_bound <= miss


def test_every_attempt_at_full_range_misses_with_two_thirds_at_most():
    for lower_bound in np.geomspace(1e-8, 1, 25):
        ranges, _ = _ranges(float(lower_bound), 0.5)
        few, many = np.geomspace(lower_bound, 1, 199), np.geomspace(1e-9, 1, 199)
        for p0 in (*few, *(1 - many * (1 - lower_bound))):
            assert _misses(float(p0), ranges[-1:])[0] <= 2 / 3 + 1e-9


@given(st.floats(0.0, 1.0), st.integers(1, 40))
def test_the_mean_over_random_iterations_has_a_closed_form(p0, size):
    direct = np.mean(1 - success_probability(p0, np.arange(size)))
    assert _misses(p0, np.array([size]))[0] == pytest.approx(direct, abs=1e-9)


@pytest.mark.parametrize("p0", [0.0, 1e-6, 0.01, 0.3, 0.9, 1.0])
def test_single_attempts_have_their_closed_forms(p0):
    plain, sure, fixed = known(p0), exact(p0), fixed_point(p0, 0.05, 0.1)
    steps = plain.iterations[0]
    assert plain.success_probability == pytest.approx(success_probability(p0, steps))
    assert sure.success_probability == pytest.approx(float(p0 > 0), abs=1e-12)
    assert fixed.success_probability >= (0.99 if p0 >= 0.05 else 0.0)
    assert fixed.miss_bound == pytest.approx(0.01)
    for search in (plain, sure, fixed):
        assert search.found == (p0 > 0)
        assert search.preparations == 2 * search.oracle_calls + 1
        assert search.oracle_calls == search.iterations[0]
    for search in (plain, sure):
        assert search.miss_bound == (1 - search.success_probability if p0 else 0)


def test_same_seed_same_search():
    assert _runs(0.01, 0.001, 5, seed=7) == _runs(0.01, 0.001, 5, seed=7)
    assert _runs(0.01, 0.001, 5, seed=7) != _runs(0.01, 0.001, 5, seed=8)


@given(st.integers(1, 40), st.integers(1, 45), st.integers(0, 2**32 - 1), st.booleans())
def test_the_k_best_are_those_of_sorting(size, k, seed, rounded):
    generator = np.random.default_rng(seed)
    values = generator.standard_normal(size)
    values = np.round(values) if rounded else values  # many equal ones
    best = durr_hoyer(values, k, generator, miss=1e-9)
    expected = np.lexsort((np.arange(size), -values))[:k]
    np.testing.assert_array_equal(best.indices, expected)


@pytest.mark.parametrize("k", [1, 8])
def test_the_number_of_rounds_follows_the_law_of_records(k):
    # the entry of rank r is among the k at some time with probability min(1, k / r)
    size, generator = 200, np.random.default_rng(k)
    rounds = np.array([durr_hoyer(generator.random(size), k, generator).rounds for _ in range(100)])
    expected = np.minimum(1, k / np.arange(1, size + 1)).sum() - k + 1
    assert abs(rounds.mean() - expected) < 4 * rounds.std() / np.sqrt(len(rounds))


def test_finding_the_best_takes_about_sqrt_calls():
    generator = np.random.default_rng(0)
    sizes, calls = 2 ** np.arange(6, 15), []
    for size in sizes:
        runs = [durr_hoyer(generator.random(size), 1, generator) for _ in range(40)]
        calls.append(np.mean([run.oracle_calls for run in runs]))
        assert calls[-1] < 25 * np.sqrt(size)
        assert all(run.preparations > 2 * run.oracle_calls for run in runs)
    assert _exponent(sizes, calls) == pytest.approx(0.5, abs=0.04)


def test_all_of_them_need_no_search():
    values = np.array([1.0, 3.0, 2.0, 3.0])
    best = durr_hoyer(values, 9, np.random.default_rng(0))
    np.testing.assert_array_equal(best.indices, [1, 3, 2, 0])
    assert (best.rounds, best.oracle_calls, best.miss_bound) == (0, 0, 0.0)
    assert len(durr_hoyer(np.array([]), 2, np.random.default_rng(0)).indices) == 0


def test_infinite_values_have_a_rank():
    values = np.array([0.0, np.inf, -np.inf, 1.0])
    best = durr_hoyer(values, 2, np.random.default_rng(0))
    np.testing.assert_array_equal(best.indices, [1, 3])


def test_bad_options_are_refused():
    generator = np.random.default_rng(0)
    with pytest.raises(ConfigError, match="lower_bound must be above 1e-30 and at most 1, got 0"):
        bbht(0.1, generator, lower_bound=0.0)
    with pytest.raises(ConfigError, match="miss must be above 0 and at most 1, got 0"):
        bbht(0.1, generator, lower_bound=0.1, miss=0.0)
    with pytest.raises(DataError, match=r"p0 must be a probability.*nan"):
        bbht(float("nan"), generator, lower_bound=0.1)
    with pytest.raises(ConfigError, match="got k=0: expected a whole number from 1"):
        durr_hoyer(np.ones(3), 0, generator)
    with pytest.raises(DataError, match="1 of 2 values are NaN and have no rank"):
        durr_hoyer(np.array([1.0, np.nan]), 1, generator)


def test_the_phases_of_an_attempt_give_its_probability():
    full = np.full((known(0.01).iterations[0], 2), np.pi)
    assert general_success(0.01, full) == pytest.approx(known(0.01).success_probability)
