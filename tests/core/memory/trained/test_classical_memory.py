"""The classical twin: softmax attention over the same cases."""

import math

import pytest
import torch
from torch.nn import functional

from qmann_core.config import MemoryConfig
from qmann_core.memory.trained.classical_memory import ClassicalMemory
from qmann_core.memory.trained.quantum_memory import QuantumMemory


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def filled(n=6, **config):
    torch.manual_seed(0)
    memory = (
        ClassicalMemory(5, 2, MemoryConfig(**{"capacity": 16, "copies": 1} | config))
        .double()
        .eval()
    )
    row = torch.arange(n)
    at = {"settled": 10 * row, "origin": row, "group": 0 * row, "row": row}
    memory.write(numbers(n, 5, seed=1), numbers(n, 2, seed=2), **at)
    return memory


def test_a_read_is_scaled_dot_product_attention():
    memory = filled(n_banks=3, n_qubits=4, read="threshold", copies=2)
    with torch.no_grad():
        memory.log_sharpness.copy_(torch.tensor([0.1, -0.4, 0.6]).view(3, 1, 1))
    query, at = numbers(4, 5, seed=9), torch.tensor([0, 25, 40, 100])
    allowed = memory.settled[:6] <= at.unsqueeze(1)
    banks = []
    for matrix, sharpness in zip(
        memory.projection, memory.log_sharpness.detach().exp(), strict=True
    ):
        q, k = query @ matrix.T, memory.features[:6] @ matrix.T
        scale = 2 * float(sharpness) / math.sqrt(4)
        banks.append(
            functional.scaled_dot_product_attention(
                q, k, memory.values[:6], attn_mask=allowed, scale=scale
            )
        )
    torch.testing.assert_close(memory(query, at=at), torch.cat(banks, dim=-1))


def test_without_a_projection_features_are_compared_as_they_are():
    memory = filled(encoding="angle", n_qubits=5)
    assert memory.parameter_count() == 0
    query = numbers(4, 5, seed=9)
    expected = (query @ memory.features[:6].T / math.sqrt(5)).softmax(dim=-1)
    torch.testing.assert_close(memory.weights(query).squeeze(1), expected)


@pytest.mark.parametrize("read", ["soft", "threshold"])
@pytest.mark.parametrize("encoding", ["learned", "angle"])
def test_the_twins_have_equally_many_parameters(read, encoding):
    config = MemoryConfig(read=read, encoding=encoding, n_banks=2, n_qubits=5)
    quantum, classical = QuantumMemory(5, 2, config), ClassicalMemory(5, 2, config)
    assert quantum.parameter_count() == classical.parameter_count()
    assert {n for n, _ in quantum.named_buffers()} == {n for n, _ in classical.named_buffers()}


@pytest.mark.parametrize("read", ["soft", "threshold"])
def test_gradients(read):
    memory = filled(n_banks=2, read=read)
    names, parameters = zip(*memory.named_parameters(), strict=True)
    query = numbers(3, 5, seed=9).requires_grad_()
    at = torch.tensor([-1, 25, 100])

    def run(query, *parameters):
        given = dict(zip(names, parameters, strict=True))
        return torch.func.functional_call(memory, given, (query,), {"at": at})

    assert torch.autograd.gradcheck(run, (query, *parameters))


def test_likeness_is_the_fidelity_of_product_states_at_nearby_angles():
    config = MemoryConfig(encoding="angle", n_qubits=5)
    classical, quantum = ClassicalMemory(5, 1, config), QuantumMemory(5, 1, config)
    near = numbers(1, 5), numbers(1, 5) + 0.02 * numbers(40, 5, seed=1)
    fidelity, likeness = (
        m.compare(*(m.encode(x) for x in near)).double() for m in (quantum, classical)
    )
    torch.testing.assert_close(likeness, fidelity, atol=1e-6, rtol=0)
    code = classical.encode(10 * numbers(7, 5))
    assert (classical.compare(code, code)[0].diagonal() > 1 - 1e-12).all()
