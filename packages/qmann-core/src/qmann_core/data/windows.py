"""Sliding windows over a series, without a loop over samples."""

import numpy as np
from numpy.typing import NDArray


def sliding(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Windows (n - length + 1, length, feature) of rows (n, feature); row i ends at i+length-1."""
    windows = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    return np.moveaxis(windows, -1, 1)


def steps_ahead(values: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
    """The next ``horizon`` values after each of n rows, (n, horizon); NaN beyond the end."""
    padded = np.concatenate((values[1:], np.full(horizon, np.nan)))
    return np.lib.stride_tricks.sliding_window_view(padded, horizon)
