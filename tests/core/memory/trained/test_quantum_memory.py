"""Reads of the quantum memory: against state vectors, closed forms and finite differences."""

import doctest
import math

import numpy as np
import pytest
import torch
from torch.export import Dim

from qmann_core.base import quantum_parameters
from qmann_core.circuits import Circuit, angle, z_each
from qmann_core.config import MemoryConfig
from qmann_core.errors import ConfigError
from qmann_core.memory import QMatrix
from qmann_core.memory.trained import quantum_memory
from qmann_core.memory.trained.quantum_memory import QuantumMemory
from qmann_core.simulation import reference

READS = ["soft", "threshold", "polynomial"]
ENCODINGS = {"learned": 5, "angle": 3, "amplitude": 7}


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def filled(n=6, *, encoding="learned", seed=0, **config):
    torch.manual_seed(seed)
    width = ENCODINGS[encoding]
    settings = {"n_qubits": 3, "capacity": 16, "copies": 1, "encoding": encoding}
    config = MemoryConfig(**settings | config)
    memory = QuantumMemory(width, 2, config).double().eval()
    row = torch.arange(n)
    memory.write(
        numbers(n, width, seed=seed + 1),
        numbers(n, 2, seed=seed + 2),
        settled=10 * row,
        origin=row,
        group=0 * row,
        row=row,
    )
    return memory


def states(memory, features, bank=0):
    """Key states, gate by gate."""
    if memory.config.encoding == "amplitude":
        return [np.pad(x, (0, 1)) / np.linalg.norm(x) for x in features.numpy()]
    if memory.config.encoding == "learned":
        features = features @ memory.projection[bank].detach().T
    circuit = Circuit(3, angle(3), z_each(3))
    return [reference.state(circuit, x, np.empty(0)) for x in features.numpy()]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_soft_weights_are_what_a_successful_recall_measures(encoding):
    memory = filled(encoding=encoding)
    query = numbers(4, ENCODINGS[encoding], seed=9)
    keys = np.array(states(memory, memory.features[:6]))
    joint = keys / math.sqrt(6)  # |M>: amplitude of address a and key state i
    for found, asked in zip(memory.weights(query), states(memory, query), strict=True):
        address = np.abs(joint @ asked.conj()) ** 2  # key register found in |q>
        np.testing.assert_allclose(found[0].detach(), address / address.sum(), atol=1e-12)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("copies", [1, 3])
def test_reads_are_strengths_to_the_power_of_the_copies(read, copies):
    one = filled(read=read, n_banks=2)
    memory = filled(read=read, n_banks=2, copies=copies)
    memory.load_state_dict(one.state_dict())
    query = numbers(4, 5, seed=9)
    strengths = one.weights(query) ** copies
    weights = strengths / strengths.sum(dim=-1, keepdim=True)
    torch.testing.assert_close(memory.weights(query), weights)
    read = torch.einsum("bks,sv->bkv", weights, memory.values[:6]).flatten(1)
    torch.testing.assert_close(memory(query), read)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_gradients_reach_query_and_every_parameter(read, encoding):
    memory = filled(encoding=encoding, read=read, n_banks=2, copies=2)
    with torch.no_grad():
        for p in memory.strength.parameters():
            p.add_(0.3 * torch.randn_like(p))  # off the start, where |c| has a corner
    query = numbers(3, ENCODINGS[encoding], seed=9).requires_grad_()
    at = torch.tensor([-1, 25, 100])
    names, parameters = [], []
    for name, parameter in memory.named_parameters():
        names.append(name)
        parameters.append(parameter)

    def run(query, *parameters):
        return torch.func.functional_call(
            memory, dict(zip(names, parameters, strict=True)), (query,), {"at": at}
        )

    assert torch.autograd.gradcheck(run, (query, *parameters))


def test_keys_follow_the_projection():
    memory = filled()
    query = numbers(4, 5, seed=9)
    before = memory(query)
    with torch.no_grad():
        memory.projection.mul_(1.5)
    fresh = filled()
    with torch.no_grad():
        fresh.projection.mul_(1.5)
    assert torch.equal(memory(query), fresh(query))
    assert not torch.allclose(memory(query), before)


@pytest.mark.parametrize(("n", "expected"), [(1, 0.68), (4, 0.22), (12, 0.16)])
def test_standardised_features_start_with_spread_fidelities(n, expected):
    torch.manual_seed(0)
    memory = QuantumMemory(200, 1, MemoryConfig(n_qubits=n, n_banks=4))
    codes = memory.encode(torch.randn(600, 200)).detach()
    fidelity = memory.compare(codes[:, :300], codes[:, 300:])
    variance = min(1, 4 / n)
    law = ((1 + math.exp(-variance)) / 2) ** n  # of normal angles of this variance
    assert fidelity.mean() == pytest.approx(law, abs=0.01)
    assert round(law, 2) == expected
    assert fidelity.std() > 0.12


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_query_that_meets_only_orthogonal_keys_reads_zeros_with_finite_gradients(read, dtype):
    memory = QuantumMemory(4, 1, MemoryConfig(encoding="amplitude", read=read)).to(dtype)
    one = torch.tensor([0])
    memory.write(torch.eye(4)[:1], torch.ones(1, 1), settled=one, origin=one, group=one, row=one)
    query = torch.eye(4, dtype=dtype)[1:2].requires_grad_()
    read = memory.eval()(query)
    assert not read.any()
    read.sum().backward()
    assert query.grad.isfinite().all()


@pytest.mark.parametrize("read", READS)
def test_features_of_length_zero_have_no_state_and_no_weight(read):
    memory = filled(encoding="amplitude", read=read)
    with torch.no_grad():
        memory.features[2] = 0
    query = torch.cat((numbers(1, 7, seed=9), torch.zeros(1, 7))).requires_grad_()
    weights = memory.weights(query)
    assert (weights[0, 0] > 0).tolist() == [True, True, False, True, True, True]
    assert not weights[1].any()
    memory(query).sum().backward()
    assert query.grad.isfinite().all()


def test_many_copies_single_out_the_best_in_single_precision():
    memory = filled(copies=64).float()
    weights = memory.weights(numbers(50, 5, seed=9).float())
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(50, 1))


def test_amplitudes_read_the_same_at_any_length_and_sign():
    memory = filled(encoding="amplitude")
    query = numbers(4, 7, seed=9)
    torch.testing.assert_close(memory(-3 * query), memory(query))


def test_angles_read_the_same_after_a_whole_turn():
    memory = filled(encoding="angle")
    query = numbers(4, 3, seed=9)
    turns = torch.tensor([2.0, -4.0, 0.0], dtype=torch.float64) * math.pi
    torch.testing.assert_close(memory(query + turns), memory(query))


@pytest.mark.parametrize("read", READS)
def test_circuit_weights_are_thresholds_and_coefficients(read):
    memory = QuantumMemory(5, 1, MemoryConfig(read=read))
    own = {id(p) for p in memory.strength.parameters()}
    assert {id(p) for p in quantum_parameters(memory)} == own


@pytest.mark.slow
@pytest.mark.parametrize("read", ["soft", "threshold"])
def test_exported_it_reads_as_here_whatever_it_holds(read):
    memory = filled(read=read, copies=2)
    query, at = numbers(4, 5, seed=9), torch.tensor([-1, 0, 25, 100])
    batch = Dim("batch", min=2, max=64)
    dynamic = {"query": {0: batch}, "at": {0: batch}}
    program = torch.export.export(memory, (query,), {"at": at}, dynamic_shapes=dynamic).module()
    more, later = numbers(9, 5, seed=8), torch.arange(9) * 5
    torch.testing.assert_close(program(more, at=later), memory(more, at=later))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_bank_as_a_matrix_recalls_with_the_same_weights(encoding, dtype):
    memory = filled(encoding=encoding, n_banks=2, copies=2).to(dtype)
    query = numbers(1, ENCODINGS[encoding], seed=9).to(dtype)
    keys = torch.cat((query, memory.features[:6]))
    if memory.projection is not None:
        keys = keys @ memory.projection[1].detach().T
    name = "amplitude" if encoding == "amplitude" else "angle"
    options = {"encoding": name, "value_width": memory.value_size}
    matrix = QMatrix(6, keys.shape[1], dtype=str(keys.numpy().dtype), **options)
    matrix.write(keys[1:].numpy(), memory.values[:6].numpy())
    found = matrix.recall(keys[0].numpy(), k=6, copies=2)
    expected = memory.weights(query)[0, 1].detach().numpy()
    np.testing.assert_allclose(found.weights, expected[found.addresses], rtol=2e-4)
    np.testing.assert_array_equal(found.values, memory.values[found.addresses].numpy())


@pytest.mark.parametrize(
    ("encoding", "width", "message"),
    [
        ("angle", 4, "query_size 4 and n_qubits 3 differ"),
        ("amplitude", 9, "query_size 9 is more than the 8 amplitudes .* set n_qubits to 4"),
    ],
)
def test_widths_that_wires_have_no_room_for_are_refused(encoding, width, message):
    with pytest.raises(ConfigError, match=message):
        QuantumMemory(width, 1, MemoryConfig(encoding=encoding, n_qubits=3))


def test_its_example_runs():
    assert doctest.testmod(quantum_memory).failed == 0
