"""Means of several rows, in the place of rows that nobody may read from a saved model."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

Rows = Float[Tensor, "row feature"]


def aggregated(
    x: Rows, unit: Int[np.ndarray, " row"], least: int
) -> Float[Tensor, "group feature"]:
    """Means of groups of at least ``least`` units that are alike; the rows as they are, of 1.

    By turns the unit farthest from the mean of those left makes a group with those nearest to it,
    as in the micro-aggregation of Domingo-Ferrer and Mateo-Sanz (2002, doi:10.1109/69.979982). Of
    several units each counts by the mean of its rows; of one, each row is a unit.
    """
    if least == 1:
        return x
    _, place = np.unique(unit, return_inverse=True)
    if place.max(initial=0) > 0:
        x = mean_by(x, torch.from_numpy(place))
    label, left, number = torch.zeros(len(x), dtype=torch.int64), torch.arange(len(x)), 0
    while len(left) >= 2 * least:
        rows = x[left]
        far = (rows - rows.mean(dim=0)).square().sum(dim=1).argmax()
        order = (rows - rows[far]).square().sum(dim=1).argsort(stable=True)
        number += 1
        label[left[order[:least]]] = number
        left = left[order[least:].sort().values]
    return mean_by(x, label)


def mean_by(x: Rows, label: Int[Tensor, " row"]) -> Float[Tensor, "group feature"]:
    """Means of rows of the same label, a number from 0."""
    n = torch.bincount(label).unsqueeze(1)
    return x.new_zeros(len(n), x.shape[1]).index_add(0, label, x) / n
