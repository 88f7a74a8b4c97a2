"""Splits in time: what is trained on is known before anything it is tested on begins."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qmann_core.data import tail, walk_forward
from qmann_core.errors import DataError

START = np.datetime64("2020-01-01")


@st.composite
def series(draw):
    """Up to three series of different length, each with a calendar of its own: time and group."""
    n = draw(st.integers(1, 40))
    days = st.lists(st.integers(0, 2 * n), min_size=1, max_size=n, unique=True)
    drawn = draw(st.lists(days.map(sorted), min_size=1, max_size=3))
    time = START + np.concatenate([np.array(s) for s in drawn])
    return time, np.repeat(np.arange(len(drawn)), [len(s) for s in drawn])


def known_when(time, group, embargo):
    """For each sample, when its target is known: one loop, as a person would count."""
    known = []
    for i, number in enumerate(group):
        own = [t for t, g in zip(time, group, strict=True) if g == number and t >= time[i]]
        known.append(own[embargo] if embargo < len(own) else np.datetime64("9999-01-01"))
    return np.array(known)


@given(series(), st.integers(1, 12), st.integers(1, 6), st.data())
def test_walk_forward_keeps_its_laws(samples, refit_every, embargo, data):
    time, group = samples
    dates = np.unique(time)
    assume(len(dates) >= 2)
    test_size = data.draw(st.integers(1, len(dates) - 1))
    known_at = known_when(time, group, embargo)
    starts = dates[len(dates) - test_size :][::refit_every]
    assume((known_at <= starts[0]).any())
    folds = walk_forward(time, group, test_size=test_size, refit_every=refit_every, embargo=embargo)
    assert len(folds) == len(starts)
    # every sample of the last dates is tested, once
    tested = np.concatenate([fold.test for fold in folds])
    assert sorted(tested) == np.flatnonzero(time >= starts[0]).tolist()
    for number, (fold, start) in enumerate(zip(folds, starts, strict=True)):
        assert time[fold.test].min() == start
        # all that is known when the first test day is predicted is trained on, and no more
        assert fold.train.tolist() == np.flatnonzero(known_at <= start).tolist()
        assert time[fold.train].max() < start
        assert len(np.unique(time[fold.test])) <= refit_every
        if number:  # the window expands
            assert set(folds[number - 1].train) <= set(fold.train)
            assert time[folds[number - 1].test].max() < start


@given(series(), st.integers(1, 12), st.integers(1, 8), st.integers(0, 50))
def test_walk_forward_refuses_when_nothing_is_left_to_train_on(samples, refit_every, embargo, more):
    time, group = samples
    n_dates = len(np.unique(time))
    test_size = max(1, n_dates - embargo + 1) + more  # even more than there are
    message = (
        rf"got {n_dates} dates, of which the last {test_size} are to test on, with targets "
        rf"{embargo} ahead: nothing is left to train on; give a longer history or test on fewer"
    )
    with pytest.raises(DataError, match=message):
        walk_forward(time, group, test_size=test_size, refit_every=refit_every, embargo=embargo)


def test_walk_forward_by_hand():
    time = START + np.array([0, 1, 2, 3, 4, 5, 2, 3, 4, 5])
    group = np.array([0] * 6 + [1] * 4)
    folds = walk_forward(time, group, test_size=3, refit_every=2, embargo=2)
    assert [(f.train.tolist(), f.test.tolist()) for f in folds] == [
        ([0, 1], [3, 4, 7, 8]),
        ([0, 1, 2, 3, 6, 7], [5, 9]),
    ]


def test_a_series_that_trades_less_often_waits_longer():
    """Its target, two of its own days ahead, is known later than that of one that trades daily."""
    daily, weekly = np.arange(30), np.arange(0, 30, 7)
    time = START + np.concatenate((daily, weekly))
    group = np.repeat([0, 1], [len(daily), len(weekly)])
    (fold,) = walk_forward(time, group, test_size=10, refit_every=10, embargo=2)
    assert time[fold.train[group[fold.train] == 0]].max() == START + 18
    assert time[fold.train[group[fold.train] == 1]].max() == START  # known on day 14; next: 21
    assert time[fold.test].min() == START + 20


@given(series(), st.floats(0.01, 0.49), st.integers(1, 6))
def test_tail_keeps_its_laws(samples, fraction, embargo):
    time, group = samples
    dates = np.unique(time)
    n_later = round(fraction * len(dates))
    first = dates[len(dates) - max(n_later, 1)]
    known = known_when(time, group, embargo) <= first
    if n_later < 1 or not known.any():
        message = rf"got {len(dates)} dates: too few to keep .* with an embargo of {embargo}; give"
        with pytest.raises(DataError, match=message):
            tail(time, group, fraction=fraction, embargo=embargo)
        return
    earlier, later = tail(time, group, fraction=fraction, embargo=embargo)
    assert later.tolist() == np.flatnonzero(time >= first).tolist()
    assert earlier.tolist() == np.flatnonzero(known).tolist()
    assert time[earlier].max() < time[later].min()


def test_tail_by_hand():
    time = START + np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 9])
    group = np.array([0] * 10 + [1] * 2)
    earlier, later = tail(time, group, fraction=0.2, embargo=3)
    assert earlier.tolist() == [0, 1, 2, 3, 4, 5]
    assert later.tolist() == [8, 9, 10, 11]


def test_without_an_embargo_of_more_than_a_step_nothing_is_left_out():
    time, group = START + np.arange(10), np.zeros(10, dtype=np.int64)
    earlier, later = tail(time, group, fraction=0.3, embargo=1)
    assert [*earlier, *later] == list(range(10))
    (fold,) = walk_forward(time, group, test_size=4, refit_every=4, embargo=1)
    assert [*fold.train, *fold.test] == list(range(10))


def test_too_short_a_tail_is_explained():
    group = np.zeros(3, dtype=np.int64)
    with pytest.raises(DataError, match=r"got 3 dates: too few to keep 15% .* an embargo of 1; gi"):
        tail(START + np.arange(3), group, fraction=0.15, embargo=1)
