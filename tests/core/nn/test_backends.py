"""Layers on back ends: the same values and slopes, one call for each step, and what is refused."""

import pickle
from math import ceil

import pytest
import torch

from qmann_core.backends import Backend, Capabilities, Counting, Values, backend
from qmann_core.circuits import (
    Circuit,
    amplitude,
    angle,
    compose,
    qaoa,
    strongly_entangling,
    z_each,
)
from qmann_core.config import QuantumConfig
from qmann_core.errors import CircuitError
from qmann_core.nn import FeatureCircuits, QuantumGRU, QuantumLayer, QuantumLSTM, Reservoir, run_on
from qmann_core.nn.fixed import LONGEST
from qmann_core.simulation import NoiseModel, depolarising

CIRCUIT = Circuit(3, compose(angle(3), strongly_entangling(3, 1), qaoa(3, 1)), z_each(3))
X = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(2, 2, 3)


class Engine(Backend):
    """The engine as a back end without gradients, which counts its calls."""

    name = "counting"
    capabilities = Capabilities()

    def __init__(self):
        self.calls = []

    def _run(self, circuit, inputs, weights, shots, seed):
        self.calls.append((len(inputs), shots, seed))
        found = backend("exact").expectations(circuit, inputs, weights, shots=shots, seed=seed)
        return Values(mean=found.mean.detach(), error=found.error)

    def _sample(self, circuit, inputs, weights, shots, seed):
        raise NotImplementedError


def layer(circuit=CIRCUIT, **options):
    generator = torch.Generator().manual_seed(0)
    return QuantumLayer(circuit, generator=generator, initialise="uniform", **options).double()


def slopes(made, x):
    x = x.clone().requires_grad_()
    values = made(x)
    (values**2).sum().backward()
    return values.detach(), x.grad, made.weight.grad


@pytest.mark.parametrize("n_gates", [None, 2])
@pytest.mark.parametrize("gradient", ["parameter_shift", "spsa", "finite_difference"])
def test_values_and_slopes_are_the_simulations_in_one_call(gradient, n_gates):
    here, there = (layer(gradient=gradient, n_gates=n_gates) for _ in range(2))
    there.backend = Engine()
    for one, other in zip(slopes(here, X), slopes(there, X), strict=True):
        torch.testing.assert_close(other, one, rtol=0, atol=1e-9)
    [(rows, _, _)] = there.backend.calls
    assert (
        rows
        == {
            "parameter_shift": 4 * (n_gates or 1) * (1 + 2 * (3 + 9 + 3 + 6 + 3)),
            "spsa": 4 * (n_gates or 1) * 3,
            "finite_difference": 4 * (n_gates or 1) * (1 + 2 * (3 + there.weight.shape[-1])),
        }[gradient]
    )


def test_inference_runs_the_circuit_as_it_is():
    made = layer(gradient="parameter_shift")
    made.backend = Engine()
    with torch.no_grad():
        made(X)
    assert made.backend.calls == [(4, None, 0)]


@pytest.mark.parametrize("name", ["exact", "aer", "pennylane", "cirq"])
def test_a_layer_that_was_trained_here_runs_there(name):
    made = layer(n_gates=2)
    with torch.no_grad():
        expected = made(X)
        made.backend = backend(name)
        torch.testing.assert_close(made(X), expected, rtol=0, atol=1e-9)
        torch.testing.assert_close(made.float()(X.float()), expected.float())


def test_the_engine_as_a_back_end_keeps_its_gradients():
    here, there = layer(), layer()
    there.backend = backend("exact")
    for one, other in zip(slopes(here, X), slopes(there, X), strict=True):
        torch.testing.assert_close(other, one)


def test_shots_differ_from_call_to_call_and_follow_the_generator():
    runs = []
    for _ in range(2):
        made = layer(gradient="parameter_shift", shots=100)
        made.backend = backend("aer")
        runs.append([slopes(made, X)[0] for _ in range(2)])
    assert not torch.equal(runs[0][0], runs[0][1])
    torch.testing.assert_close(runs[0], runs[1], rtol=0, atol=0)


def test_training_with_shots_goes_down():
    made = layer(
        Circuit(1, compose(angle(1), strongly_entangling(1, 1)), z_each(1)),
        shots=200,
        gradient="parameter_shift",
    )
    made.backend = backend("aer")
    optimiser = torch.optim.Adam(made.parameters(), lr=0.3)
    x = torch.zeros(4, 1, dtype=torch.float64)
    for _ in range(12):
        optimiser.zero_grad()
        loss = ((made(x) + 1) ** 2).mean()
        loss.backward()
        optimiser.step()
    assert loss < 0.1


def test_a_layer_on_a_back_end_can_be_sent():
    made = layer()
    made.backend = backend("aer")
    with torch.no_grad():
        torch.testing.assert_close(pickle.loads(pickle.dumps(made))(X), made(X))


@pytest.mark.parametrize("name", ["aer", "pennylane", "cirq"])
def test_the_exact_gradient_is_refused(name):
    made = layer()
    made.backend = backend(name)
    with pytest.raises(CircuitError, match=f"{name}.* gives no gradients: .*'parameter_shift'"):
        made(X)


def test_noise_belongs_to_the_back_end():
    made = layer()
    made.backend, made.noise = backend("exact"), NoiseModel()
    with pytest.raises(CircuitError, match="noise belongs to the back end"):
        made(X)


def test_amplitudes_have_no_shift_rule_there_either():
    made = layer(Circuit(2, amplitude(2), z_each(2)), gradient="parameter_shift")
    made.backend = Engine()
    with pytest.raises(CircuitError, match="no parameter-shift rule"):
        made(torch.ones(1, 4, dtype=torch.float64, requires_grad=True))


def test_values_of_a_step_are_asked_for_once():
    made = layer(gradient="parameter_shift")
    made.backend = Engine()
    values = made(X).sum()
    values.backward(retain_graph=True)
    with pytest.raises(CircuitError, match="another; call the layer again"):
        values.backward()


def test_features_run_all_blocks_of_all_samples_in_one_call():
    features = FeatureCircuits(5, 2, shots=4000, generator=torch.Generator().manual_seed(1))
    exact = features.expected(x := torch.randn(7, 5))
    features.layer.backend = Engine()
    torch.testing.assert_close(features.expected(x), exact)
    found = features(x)
    assert (found - exact).abs().max() < 5 / 4000**0.5
    assert not torch.equal(features(x), found)
    first, second, third = features.layer.backend.calls
    assert first[:2] == (21, None)
    assert second[:2] == third[:2] == (21, 4000)


def test_a_reservoir_runs_there():
    generator = torch.Generator().manual_seed(2)
    made = Reservoir(FeatureCircuits(3, 3, generator=generator), generator=generator)
    x = torch.randn(60, 3).unfold(0, 20, 1).mT  # windows of one series
    expected = made(x)[:, -1]
    counting = Counting(of=backend("aer"))
    made.features.layer.backend = counting
    # each window goes on from the one before, whose first step is forgotten
    torch.testing.assert_close(made(x)[:, -1], expected, atol=2e-4, rtol=0)
    starts = ceil(len(x) / LONGEST)
    assert counting.total.circuits == 3 * (1 + 20 * starts + len(x) - starts)
    made.features.layer.backend = backend("aer")
    torch.testing.assert_close(made(x[:2, -2:])[:1, -1], made(x[:1, -2:])[:, -1])


SMALL = QuantumConfig(n_qubits=2, n_layers=1)
RECURRENT = {
    "lstm": lambda: QuantumLSTM(2, 3, quantum=SMALL),
    "projected": lambda: QuantumLSTM(2, 3, proj_size=2, num_layers=2, quantum=SMALL),
    "chen": lambda: QuantumLSTM(1, 1, cell="chen_v0", quantum=SMALL),
    "gru": lambda: QuantumGRU(2, 3, quantum=SMALL),
}
NOISE = NoiseModel(one_wire=(depolarising(0.1),), two_wire=(depolarising(0.1),))


def recurrent(kind):
    torch.manual_seed(0)
    made = RECURRENT[kind]().double()
    return made, torch.randn(3, 2, made.input_size).double()


@pytest.mark.parametrize("kind", RECURRENT)
def test_a_sequence_there_is_that_here_with_its_slopes(kind):
    found = []
    for name in (None, "exact", "parameter_shift"):
        made, x = recurrent(kind)
        if name:
            there = backend("exact") if name == "exact" else Engine()
            assert run_on(made, there, gradient=None if name == "exact" else name)
        values, _ = made(x)
        (values**2).sum().backward()
        found.append([values, *(each.grad for each in made.parameters())])
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", RECURRENT)
@torch.no_grad()
def test_noise_disturbs_a_sequence_here_as_there(kind):
    made, x = recurrent(kind)
    exact, _ = made(x)
    for layer in made.modules():
        if isinstance(layer, QuantumLayer):
            layer.noise = NOISE
    here, _ = made(x)
    there, _ = recurrent(kind)
    run_on(there, backend("aer", noise=NOISE))
    torch.testing.assert_close(there(x)[0], here, rtol=0, atol=1e-9)
    assert (here - exact).abs().max() > 1e-3


@torch.no_grad()
def test_a_step_of_a_sequence_is_one_call_with_the_shots_asked_for():
    made, x = recurrent("lstm")
    there = Engine()
    run_on(made, there, shots=50)
    made(x)
    assert [call[:2] for call in there.calls] == [(2 * 4, 50)] * len(x)
