"""Splits of data without time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.data import arrange, held_out, samples_in_order
from qmann_core.data.orders import Arrangement
from qmann_core.errors import DataError

GROUPS = np.array(["b", "a", "c", "a", "c", "a", "d"])


@given(st.integers(4, 60), st.floats(0.2, 0.7), st.integers(0, 5))
def test_a_random_split_is_a_permutation_with_the_end_held_out(n, fraction, seed):
    found = arrange("random", n, test_fraction=fraction, seed=seed)
    assert sorted(found.order) == list(range(n))
    assert found.test.sum() == round(fraction * n)
    assert np.all(np.diff(found.test.astype(int)) >= 0)


def test_scaffolds_stay_together_the_largest_first():
    found = arrange("scaffold", 7, test_fraction=0.3, seed=0, groups=GROUPS)
    assert GROUPS[found.order].tolist() == ["a", "a", "a", "c", "c", "d", "b"]
    assert found.test.sum() == 2


def test_the_newest_are_held_out():
    found = arrange("time", 4, test_fraction=0.25, seed=0, time=np.array([3.0, 1.0, 4.0, 2.0]))
    assert found.order.tolist() == [1, 3, 0, 2]


def test_a_given_split_keeps_its_parts_and_mixes_the_training_part():
    test = np.arange(40) % 4 == 0
    found = arrange("given", 40, test_fraction=0.5, seed=1, given=test)
    assert set(found.order[found.test]) == set(np.flatnonzero(test))
    train = found.order[~found.test]
    assert not np.all(np.diff(train) > 0)


@pytest.mark.parametrize(
    ("split", "options", "message"),
    [
        ("given", {}, "the split 'given' cannot be made: add a column split with train or test"),
        ("scaffold", {}, "the split 'scaffold' cannot be made"),
        ("time", {}, "the split 'time' cannot be made"),
        ("time", {"time": np.array([1.0, np.nan, 2.0])}, "1 of 3 have none"),
        (
            "given",
            {"given": np.zeros(3, dtype=bool)},
            "got 3 rows .* puts 0 .* correct the column spl",
        ),
        ("random", {"test_fraction": 0.01}, "got 3 rows .* 'random' puts 0 .* give more rows"),
    ],
)
def test_a_split_that_cannot_be_made_is_refused(split, options, message):
    with pytest.raises(DataError, match=message):
        arrange(split, 3, **{"test_fraction": 0.3, "seed": 0, **options})


def made(y, arrangement):
    x = np.arange(2.0 * len(y)).reshape(-1, 2)
    label = np.array([f"m{i}" for i in range(len(y))])
    target = np.array(y)[:, None]
    return samples_in_order(x, target, label, arrangement=arrangement, name="things")


def test_known_samples_come_in_the_order_of_the_split_then_those_to_predict():
    order = Arrangement(np.array([2, 0, 1]), np.array([False, False, True]))
    samples = made([0.0, np.nan, 1.0, 2.0], order)
    assert samples.label.tolist() == ["m3", "m0", "m2", "m1"]
    assert samples.x[:, 0, 0].tolist() == [6, 0, 4, 2]
    assert samples.regressors[:, 0].tolist() == [1, 1, 1, 1]
    assert not samples.dated
    known = samples[samples.known]
    (fold,) = held_out(known, None)
    assert (fold.train.tolist(), fold.test.tolist()) == ([0, 1], [2])


def test_each_sample_may_recall_those_before_it_and_what_is_predicted_all():
    order = Arrangement(np.array([2, 0, 1]), np.array([False, False, True]))
    samples = made([0.0, np.nan, 1.0, 2.0], order)
    known, new = samples[samples.known], samples[~samples.known]
    recalled = known.settled[None] <= known.origin[:, None]
    assert recalled.tolist() == np.tri(3, k=-1, dtype=bool).tolist()
    assert bool((known.settled <= new.origin).all())


def test_a_split_without_both_parts_is_refused():
    samples = made([0.0, 1.0, 2.0], Arrangement(np.arange(3), np.zeros(3, dtype=bool)))
    with pytest.raises(DataError, match="got 3 samples, 0 to test on"):
        held_out(samples, None)
