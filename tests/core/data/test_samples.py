"""Samples: rows are taken together, whatever names them, and know what is not known yet."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.data import Samples

N = 6


def samples():
    """Row i holds the number i in every field; the last two targets are not known yet."""
    numbers = torch.arange(N, dtype=torch.float32)
    y = torch.stack((numbers, 10 * numbers), dim=-1)
    y[4, 1] = torch.nan
    y[5] = torch.nan
    return Samples(
        x=numbers[:, None, None].expand(N, 3, 2),
        regressors=numbers[:, None],
        y=y,
        time=np.datetime64("2020-01-01") + np.arange(N),
        unit=np.arange(N) % 2,
        units=("a", "b"),
        lead=(1, 5),
    )


def assert_rows(taken, rows):
    whole = samples()
    assert len(taken) == len(rows)
    assert taken.x[:, 0, 0].tolist() == taken.regressors[:, 0].tolist() == rows
    assert taken.x.shape[1:] == (3, 2)
    torch.testing.assert_close(taken.y, whole.y[rows], equal_nan=True)
    assert taken.time.tolist() == [whole.time[i].item() for i in rows]
    assert taken.unit.tolist() == [i % 2 for i in rows]
    assert (taken.units, taken.lead) == (whole.units, whole.lead)


@given(st.lists(st.integers(-N, N - 1)))
def test_integers_take_rows_in_their_order_and_as_often(rows):
    assert_rows(samples()[np.array(rows, dtype=np.int64)], [r % N for r in rows])


@given(st.lists(st.booleans(), min_size=N, max_size=N))
def test_a_mask_takes_rows_where_it_is_true(mask):
    assert_rows(samples()[np.array(mask)], [i for i in range(N) if mask[i]])


def test_taking_twice_is_taking_the_taken():
    twice = samples()[np.array([5, 3, 1])][np.array([2, 0])]
    assert_rows(twice, [1, 5])


def test_rows_outside_are_refused():
    with pytest.raises(IndexError, match=r"out of (bounds|range)"):
        samples()[np.array([N])]


def test_taken_rows_are_copies():
    whole = samples()
    taken = whole[np.arange(N)]
    taken.y.zero_()
    taken.unit[:] = 9
    assert_rows(whole, list(range(N)))


def test_a_sample_is_known_when_all_of_its_targets_are():
    whole = samples()
    assert whole.known.tolist() == [True] * 4 + [False] * 2
    assert whole[whole.known].known.all()
    assert whole[np.array([5, 0, 4])].known.tolist() == [False, True, False]


def test_reach_is_the_longest_delay():
    assert samples().reach == 5


def test_a_sample_is_settled_when_its_last_target_is_known():
    """Two series of three rows each, two days apart, whose targets look one and two rows ahead."""
    two = Samples(
        x=torch.zeros(N, 1, 1),
        regressors=torch.zeros(N, 1),
        y=torch.zeros(N, 2),
        time=np.datetime64("2020-01-01") + np.arange(N),
        unit=np.arange(N) % 2,
        units=("a", "b"),
        lead=(1, 2),
    )
    days = two.settled.numpy().astype("datetime64[ns]").astype("datetime64[D]")
    assert days[:2].astype(str).tolist() == ["2020-01-05", "2020-01-06"]
    assert two.settled[2:].tolist() == [two.origin[-1] + 1] * 4  # these samples end before that
    nothing = two[np.arange(0)]
    assert len(nothing.settled) == 0
