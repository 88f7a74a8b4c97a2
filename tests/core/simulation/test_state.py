"""Kronecker products and permutations on batched tensors."""

from functools import reduce

import numpy as np
import pytest
import torch

from qmann_core.simulation.state import kron_wires, permuted


@pytest.mark.parametrize("n_wires", range(1, 8))
@pytest.mark.parametrize("columns", [1, 2])
def test_kron_of_all_wires(n_wires, columns):
    generator = torch.Generator().manual_seed(n_wires)
    matrices = torch.randn(n_wires, 3, 2, columns, generator=generator, dtype=torch.complex128)
    made = kron_wires(matrices)
    for batch in range(3):
        expected = reduce(np.kron, matrices[:, batch].numpy())
        np.testing.assert_allclose(made[batch].numpy(), expected, atol=1e-13)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_signed_permutation_along_any_axis(axis):
    source, sign = torch.tensor([2, 0, 1]), torch.tensor([1.0, -1.0, 1.0])
    constants = {"stage4.source": source, "stage4.sign": sign}
    state = torch.arange(27.0).view(3, 3, 3)
    made = permuted(state, constants, 4, axis=axis).movedim(axis, 0)
    old = state.movedim(axis, 0)
    torch.testing.assert_close(made, torch.stack([old[2], -old[0], old[1]]))
