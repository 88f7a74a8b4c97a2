"""The network and its twins: closed-form start, fair twins, and equal ways to compute it."""

import copy
import inspect

import numpy as np
import pytest
import torch
from torch import nn

from qmann_core.base import quantum_parameters
from qmann_core.circuits import Circuit, angle, strongly_entangling, z_each
from qmann_core.config import ClassicalConfig, MemoryConfig, QMANNConfig, QuantumConfig
from qmann_core.data import Samples
from qmann_core.errors import ConfigError
from qmann_core.memory import ClassicalMemory, QuantumMemory
from qmann_core.nn import DenseLayer, Ensemble, QuantumLayer, build_network, fit_log_variance
from qmann_core.testing import check_layer
from qmann_core.training import seeded
from qmann_finance.tasks import FORECAST, VOLATILITY

TWINS = (None, "classical", "separable")
CONTROLLERS = [("lstm", False), ("lstm", True), ("gru", False), ("gru", True), ("dense", False)]
TASKS = {"forecast": (FORECAST, 10, 5), "volatility": (VOLATILITY, 16, 3)}
SIZES = [(2, 2), (3, 6), (8, 3), (64, 5)]  # hidden, qubits


def config(controller="lstm", attention=False, hidden=3, qubits=3, memory="none", **classical):
    return QMANNConfig(
        memory=MemoryConfig(kind=memory, capacity=30, n_qubits=qubits),
        quantum=QuantumConfig(n_qubits=qubits),
        classical=ClassicalConfig(
            controller=controller,
            attention=attention,
            context_size=4,
            hidden_size=hidden,
            **classical,
        ),
    )


def samples(window=6, n_targets=3, n=40, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(n, n_targets))
    y[:, 1:] = y[:, 1:] ** 2 + 0.01
    return Samples(
        x=torch.from_numpy(3 + 2 * rng.normal(size=(n, window, 3))),
        regressors=torch.from_numpy(np.column_stack([np.ones(n), 0.3 * rng.normal(size=(n, 2))])),
        y=torch.from_numpy(y),
        time=np.datetime64("2020-01-01") + np.arange(n),
        unit=np.zeros(n, dtype=np.int64),
        units=("a",),
        lead=(1,) * n_targets,
    )


def network(settings, twin=None, task=FORECAST, seed=0):
    """A network as training starts with it, in double precision."""
    train = samples()
    with seeded(seed, torch.device("cpu")):
        built = build_network(settings, train, task.head, twin).double()
    built.fit_statistics(train)
    return built, train


def perturbed(built, seed=1):
    """The same network somewhere on its way, where every parameter has a say."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter += 0.2 * torch.randn(parameter.shape, generator=generator)
    return built


@pytest.mark.parametrize(("hidden", "qubits"), SIZES)
@pytest.mark.parametrize(("controller", "attention"), CONTROLLERS)
@pytest.mark.parametrize("name", TASKS)
def test_the_classical_twin_has_as_many_parameters(name, controller, attention, hidden, qubits):
    task, window, n_targets = TASKS[name]
    settings = config(controller, attention, hidden, qubits)
    data = samples(window, n_targets)
    hybrid, classical, separable = (
        build_network(settings, data, task.head, v).parameter_count() for v in TWINS
    )
    assert abs(classical - hybrid) <= 0.05 * hybrid
    assert separable == hybrid


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [2, 4, 64])
@pytest.mark.parametrize("name", TASKS)
def test_a_twin_with_a_memory_has_a_classical_one_and_as_many_parameters(name, hidden):
    task, window, n_targets = TASKS[name]
    settings, data = config(hidden=hidden, memory="quantum"), samples(window, n_targets)
    hybrid, classical, separable = (build_network(settings, data, task.head, v) for v in TWINS)
    assert isinstance(hybrid.memory, QuantumMemory)
    assert isinstance(separable.memory, QuantumMemory)
    assert isinstance(classical.memory, ClassicalMemory)
    wanted = hybrid.parameter_count()
    assert abs(classical.parameter_count() - wanted) <= max(4, 0.02 * wanted)


@pytest.mark.parametrize("twin", TWINS)
def test_an_untrained_network_with_a_memory_is_the_closed_form_too(twin):
    built, train = network(config(memory="quantum"), twin)
    built.remember(train)
    decoded = built.head.decode(built(train.x, train.regressors, at=train.origin))
    bare, _ = network(config(), twin)
    expected = bare.head.decode(bare(train.x, train.regressors))
    torch.testing.assert_close(decoded, expected, rtol=1e-12, atol=0)


def test_a_network_without_memory_recalls_nothing_and_says_so():
    built, train = network(config())
    built.remember(train)  # nothing to fill
    with pytest.raises(ConfigError, match=r"without memory: set memory\.kind and"):
        built.recalled(train, 3)


@pytest.mark.parametrize("preset", FORECAST.presets)
@pytest.mark.parametrize("name", TASKS)
def test_the_twins_of_the_presets_are_within_two_percent(name, preset):
    task, window, n_targets = TASKS[name]
    data = samples(window, n_targets)
    hybrid, classical = (
        build_network(task.presets[preset], data, task.head, v).parameter_count()
        for v in (None, "classical")
    )
    assert abs(classical - hybrid) <= 0.02 * hybrid


@pytest.mark.parametrize("hidden", [4, 256])
def test_stacked_layers_are_matched_too(hidden):
    settings = config(hidden=hidden, n_recurrent_layers=2)
    hybrid, classical = (
        build_network(settings, samples(), FORECAST.head, v).parameter_count()
        for v in (None, "classical")
    )
    assert abs(classical - hybrid) <= 0.05 * hybrid


@pytest.mark.parametrize(("controller", "attention"), CONTROLLERS)
@pytest.mark.parametrize("twin", TWINS)
def test_an_untrained_network_is_the_closed_form(twin, controller, attention):
    built, train = network(config(controller, attention), twin)
    decoded = built.head.decode(built(train.x, train.regressors))
    weights = [fit_log_variance(train.regressors, y.square()) for y in train.y.unbind(dim=1)]
    scale = torch.exp(train.regressors @ torch.stack(weights, dim=1) / 2)
    assert torch.all(decoded["location"] == 0)
    torch.testing.assert_close(decoded["scale"], scale, rtol=1e-6, atol=0)


@pytest.mark.parametrize("twin", TWINS)
def test_an_untrained_variance_network_is_the_har_regression(twin):
    built, train = network(config(), twin, VOLATILITY)
    decoded = built.head.decode(built(train.x, train.regressors))
    weights = fit_log_variance(train.regressors, train.y[:, 1])
    expected = torch.exp(train.regressors @ weights / 2)
    torch.testing.assert_close(decoded["scale"][:, 0], expected, rtol=1e-6, atol=0)


def circuits(built):
    return [part.circuit for part in built.modules() if isinstance(part, QuantumLayer)]


@pytest.mark.parametrize("controller", ["lstm", "dense"])
def test_the_separable_twin_differs_by_its_two_wire_gates_alone(controller):
    hybrid, train = network(config(controller))
    separable, _ = network(config(controller), "separable")
    assert any(len(op.wires) > 1 for c in circuits(hybrid) for op in c.operations)
    assert circuits(separable)
    assert not any(len(op.wires) > 1 for c in circuits(separable) for op in c.operations)
    assert [c.n_weights for c in circuits(separable)] == [c.n_weights for c in circuits(hybrid)]
    start = dict(hybrid.named_parameters())
    assert all(torch.equal(start[name], p) for name, p in separable.named_parameters())
    outputs = [perturbed(built)(train.x, train.regressors) for built in (hybrid, separable)]
    assert (outputs[0] - outputs[1]).abs().max() > 1e-3  # entanglement does something


@pytest.mark.parametrize("controller", ["lstm", "dense"])
def test_only_the_classical_twin_has_no_circuit(controller):
    for twin in TWINS:
        built, _ = network(config(controller), twin)
        assert bool(circuits(built)) == (twin != "classical")
        assert bool(list(quantum_parameters(built))) == (twin != "classical")


@pytest.mark.parametrize("twin", ["quantum", "hybrid", "Classical", ""])
def test_an_unknown_twin_is_refused(twin):
    build = inspect.unwrap(build_network)  # without the check of annotations, as users run it
    expected = f"got twin={twin}: expected None, classical, separable, frozen"
    with pytest.raises(ConfigError, match=expected):
        build(config(), samples(), FORECAST.head, twin)


def test_the_same_generator_builds_the_same_network():
    first, train = network(config(), seed=3)
    again, _ = network(config(), seed=3)
    other, _ = network(config(), seed=4)
    x, regressors = train.x, train.regressors
    outputs = [perturbed(built)(x, regressors) for built in (first, again, other)]
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.allclose(outputs[0], outputs[2])


def test_samples_do_not_see_each_other():
    built, train = network(config(attention=True))
    whole = perturbed(built)(train.x, train.regressors)
    alone = torch.cat(
        [built(train.x[i : i + 1], train.regressors[i : i + 1]) for i in range(len(train))]
    )
    torch.testing.assert_close(alone, whole)


def test_scaling_makes_units_irrelevant():
    built, train = network(config())
    unit = torch.tensor([100.0, 1e-3, 7.0]).double()
    other = copy.deepcopy(built)
    other.scaling.fit(train.x * unit + 5)
    torch.testing.assert_close(
        other(train.x * unit + 5, train.regressors), built(train.x, train.regressors)
    )


@pytest.mark.parametrize(("controller", "attention"), CONTROLLERS)
@pytest.mark.parametrize("twin", TWINS)
def test_recomputing_the_controller_changes_nothing(twin, controller, attention):
    built, train = network(config(controller, attention), twin)
    perturbed(built)
    results = []
    for checkpoint in (False, True):
        raw = built(train.x, train.regressors, checkpoint=checkpoint)
        loss = built.head.loss(raw, train.y, {})
        results.append((raw, *torch.autograd.grad(loss, list(built.parameters()))))
    (raw, *gradients), (again, *recomputed) = results
    assert torch.equal(raw, again)
    for plain, other in zip(gradients, recomputed, strict=True):
        torch.testing.assert_close(plain, other, rtol=1e-12, atol=1e-14)


def test_recomputing_stores_less():
    """What the backward pass keeps of the controller is its input alone."""
    built, train = network(config())
    sizes = []
    for checkpoint in (False, True):
        stored = []

        def keep(tensor, stored=stored):
            stored.append(tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            built(train.x, train.regressors, checkpoint=checkpoint)
        sizes.append(sum(stored))
    assert sizes[1] < sizes[0] / 4


@pytest.mark.parametrize(("controller", "attention"), CONTROLLERS)
@pytest.mark.parametrize("twin", TWINS)
def test_steps_lower_the_loss_and_move_every_parameter(twin, controller, attention):
    built, train = network(config(controller, attention), twin)
    before = copy.deepcopy(built.state_dict())
    optimiser = torch.optim.SGD(built.parameters(), lr=0.05)
    losses = []
    for _ in range(4):  # the readout starts at zero: what is before it learns from step 2 on
        loss = built.head.loss(built(train.x, train.regressors), train.y, {})
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] - 1e-4
    moved = {n: (p.detach() - before[n]).abs().max() for n, p in built.named_parameters()}
    still = {name for name, distance in moved.items() if distance < 1e-12}
    assert not still


def test_an_ensemble_averages_raw_outputs():
    members = [perturbed(network(config(), seed=seed)[0], seed) for seed in range(3)]
    train = samples()
    ensemble = Ensemble(members)
    expected = sum(member(train.x, train.regressors) for member in members) / 3
    torch.testing.assert_close(ensemble(train.x, train.regressors), expected)
    assert ensemble.head is members[0].head
    assert ensemble.parameter_count() == 3 * members[0].parameter_count()


def circuit(n=3):
    return Circuit(n, angle(n) + strongly_entangling(n, 2), z_each(n))


@pytest.mark.parametrize(
    ("make", "width"),
    [
        (lambda: QuantumLayer(circuit()), 3),
        (lambda: QuantumLayer(circuit(), n_gates=4), 3),
        (lambda: QuantumLayer(circuit(), strategy="gates"), 3),
        (lambda: DenseLayer(2, 3, middle_size=4), 2),
        (lambda: DenseLayer(2, 4, middle_size=3, middle=QuantumLayer(circuit())), 2),
        (lambda: nn.Linear(3, 2), 3),
    ],
    ids=["circuit", "gates", "gatewise", "dense", "dense circuit", "linear"],
)
def test_layers_conform(make, width):
    with seeded(0, torch.device("cpu")):
        layer, x = make(), torch.randn(3, 2, width)
    check_layer(layer, x)
