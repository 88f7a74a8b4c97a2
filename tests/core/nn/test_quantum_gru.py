"""QuantumGRU: nn.GRU's call and return, its equation step by step, and the laws of its gates."""

import copy
import inspect
import itertools
import pickle

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from qmann_core.base import quantum_parameters
from qmann_core.config import ClassicalConfig, QMANNConfig, QuantumConfig
from qmann_core.data import Samples
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.nn import LocationScale, build_network
from qmann_core.nn.classical import ClassicalGRU
from qmann_core.nn.quantum_gru import QuantumGRU
from qmann_core.simulation.reference import expectations

SMALL = QuantumConfig(n_qubits=2, n_layers=1)
RESET, UPDATE, CANDIDATE = range(3)


def pair(layers=1, batch_first=False):
    torch.manual_seed(0)
    ours = QuantumGRU(3, 5, layers, batch_first=batch_first, quantum=SMALL)
    return ours, nn.GRU(3, 5, layers, batch_first=batch_first)


def perturbed(module, scale=0.3):
    """The same module somewhere on its way, where every parameter has a say."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += scale * torch.randn_like(parameter)
    return module


@pytest.fixture(autouse=True)
def _own_generator():
    with torch.random.fork_rng():
        torch.manual_seed(1)
        yield


@pytest.mark.parametrize(
    ("layers", "batch_first", "batched", "given"),
    list(itertools.product((1, 3), (False, True), (False, True), (False, True))),
)
def test_shapes_are_those_of_nn_gru(layers, batch_first, batched, given):
    ours, theirs = pair(layers, batch_first)
    x = torch.randn(*((4, 7) if batched else (7,)), 3)
    batch = ((4 if batch_first else 7),) if batched else ()
    state = torch.randn(layers, *batch, 5) if given else None
    got, expected = ours(x, state), theirs(x, state)
    assert isinstance(got, tuple)
    assert [part.shape for part in got] == [part.shape for part in expected]


def gate(cell, k, angles):
    """s_k (W_out <Z>_k + b_out) + b_k of one sample, with the NumPy reference."""
    z = expectations(cell.circuits.circuit, angles, cell.circuits.weight[k].numpy())
    read = cell.outward.weight.numpy() @ z + cell.outward.bias.numpy()
    return cell.scale[k].numpy() * read + cell.bias[k].numpy()


def by_hand(cell, x, h):
    """The documented equation, one step after the other."""

    def angles(*values):
        return cell.inward.weight.numpy() @ np.concatenate(values) + cell.inward.bias.numpy()

    outputs = []
    for step in x:
        v = angles(step, h)
        r = 1 / (1 + np.exp(-gate(cell, RESET, v)))
        z = 1 / (1 + np.exp(-gate(cell, UPDATE, v)))
        n = np.tanh(gate(cell, CANDIDATE, angles(step, r * h)))
        h = (1 - z) * n + z * h
        outputs.append(h)
    return np.stack(outputs)


@pytest.mark.parametrize("ansatz", ["strongly_entangling", "hardware_efficient"])
@pytest.mark.parametrize("gate_scaling", [True, False])
@torch.no_grad()
def test_every_layer_is_the_equation_step_by_step(gate_scaling, ansatz):
    quantum = QuantumConfig(n_qubits=3, n_layers=2, gate_scaling=gate_scaling, ansatz=ansatz)
    gru = perturbed(QuantumGRU(2, 4, 2, quantum=quantum).double())
    x, start = torch.randn(5, 3, 2).double(), torch.randn(2, 3, 4).double()
    output, h = gru(x, start)
    for sample in range(3):
        below = x[:, sample].numpy()
        for layer, cell in enumerate(gru.cells):
            below = by_hand(cell, below, start[layer, sample].numpy())
            np.testing.assert_allclose(h[layer, sample].numpy(), below[-1], atol=1e-12)
        np.testing.assert_allclose(output[:, sample].numpy(), below, atol=1e-12)


@torch.no_grad()
def test_an_update_gate_at_one_keeps_the_state_and_at_zero_forgets_it():
    gru = perturbed(QuantumGRU(3, 5, quantum=SMALL))
    x, start = torch.randn(6, 4, 3), torch.randn(1, 4, 5)
    gru.cells[0].bias[UPDATE] = 1e3
    torch.testing.assert_close(gru(x, start)[1], start)
    gru.cells[0].bias[UPDATE] = -1e3
    gru.cells[0].bias[RESET] = -1e3  # the candidate does not see the state either
    torch.testing.assert_close(gru(x, start)[1], gru(x[-1:], 2 * start)[1])
    gru.cells[0].bias[RESET] = 0.0
    assert (gru(x, start)[1] - gru(x[-1:], 2 * start)[1]).abs().max() > 1e-3


@torch.no_grad()
def test_states_stay_between_minus_one_and_one():
    gru = perturbed(QuantumGRU(3, 5, quantum=SMALL), scale=3.0)
    output, _ = gru(10 * torch.randn(30, 8, 3))
    assert output.abs().max() <= 1
    assert output.abs().max() > 0.9


def test_last_output_is_the_state_of_the_last_layer():
    ours, _ = pair(2, batch_first=True)
    output, h = ours(torch.randn(4, 6, 3))
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
    alone = torch.stack([ours(row)[0] for row in x])
    torch.testing.assert_close(ours(x)[0], alone)


@pytest.mark.parametrize("enforce_sorted", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_packed_sequences_equal_running_each_alone(batch_first, enforce_sorted):
    ours, theirs = pair(2)
    lengths = torch.tensor([6, 6, 3, 1] if enforce_sorted else [3, 6, 1, 6])
    sequences = [torch.randn(n, 3) for n in lengths]
    padded = nn.utils.rnn.pad_sequence(sequences, batch_first=batch_first, padding_value=9.0)
    packed = pack_padded_sequence(
        padded, lengths, batch_first=batch_first, enforce_sorted=enforce_sorted
    )
    start = torch.randn(2, 4, 5)
    output, h = ours(packed, start)
    like, _ = theirs(packed, start)
    assert torch.equal(output.batch_sizes, like.batch_sizes)
    unpacked, found = pad_packed_sequence(output)
    assert torch.equal(found, lengths)
    for i, sequence in enumerate(sequences):
        alone, last = ours(sequence, start[:, i])
        torch.testing.assert_close(unpacked[: len(sequence), i], alone)
        torch.testing.assert_close(h[:, i], last)


def test_dropout_is_between_layers_and_in_training_alone():
    gru = QuantumGRU(3, 5, 2, dropout=0.5, quantum=SMALL)
    x = torch.randn(4, 6, 3)
    (first, first_h), (second, second_h) = gru(x), gru(x)
    assert torch.equal(first_h[0], second_h[0])
    assert not torch.equal(first, second)
    gru.eval()
    assert torch.equal(gru(x)[0], gru(x)[0])


def test_gradients_pass_gradcheck():
    gru = QuantumGRU(2, 2, quantum=SMALL).double()
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    start = torch.randn(1, 2, 2, dtype=torch.float64, requires_grad=True)
    names, values = zip(*gru.named_parameters(), strict=True)

    def run(x, start, *values):
        named = dict(zip(names, values, strict=True))
        return torch.func.functional_call(gru, named, (x, start))

    assert torch.autograd.gradcheck(run, (x, start, *values))


def test_padding_has_no_gradient():
    ours, _ = pair()
    padded = torch.randn(6, 2, 3, requires_grad=True)
    output, _ = ours(pack_padded_sequence(padded, torch.tensor([6, 2])))
    output.data.square().sum().backward()
    assert torch.all(padded.grad[2:, 1] == 0)
    assert torch.all(padded.grad[:2, 1].abs().sum(-1) > 0)


def test_copies_pickles_and_state_dicts_compute_the_same():
    ours = perturbed(pair(2)[0])
    x = torch.randn(4, 6, 3)
    expected = ours(x)
    expected[0].sum().backward()  # after use, too
    other = QuantumGRU(3, 5, 2, quantum=SMALL)
    assert not torch.equal(other(x)[0], expected[0])
    other.load_state_dict(ours.state_dict())
    for twin in (copy.deepcopy(ours), pickle.loads(pickle.dumps(ours)), other):
        assert all(map(torch.equal, twin(x), expected))


def test_a_generator_decides_the_circuits_alone():
    gru, again = (
        QuantumGRU(3, 5, quantum=SMALL, generator=torch.Generator().manual_seed(3))
        for _ in range(2)
    )
    assert torch.equal(*(g.cells[0].circuits.weight for g in (gru, again)))
    assert not torch.equal(*(g.cells[0].inward.weight for g in (gru, again)))


def test_it_starts_as_a_gate_that_remembers():
    cell = QuantumGRU(1, 2, quantum=SMALL).cells[0]
    assert cell.scale.flatten().tolist() == [3.0] * 3
    assert cell.bias.tolist() == [[0.0] * 2, [1.0] * 2, [0.0] * 2]
    plain = QuantumGRU(1, 2, quantum=SMALL.model_copy(update={"gate_scaling": False})).cells[0]
    assert plain.scale.flatten().tolist() == [1.0] * 3
    assert not plain.bias.any()
    assert not {"scale", "bias"} & plain.state_dict().keys()


def test_parameter_counts():
    gru = QuantumGRU(3, 5, quantum=QuantumConfig(n_qubits=4, n_layers=2))
    dense = (3 + 5) * 4 + 4 + 4 * 5 + 5
    circuits = 3 * 2 * 4 * 3  # gates, layers, wires, angles
    scaling = 3 + 3 * 5
    assert gru.parameter_count() == dense + circuits + scaling
    assert sum(p.numel() for p in quantum_parameters(gru)) == circuits


def test_separable_twin_has_the_same_parameters():
    full = QuantumGRU(3, 5, quantum=SMALL)
    apart = QuantumGRU(3, 5, quantum=SMALL.model_copy(update={"entangled": False}))
    assert apart.parameter_count() == full.parameter_count()
    circuit = apart.cells[0].circuits.circuit
    assert all(len(operation.wires) == 1 for operation in circuit.operations)


def recall_error(shuffled):
    """Test error of recalling the first of four steps, after training; its variance is 1."""
    x = torch.randn(160, 4, 1).sign()
    y = x[:, 0]
    trained_on = y[torch.randperm(96)] if shuffled else y[:96]
    gru, readout = QuantumGRU(1, 4, batch_first=True), nn.Linear(4, 1)
    parameters = [*gru.parameters(), *readout.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=0.05)
    for _ in range(60):
        optimiser.zero_grad()
        nn.functional.mse_loss(readout(gru(x[:96])[1][-1]), trained_on).backward()
        optimiser.step()
    with torch.no_grad():
        return nn.functional.mse_loss(readout(gru(x[96:])[1][-1]), y[96:]).item()


def test_it_learns_to_recall_and_not_from_shuffled_labels():
    assert recall_error(shuffled=False) < 0.1
    assert recall_error(shuffled=True) > 0.9


@pytest.mark.parametrize(
    ("x", "state", "message"),
    [
        (torch.zeros(7, 4, 2), None, "got 2 input features: expected 3"),
        (torch.zeros(3), None, "expected two or three axes, as nn.GRU does"),
        (torch.zeros(0, 4, 3), None, "without steps: expected at least one"),
        (
            torch.zeros(7, 4, 3),
            torch.zeros(1, 3, 5),
            r"an initial state of shape \(1, 3, 5\): expected \(1, 4, 5\)",
        ),
        (
            torch.zeros(7, 4, 3),
            (torch.zeros(1, 4, 5), torch.zeros(1, 4, 5)),
            "a tuple of 2 as initial state: expected one tensor, as nn.GRU does",
        ),
    ],
)
def test_wrong_shapes_are_refused(x, state, message):
    forward = inspect.unwrap(QuantumGRU.forward)  # without the check of annotations
    with pytest.raises(CircuitError, match=message):
        forward(QuantumGRU(3, 5, quantum=SMALL), x, state)


@pytest.mark.parametrize("sizes", [(0, 5, 1), (3, 0, 1), (3, 5, 0)])
def test_sizes_must_be_positive(sizes):
    expected = "got input_size {}, hidden_size {}, num_layers {}: expected at least 1".format(
        *sizes
    )
    with pytest.raises(ConfigError, match=expected):
        QuantumGRU(*sizes)


def test_the_classical_twin_is_nn_gru_behind_an_embedding():
    twin = ClassicalGRU(3, 5, 2, embedding_size=4, batch_first=True)
    x, start = torch.randn(6, 7, 3), torch.randn(2, 6, 5)
    embedded = x @ twin.embedding.weight.T + twin.embedding.bias
    torch.testing.assert_close(twin(x, start), twin.gru(embedded, start))
    zero = torch.zeros_like(start)
    torch.testing.assert_close(twin(x), twin(x, zero))
    assert [part.shape for part in twin(x)] == [part.shape for part in pair(2, True)[0](x)]


def controller_settings(hidden=6, **classical):
    """A network with a GRU as its controller."""
    classical = ClassicalConfig(hidden_size=hidden, **classical)
    classical = classical.model_copy(update={"controller": "gru"})
    return QMANNConfig(quantum=QuantumConfig(n_qubits=3), classical=classical)


def windows(n=24):
    return Samples(
        x=torch.randn(n, 6, 3),
        regressors=torch.ones(n, 1),
        y=torch.randn(n, 2),
        time=np.datetime64("2020-01-01") + np.arange(n),
        unit=np.zeros(n, dtype=np.int64),
        units=("a",),
        lead=(1, 1),
    )


def head(width, samples):
    return LocationScale(width, samples.regressors.shape[1], samples.y.shape[1])


@pytest.mark.parametrize("hidden", [3, 64])
@pytest.mark.parametrize("attention", [False, True])
def test_as_a_controller_its_classical_twin_has_as_many_parameters(hidden, attention):
    settings = controller_settings(hidden, attention=attention, n_recurrent_layers=2)
    hybrid, classical, separable = (
        build_network(settings, windows(), head, twin) for twin in (None, "classical", "separable")
    )
    assert isinstance(hybrid.controller.recurrent, QuantumGRU)
    assert isinstance(classical.controller.recurrent, ClassicalGRU)
    counts = [network.parameter_count() for network in (hybrid, classical, separable)]
    assert abs(counts[1] - counts[0]) <= 0.05 * counts[0]
    assert counts[2] == counts[0]


@pytest.mark.parametrize("twin", [None, "classical"])
def test_as_a_controller_it_can_be_recomputed(twin):
    data = windows()
    network = perturbed(build_network(controller_settings(), data, head, twin)).double()
    results = []
    for checkpoint in (False, True):
        raw = network(data.x.double(), data.regressors.double(), checkpoint=checkpoint)
        loss = network.head.loss(raw, data.y.double(), {})
        results.append((raw, *torch.autograd.grad(loss, list(network.parameters()))))
    for plain, again in zip(*results, strict=True):
        torch.testing.assert_close(again, plain, rtol=1e-12, atol=1e-14)
