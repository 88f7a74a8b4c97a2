"""QuantumLSTM: nn.LSTM's call and return, and the laws of the LSTM update."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from qmann_core.config import QuantumConfig
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.nn import QuantumLSTM

SMALL = QuantumConfig(n_qubits=2, n_layers=1)


def pair(layers=1, batch_first=False):
    torch.manual_seed(0)
    ours = QuantumLSTM(3, 5, layers, batch_first=batch_first, quantum=SMALL)
    return ours, nn.LSTM(3, 5, layers, batch_first=batch_first)


@pytest.fixture(autouse=True)
def _own_generator():
    with torch.random.fork_rng():
        torch.manual_seed(1)
        yield


@pytest.mark.parametrize(
    ("layers", "batch_first", "batched", "given"),
    list(itertools.product((1, 3), (False, True), (False, True), (False, True))),
)
def test_shapes_are_those_of_nn_lstm(layers, batch_first, batched, given):
    ours, theirs = pair(layers, batch_first)
    x = torch.randn(*((4, 7) if batched else (7,)), 3)
    batch = ((4 if batch_first else 7),) if batched else ()
    state = (torch.randn(layers, *batch, 5), torch.randn(layers, *batch, 5)) if given else None
    got, expected = ours(x, state), theirs(x, state)
    assert got[0].shape == expected[0].shape
    assert [s.shape for s in got[1]] == [s.shape for s in expected[1]]


def test_last_output_is_the_hidden_state_of_the_last_layer():
    ours, _ = pair(2, batch_first=True)
    output, (h, _) = ours(torch.randn(4, 6, 3))
    assert torch.equal(output[:, -1], h[-1])


def test_continuing_from_a_state_equals_one_run():
    ours, _ = pair(2)
    x = torch.randn(8, 4, 3)
    whole, end = ours(x)
    first, state = ours(x[:5])
    second, resumed = ours(x[5:], state)
    torch.testing.assert_close(torch.cat((first, second)), whole)
    torch.testing.assert_close(resumed, end)


def test_samples_do_not_see_each_other():
    ours, _ = pair(batch_first=True)
    x = torch.randn(4, 6, 3)
    together = ours(x)[0]
    alone = torch.stack([ours(row)[0] for row in x])
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("batch_first", [False, True])
def test_packed_sequences_equal_running_each_alone(batch_first):
    ours, theirs = pair(2)
    sequences = [torch.randn(n, 3) for n in (3, 6, 1, 6)]
    padded = nn.utils.rnn.pad_sequence(sequences, batch_first=batch_first)
    lengths = torch.tensor([3, 6, 1, 6])
    packed = pack_padded_sequence(padded, lengths, batch_first=batch_first, enforce_sorted=False)
    output, (h, c) = ours(packed)
    like, _ = theirs(packed)
    assert torch.equal(output.batch_sizes, like.batch_sizes)
    unpacked, found = pad_packed_sequence(output)
    assert torch.equal(found, lengths)
    for i, sequence in enumerate(sequences):
        alone, (h1, c1) = ours(sequence)
        torch.testing.assert_close(unpacked[: len(sequence), i], alone)
        torch.testing.assert_close((h[:, i], c[:, i]), (h1, c1))


def test_gates_can_open_further_than_in_the_published_cell():
    """sigmoid(<Z>) stays within [0.269, 0.731]; with scaling a forget gate can remember."""
    wide = QuantumLSTM(1, 1, quantum=QuantumConfig(n_qubits=1, n_layers=1))
    cell = wide.cells[0]
    assert cell.scale.flatten().tolist() == [3.0] * 4
    assert cell.bias.tolist() == [[0.0], [1.0], [0.0], [0.0]]
    closed = QuantumLSTM(1, 1, quantum=QuantumConfig(n_qubits=1, n_layers=1, gate_scaling=False))
    assert closed.cells[0].scale.flatten().tolist() == [1.0] * 4
    assert not closed.cells[0].bias.any()


def test_gradients_pass_gradcheck():
    lstm = QuantumLSTM(2, 2, quantum=SMALL).double()
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    names, values = zip(*lstm.named_parameters(), strict=True)

    def run(x, *values):
        return torch.func.functional_call(lstm, dict(zip(names, values, strict=True)), (x,))[0]

    assert torch.autograd.gradcheck(run, (x, *values))


def test_separable_twin_has_the_same_parameters():
    full = QuantumLSTM(3, 5, quantum=SMALL)
    apart = QuantumLSTM(3, 5, quantum=SMALL.model_copy(update={"entangled": False}))
    assert apart.parameter_count() == full.parameter_count()
    circuit = apart.cells[0].circuits.circuit
    assert all(len(operation.wires) == 1 for operation in circuit.operations)


@pytest.mark.parametrize(
    ("x", "state", "message"),
    [
        (torch.zeros(7, 4, 2), None, "got 2 input features: expected 3"),
        (torch.zeros(3), None, "expected two or three axes"),
        (
            torch.zeros(7, 4, 3),
            (torch.zeros(1, 3, 5), torch.zeros(1, 3, 5)),
            r"initial states.*expected \(1, 4, 5\)",
        ),
    ],
)
def test_wrong_shapes_are_refused(x, state, message):
    with pytest.raises(CircuitError, match=message):
        QuantumLSTM(3, 5, quantum=SMALL)(x, state)


def test_sizes_must_be_positive():
    with pytest.raises(ConfigError, match="hidden_size 0"):
        QuantumLSTM(3, 0)
