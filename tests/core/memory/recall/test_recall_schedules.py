import numpy as np
import pytest
from steps import general_success

from qmann_core.memory.recall.schedules import SCHEDULES, phases, search, verified
from qmann_core.memory.search import AmplitudeAmplification, Search

MISS = 1e-6


def _about(p0):
    return AmplitudeAmplification(np.array([p0, 1 - p0]), np.array([1.0, 0.0]))


def _search(schedule, p0, seed=0, bound=1 / 1024, **options):
    generator = np.random.default_rng(seed)
    options = {"lower_bound": bound, "delta": 0.2, "miss": MISS, **options}
    return search(schedule, _about(p0), generator, **options)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("p0", [1 / 1024, 0.01, 0.3, 0.9, 1.0])
def test_every_schedule_ends_with_a_hit(schedule, p0):
    ended = [_search(schedule, p0, seed) for seed in range(40)]
    assert all(each.found for each in ended)
    for each in ended:
        attempts = each.preparations - 2 * each.oracle_calls
        assert attempts >= len(each.iterations) >= 1
        assert each.miss_bound <= 1.001 * MISS


@pytest.mark.parametrize("schedule", ["known", "exact", "fixed_point"])
def test_attempts_follow_the_geometric_law(schedule):
    """Of one success probability each: their mean number is its inverse."""
    ended = [_search(schedule, 0.3, seed) for seed in range(2000)]
    chance = ended[0].success_probability
    attempts = np.array([len(each.iterations) for each in ended])
    error = np.sqrt(1 - chance) / chance / np.sqrt(2000)
    assert abs(attempts.mean() - 1 / chance) <= 4 * error + 1e-12


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_nothing_ends_too(schedule):
    ended = _search(schedule, 0.0)
    assert not ended.found
    assert ended.success_probability == 0
    assert ended.miss_bound <= 1.001 * MISS
    assert (ended.preparations == 0) == (schedule in ("known", "exact"))


def test_an_estimate_serves_as_well_as_the_truth_and_costs_more():
    told = [_search("known", 0.002, seed) for seed in range(100)]
    estimated = [_search("estimate", 0.002, seed) for seed in range(100)]
    best = told[0].success_probability
    assert np.mean([each.success_probability for each in estimated]) > 0.99 * best
    calls = [np.mean([each.oracle_calls for each in side]) for side in (told, estimated)]
    assert calls[1] > 10 * calls[0]


@pytest.mark.parametrize("schedule", ["exact", "fixed_point"])
@pytest.mark.parametrize("p0", [0.004, 0.3])
def test_phases_are_those_of_the_attempt(schedule, p0):
    ended = _search(schedule, p0)
    sequence = phases(schedule, _about(p0), ended, 0.2)
    assert len(sequence) == ended.iterations[0]
    assert general_success(p0, sequence) == pytest.approx(ended.success_probability, abs=1e-9)


def test_plain_iterates_have_no_phases_of_their_own():
    assert phases("known", _about(0.1), _search("known", 0.1), 0.2) is None


def _hit(found=True):
    return Search(
        found=found,
        success_probability=0.5,
        iterations=(2,),
        miss_bound=1e-9,
    )


def test_hits_that_fail_the_check_are_searched_again():
    generator = np.random.default_rng(0)
    sums = {"leaked": 3.0, "total": 4.0, "least": 1.0, "miss": MISS, "generator": generator}
    ended = [verified(_hit, **sums) for _ in range(2000)]
    rounds = np.array([len(each.iterations) for each in ended])
    assert all(each.found for each in ended)
    assert rounds.mean() == pytest.approx(4, rel=0.1)  # one in four passes
    assert ended[0].oracle_calls == 2 * rounds[0]
    assert ended[0].preparations == 5 * rounds[0]
    assert ended[0].miss_bound <= 2e-6


def test_what_all_passes_is_searched_once():
    sums = {"leaked": 0.0, "total": 4.0, "least": 1.0, "miss": MISS}
    ended = verified(_hit, **sums, generator=np.random.default_rng(0))
    assert ended.found
    assert ended.iterations == (2,)
    assert ended.miss_bound == 1e-9


def test_a_search_for_what_is_not_there_ends():
    sums = {"leaked": 4.0, "total": 4.0, "least": 0.01, "miss": MISS}
    ended = verified(_hit, **sums, generator=np.random.default_rng(0))
    assert not ended.found
    assert len(ended.iterations) == 128
    assert ended.miss_bound == pytest.approx((4 / 4.01) ** 128, rel=1e-3)


def test_a_search_without_a_hit_is_the_last():
    sums = {"leaked": 3.0, "total": 4.0, "least": 1.0, "miss": MISS}
    ended = verified(lambda: _hit(found=False), **sums, generator=np.random.default_rng(0))
    assert not ended.found
    assert len(ended.iterations) == 1
