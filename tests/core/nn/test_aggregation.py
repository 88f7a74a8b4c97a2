"""Means of several rows: every row once, in groups that are large enough and alike."""

import numpy as np
import pytest
import torch

from qmann_core.nn.aggregation import aggregated


@pytest.mark.parametrize("n", [3, 5, 9, 10, 52])
def test_each_row_is_in_one_group_of_five_to_nine(n):
    """Of unit vectors, a mean says who is in it."""
    groups = aggregated(torch.eye(n, dtype=torch.float64), np.zeros(n, dtype=np.int64), 5)
    sizes = (groups > 0).sum(dim=1)
    torch.testing.assert_close(groups, (groups > 0) / sizes.double().unsqueeze(1))
    assert (groups > 0).sum(dim=0).tolist() == [1] * n
    assert sizes.tolist() == [n] if n < 10 else (sizes.min() >= 5) & (sizes.max() < 10)


def test_rows_that_are_alike_are_together():
    rng = np.random.default_rng(0)
    centres = torch.tensor([[0.0, 0.0], [9.0, 0.0], [0.0, 20.0], [30.0, 30.0]])
    rows = centres.repeat(5, 1) + torch.from_numpy(rng.normal(0, 0.1, (20, 2))).float()
    found = aggregated(rows, np.zeros(20, dtype=np.int64), 5)
    expected = rows.reshape(5, 4, 2).mean(dim=0)
    order = [int((found - each).norm(dim=1).argmin()) for each in expected]
    torch.testing.assert_close(found[order], expected)


def test_rows_of_a_unit_count_as_one():
    rows, unit = torch.eye(12), np.repeat([7, 0, 3, 4, 5, 9], 2)
    found = aggregated(rows, unit, 5)
    torch.testing.assert_close(found, torch.full((1, 12), 1 / 12))


def test_of_one_row_each_nothing_changes():
    rows = torch.rand(4, 2)
    assert aggregated(rows, np.arange(4), 1) is rows
