"""Kronecker products and permutations on batched tensors."""

from functools import reduce

import numpy as np
import pytest
import torch

from qmann_core.simulation.tensors.state import kron_columns, kron_wires, outer


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
