"""Splits in time: what is trained on is known before anything it is tested on begins."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qmann_core.data import tail, walk_forward
from qmann_core.errors import DataError

START = np.datetime64("2020-01-01")


@st.composite
def times(draw):
    """Dates of up to three series, of different length and with holes, one after the other."""
    n = draw(st.integers(1, 40))
    days = st.lists(st.integers(0, 2 * n), min_size=1, max_size=n, unique=True)
    series = draw(st.lists(days.map(sorted), min_size=1, max_size=3))
    return START + np.concatenate([np.array(s) for s in series])


def positions(time):
    """For each sample, the place of its date among all dates."""
    return np.unique(time, return_inverse=True)[1]


@given(times(), st.integers(1, 12), st.data())
def test_walk_forward_keeps_its_laws(time, refit_every, data):
    place = positions(time)
    n_dates = int(place.max()) + 1
    assume(n_dates >= 2)
    test_size = data.draw(st.integers(1, n_dates - 1))
    embargo = data.draw(st.integers(1, n_dates - test_size))
    folds = walk_forward(time, test_size=test_size, refit_every=refit_every, embargo=embargo)
    tested = np.concatenate([fold.test for fold in folds])
    # every sample of the last dates is tested, once
    assert sorted(tested) == np.flatnonzero(place >= n_dates - test_size).tolist()
    for number, fold in enumerate(folds):
        # targets of the training part are known when the first test day is predicted
        assert place[fold.train].max() + embargo <= place[fold.test].min()
        # and nothing that is known then is left out: the window expands
        known = place + embargo <= place[fold.test].min()
        assert fold.train.tolist() == np.flatnonzero(known).tolist()
        assert np.ptp(place[fold.test]) < refit_every
        if number:
            assert set(folds[number - 1].train) <= set(fold.train)
            assert place[folds[number - 1].test].max() < place[fold.test].min()
    assert len(folds) == -(-test_size // refit_every)


@given(times(), st.integers(1, 12), st.integers(1, 8), st.integers(0, 50))
def test_walk_forward_refuses_when_nothing_is_left_to_train_on(time, refit_every, embargo, more):
    n_dates = int(positions(time).max()) + 1
    test_size = max(1, n_dates - embargo + 1) + more
    expected = (
        rf"got {n_dates} dates: expected more than {test_size + embargo - 1}, since the last "
        rf"{test_size} are for testing; give a longer history or a smaller test_size"
    )
    with pytest.raises(DataError, match=expected):
        walk_forward(time, test_size=test_size, refit_every=refit_every, embargo=embargo)


def test_walk_forward_by_hand():
    time = START + np.array([0, 1, 2, 3, 4, 5, 2, 3, 4, 5])
    folds = walk_forward(time, test_size=3, refit_every=2, embargo=2)
    assert [(f.train.tolist(), f.test.tolist()) for f in folds] == [
        ([0, 1], [3, 4, 7, 8]),
        ([0, 1, 2, 3, 6, 7], [5, 9]),
    ]


@given(times(), st.floats(0.01, 0.49), st.integers(1, 8))
def test_tail_keeps_its_laws(time, fraction, embargo):
    place = positions(time)
    n_dates = int(place.max()) + 1
    n_later = round(fraction * n_dates)
    if n_later < 1 or n_dates - n_later < embargo:
        with pytest.raises(DataError, match=rf"got {n_dates} dates: too few to keep .* embargo of"):
            tail(time, fraction=fraction, embargo=embargo)
        return
    earlier, later = tail(time, fraction=fraction, embargo=embargo)
    first = n_dates - n_later
    assert later.tolist() == np.flatnonzero(place >= first).tolist()
    assert earlier.tolist() == np.flatnonzero(place + embargo <= first).tolist()
    assert len(earlier) > 0
    assert len(later) > 0


def test_tail_by_hand():
    time = START + np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 9])
    earlier, later = tail(time, fraction=0.2, embargo=3)
    assert earlier.tolist() == [0, 1, 2, 3, 4, 5]
    assert later.tolist() == [8, 9, 10, 11]


def test_without_an_embargo_of_more_than_a_step_nothing_is_left_out():
    time = START + np.arange(10)
    earlier, later = tail(time, fraction=0.3, embargo=1)
    assert [*earlier, *later] == list(range(10))
    (fold,) = walk_forward(time, test_size=4, refit_every=4, embargo=1)
    assert [*fold.train, *fold.test] == list(range(10))


def test_too_short_a_tail_is_explained():
    with pytest.raises(DataError, match=r"got 3 dates: too few to keep 15% .* an embargo of 1; gi"):
        tail(START + np.arange(3), fraction=0.15, embargo=1)
