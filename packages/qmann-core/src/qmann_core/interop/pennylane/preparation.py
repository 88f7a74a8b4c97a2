"""State preparations whose amplitudes are inputs: which amplitude is which column of the data."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Columns = tuple[int | float, ...]


def amplitude_columns(
    states: Sequence[Vector], samples: Sequence[Vector], *, normalised: bool
) -> Columns | None:
    """For every amplitude its column of the data or a constant, up to a common factor.

    Args:
        states: the amplitudes that were prepared, for each of several samples.
        samples: the data of each.
        normalised: whether the amplitudes were divided by their norm.

    Returns:
        Without trailing zeros; None if the amplitudes are not inputs and constants.
    """
    if not normalised:
        return matching_columns(states, samples)
    for pivot, column in product((0, int(np.argmax(np.abs(states[0])))), range(len(samples[0]))):
        scaled = [
            s * (x[column] / s[pivot] if s[pivot] else 0.0)
            for s, x in zip(states, samples, strict=True)
        ]
        columns = matching_columns(scaled, samples)
        if columns is not None and column in columns:
            return columns
    return None


def matching_columns(states: Sequence[Vector], samples: Sequence[Vector]) -> Columns | None:
    """For every entry its column of the data or a constant; None if neither explains it."""
    values = np.stack(samples)  # (sample, column)
    columns: list[int | float] = []
    for entry in np.stack(states).T:
        if np.allclose(entry, entry[0], rtol=1e-9, atol=1e-12):
            columns.append(float(entry[0]))
            continue
        same = np.isclose(values, entry[:, None], rtol=1e-9, atol=1e-12).all(axis=0)
        if not same.any():
            return None
        columns.append(int(same.argmax()))
    while columns and columns[-1] == 0.0 and isinstance(columns[-1], float):
        columns.pop()
    return tuple(columns)
