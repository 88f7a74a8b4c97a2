"""Independent folds: every group is tested on once, and nothing is on both sides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import LeaveOneGroupOut, PredefinedSplit

from qmann_core.data import Fold, Folds, given_folds, grouped, tail, walk_forward
from qmann_core.data.splits import check_apart
from qmann_core.errors import DataError

groups = st.lists(st.integers(0, 6), min_size=2, max_size=40).map(np.array)


def rows(folds):
    return [(fold.train.tolist(), fold.test.tolist()) for fold in folds]


def of_split(split):
    return [(train.tolist(), test.tolist()) for train, test in split]


@given(groups, st.integers(2, 7), st.integers(0, 3))
def test_grouped_keeps_its_laws(group, n_folds, seed):
    n_groups = len(np.unique(group))
    if n_folds > n_groups:
        message = f"got {n_folds} folds of {n_groups} groups: expected at least two"
        with pytest.raises(DataError, match=message):
            grouped(group, n_folds, seed=seed)
        return
    folds = grouped(group, n_folds, seed=seed)
    assert (folds.kind, len(folds)) == ("independent", n_folds)
    tested = np.concatenate([fold.test for fold in folds])
    assert sorted(tested) == list(range(len(group)))  # each sample once
    sizes = []
    for fold in folds:
        assert sorted([*fold.train, *fold.test]) == list(range(len(group)))
        assert not set(group[fold.train]) & set(group[fold.test])
        sizes.append(len(set(group[fold.test])))
    assert max(sizes) - min(sizes) <= 1  # as many groups in each, or one more
    assert rows(folds) == rows(grouped(group, n_folds, seed=seed))


def test_one_group_is_left_out_at_a_time_in_an_order_by_the_seed():
    group = np.array(["b", "a", "c", "a", "b", "d"])
    expected = sorted(of_split(LeaveOneGroupOut().split(group, groups=group)))
    found = [rows(grouped(group, seed=seed)) for seed in (0, 1, 2, 3)]
    assert all(sorted(each) == expected for each in found)
    assert any(each != found[0] for each in found)


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=30).map(np.array))
def test_given_folds_are_those_of_scikit_learn(tested_in):
    numbers = np.unique(tested_in[tested_in >= 0])
    if not len(numbers) or (len(numbers) == 1 and (tested_in >= 0).all()):
        message = rf"got the folds .* of {len(tested_in)} samples: expected at least one, and samp"
        with pytest.raises(DataError, match=message):
            given_folds(tested_in)
        return
    folds = given_folds(tested_in)
    assert folds.kind == "independent"
    assert rows(folds) == of_split(PredefinedSplit(tested_in).split())


def test_one_model_walks_along_expanding_folds_and_another_through_each_independent_one():
    folds = given_folds(np.array([0, 1, 2, 0]))
    assert [rows(walk) for walk in folds.walks] == [[each] for each in rows(folds)]
    assert {walk.kind for walk in folds.walks} == {"independent"}
    time, unit = np.arange(9), np.zeros(9, dtype=int)
    expanding = walk_forward(time, unit, test_size=4, refit_every=2, embargo=1)
    assert expanding.walks == (expanding,)


# What is held back of a training part


def test_the_latest_rows_of_expanding_folds_are_held_back():
    time, unit = np.arange(20), np.zeros(20, dtype=int)
    found = Folds(()).held_back(time, unit, fraction=0.2, embargo=3)
    for part, expected in zip(found, tail(time, unit, fraction=0.2, embargo=3), strict=True):
        np.testing.assert_array_equal(part, expected)


@given(groups, st.floats(0.05, 0.49))
def test_whole_units_of_independent_folds_are_held_back(unit, fraction):
    folds, time = Folds((), "independent"), np.arange(len(unit))
    learned, validated = folds.held_back(time, unit, fraction=fraction, embargo=1)
    assert sorted([*learned, *validated]) == list(range(len(unit)))
    among = unit if len(set(unit)) > 1 else time
    out = set(among[validated])
    assert not out & set(among[learned])
    # at least one; about the fraction where there are enough
    wanted = len(set(among)) / min(round(1 / fraction), len(set(among)))
    assert abs(len(out) - wanted) < 1
    again = folds.held_back(time, unit, fraction=fraction, embargo=1)
    np.testing.assert_array_equal(again[1], validated)


def test_a_single_row_cannot_be_held_back_from_itself():
    one = np.zeros(1, dtype=int)
    with pytest.raises(DataError, match="got 1 folds of 1 groups: expected at least two"):
        Folds((), "independent").held_back(one, one, fraction=0.15, embargo=1)


# Units


def test_units_on_both_sides_of_an_independent_fold_are_refused():
    unit, names = np.array([0, 0, 1, 1, 2]), ("ann", "bob", "cy")
    crossing = Folds((Fold(np.array([0, 2, 4]), np.array([1, 3])),), "independent")
    message = r"ann is trained on and tested on in one fold, and 1 more units are: .* grouped\("
    with pytest.raises(DataError, match=message):
        check_apart(crossing, unit, names)
    check_apart(grouped(unit), unit, names)
    check_apart(Folds(crossing.rows, "expanding"), unit, names)  # time parts them
    check_apart(crossing, np.zeros(5, dtype=int), ("rows",))  # no units at all
