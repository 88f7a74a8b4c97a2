"""Kronecker products and permutations on batched tensors."""

from functools import reduce

import numpy as np
import pytest
import torch

from qmann_core.simulation.tensors.state import kron_columns, kron_wires, outer, taken


@pytest.mark.parametrize("n_wires", range(1, 8))
@pytest.mark.parametrize("columns", [1, 2])
def test_kron_of_all_wires(n_wires, columns):
    generator = torch.Generator().manual_seed(n_wires)
    matrices = torch.randn(n_wires, 3, 2, columns, generator=generator, dtype=torch.complex128)
    made = kron_wires(matrices)
    for batch in range(3):
        expected = reduce(np.kron, matrices[:, batch].numpy())
        np.testing.assert_allclose(made[batch].numpy(), expected, atol=1e-13)


@pytest.mark.parametrize("n_wires", range(1, 8))
def test_columns_are_multiplied_out_in_order(n_wires):
    generator = torch.Generator().manual_seed(n_wires)
    columns = torch.randn(n_wires, 3, 2, generator=generator, dtype=torch.complex128)
    factors = kron_columns(columns, 2)
    assert len(factors) == min(n_wires, 2)
    made = outer(*factors) if len(factors) == 2 else factors[0]
    for batch in range(3):
        expected = reduce(np.kron, columns[:, batch].numpy())
        np.testing.assert_allclose(made[batch].numpy(), expected, atol=1e-13)


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("shape", [(1, 5), (3, 5), (1, 1), (3, 1)])
@pytest.mark.parametrize("reuses", [True, False])
def test_taken_along_either_axis(shape, axis, reuses):
    n_gates, n_samples = shape
    index = torch.tensor([2, 0, 3, 1], dtype=torch.int32)
    size = (n_gates, 4, n_samples) if axis == 1 else (n_gates, n_samples, 4)
    state = torch.arange(4.0 * n_gates * n_samples).view(size)
    out = torch.full_like(state, -1) if reuses else None
    made = taken(state, index, axis=axis, out=out)
    torch.testing.assert_close(made, state.index_select(axis, index))
    assert not reuses or made.data_ptr() == out.data_ptr()
