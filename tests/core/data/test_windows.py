"""Windows and targets of a series: by hand, and as laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.data import sliding, steps_ahead


def test_sliding_by_hand():
    values = np.array([[1.0, -1.0], [2.0, -2.0], [3.0, -3.0]])
    expected = [[[1, -1], [2, -2]], [[2, -2], [3, -3]]]
    np.testing.assert_array_equal(sliding(values, 2), expected)


def test_steps_ahead_by_hand():
    nan = np.nan
    expected = [[2, 3], [3, 4], [4, nan], [nan, nan]]
    np.testing.assert_array_equal(steps_ahead(np.array([1.0, 2.0, 3.0, 4.0]), 2), expected)


@given(st.integers(1, 20), st.integers(1, 4), st.data())
def test_a_window_ends_at_its_row(n, n_features, data):
    length = data.draw(st.integers(1, n))
    values = np.arange(n * n_features, dtype=float).reshape(n, n_features)
    windows = sliding(values, length)
    assert windows.shape == (n - length + 1, length, n_features)
    for i, window in enumerate(windows):
        np.testing.assert_array_equal(window, values[i : i + length])


@given(st.integers(1, 20), st.integers(1, 25))
def test_a_target_is_a_later_value_or_unknown(n, horizon):
    values = np.arange(n, dtype=float)
    ahead = steps_ahead(values, horizon)
    origin, step = np.indices((n, horizon))
    later = origin + step + 1
    np.testing.assert_array_equal(ahead, np.where(later < n, later, np.nan))


def test_a_window_and_its_targets_never_share_a_value():
    values = np.arange(30.0)
    windows, targets = sliding(values[:, None], 5), steps_ahead(values, 3)[4:]
    known = np.isfinite(targets).all(axis=1)
    assert known.sum() == 30 - 5 - 3 + 1
    assert (windows.max(axis=(1, 2))[known] < targets.min(axis=1)[known]).all()


def test_a_window_longer_than_the_series_is_refused():
    with pytest.raises(ValueError, match="window shape cannot be larger"):
        sliding(np.zeros((3, 1)), 4)
