"""MemoryNetwork: what it reads, when, and that a memory is needed for what it learns."""

import pytest
import torch
from torch import nn

from qmann_core.config import QuantumConfig
from qmann_core.errors import ConfigError, DataError
from qmann_core.nn.memory_network import MemoryNetwork, check_memory
from qmann_core.nn.quantum_lstm import QuantumLSTM

PAIRS, LETTERS, DIGITS = 3, 8, 4


@pytest.fixture(autouse=True)
def _own_generator():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def recalled(n, generator):
    """Letters and digits in turn, then a mark and a letter: tokens, answer, which pair has it."""
    keys = torch.rand(n, LETTERS, generator=generator).argsort(dim=1)[:, :PAIRS]
    values = torch.randint(DIGITS, (n, PAIRS), generator=generator)
    asked = torch.randint(PAIRS, (n, 1), generator=generator)
    shown = torch.stack((keys, LETTERS + values), dim=-1).flatten(1)
    mark = torch.full((n, 1), LETTERS + DIGITS)
    tokens = torch.cat((shown, mark, keys.gather(1, asked)), dim=1)
    x = nn.functional.one_hot(tokens, LETTERS + DIGITS + 1).float()
    return x, values.gather(1, asked)[:, 0], asked[:, 0]


def trained(memory, hidden, steps=250):
    network = MemoryNetwork(LETTERS + DIGITS + 1, hidden, DIGITS, memory=memory)
    generator = torch.Generator().manual_seed(1)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(steps):
        x, y, _ = recalled(64, generator)
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(x)[:, -1], y).backward()
        optimiser.step()
    return network


def accuracy(network):
    x, y, _ = recalled(500, torch.Generator().manual_seed(2))
    return (network(x)[:, -1].argmax(-1) == y).double().mean().item()


@pytest.fixture(scope="module")
def learned():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return trained("quantum", 12)


def test_associative_recall_is_learned_with_the_memory_and_not_without(learned):
    without = trained("off", 16)
    assert without.parameter_count() >= learned.parameter_count()
    assert accuracy(learned) > 0.99
    assert accuracy(without) < 0.7


def test_evidence_is_the_step_at_which_the_answer_was_shown(learned):
    x, _, pair = recalled(500, torch.Generator().manual_seed(3))
    most = learned.weights(x)[:, -1].argmax(-1)
    assert (most == 2 * pair + 1).double().mean() > 0.99


def test_the_answer_is_what_stands_after_the_letter(learned):
    """A sample with its digits exchanged for others has the others as its answers."""
    x, y, _ = recalled(200, torch.Generator().manual_seed(4))
    turned = x.clone()
    turned[..., LETTERS : LETTERS + DIGITS] = x[..., LETTERS : LETTERS + DIGITS].roll(1, -1)
    assert (learned(turned)[:, -1].argmax(-1) == (y + 1) % DIGITS).double().mean() > 0.99


@pytest.mark.parametrize("memory", ["quantum", "classical"])
def test_entries_are_written_and_read_step_by_step(memory):
    """The same as a list of entries that starts with a blank one and grows at each step."""
    network = MemoryNetwork(3, 4, 2, memory=memory, num_heads=2).double()
    x = torch.randn(5, 6, 3, dtype=torch.float64)
    hidden, _ = network.controller(x)
    blank = torch.zeros(5, 4, dtype=torch.float64)
    entries, before = [(blank, blank)], blank
    expected = []
    for now in hidden.unbind(1):
        keys, values = (torch.stack(part, dim=1) for part in zip(*entries, strict=True))
        read, _ = network.memory(now.unsqueeze(1), keys, values)
        expected.append(network.readout(torch.cat((now, read[:, 0]), dim=-1)))
        entries.append((before, now))
        before = now
    torch.testing.assert_close(network(x), torch.stack(expected, dim=1))


@pytest.mark.parametrize("memory", ["quantum", "classical", "off"])
def test_outputs_do_not_see_later_steps_nor_other_samples(memory):
    network = MemoryNetwork(3, 4, 2, memory=memory)
    x = torch.randn(5, 6, 3)
    y = network(x)
    changed = x.clone()
    changed[:, 4:] += 1
    torch.testing.assert_close(network(changed)[:, :4], y[:, :4])
    torch.testing.assert_close(torch.cat([network(row[None]) for row in x]), y)


@pytest.mark.parametrize("memory", ["quantum", "classical"])
def test_weights_are_of_earlier_steps_and_sum_to_one_with_the_blank_entry(memory):
    weights = MemoryNetwork(3, 4, 2, memory=memory).weights(torch.randn(5, 6, 3))
    assert weights.shape == (5, 6, 6)
    assert torch.equal(weights.triu(), torch.zeros_like(weights))
    total = weights.sum(-1)
    assert torch.equal(total[:, 0], torch.zeros(5))
    assert ((total[:, 1:] > 0) & (total[:, 1:] < 1)).all()


def test_without_memory_it_is_a_recurrent_network_and_a_readout():
    network = MemoryNetwork(3, 4, 2, memory="off")
    x = torch.randn(5, 6, 3)
    torch.testing.assert_close(network(x), network.readout(network.controller(x)[0]))
    with pytest.raises(ConfigError, match="no memory"):
        network.weights(x)


def test_one_step_reads_the_blank_entry():
    network = MemoryNetwork(3, 4, 2)
    assert torch.isfinite(network(torch.randn(5, 1, 3))).all()
    assert torch.equal(network.weights(torch.randn(5, 1, 3)), torch.zeros(5, 1, 1))


def test_gradients_are_those_of_finite_differences():
    network = MemoryNetwork(2, 3, 2, n_qubits=2, copies=2).double()
    x = torch.randn(2, 4, 2, dtype=torch.float64, requires_grad=True)
    names, values = zip(*network.named_parameters(), strict=True)

    def output(x, *parameters):
        return torch.func.functional_call(network, dict(zip(names, parameters, strict=True)), (x,))

    assert torch.autograd.gradcheck(output, (x, *values))


def test_the_controller_may_be_a_quantum_lstm():
    quantum = QuantumConfig(n_qubits=2, n_layers=1)
    network = MemoryNetwork(3, 4, 2, controller=quantum)
    assert isinstance(network.controller, QuantumLSTM)
    network(torch.randn(5, 6, 3)).square().mean().backward()
    assert all(p.grad.abs().max() > 0 for p in network.controller.parameters())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_size": 0}, "hidden_size 0"),
        ({"num_heads": 3}, "that num_heads divides"),
        ({"n_qubits": 99}, "n_qubits 99"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        MemoryNetwork(**{"input_size": 3, "hidden_size": 4, "output_size": 2} | options)


def test_an_unknown_memory_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="got memory 'holographic': expected one of quantum, cl"):
        check_memory("holographic")


@pytest.mark.parametrize("shape", [(5, 6, 4), (6, 3), (5, 0, 3)])
def test_inputs_that_do_not_fit_are_refused(shape):
    with pytest.raises(DataError, match=r"expected \(batch, time, 3\)"):
        MemoryNetwork(3, 4, 2)(torch.zeros(shape))
