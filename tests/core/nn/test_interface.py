"""From counts to features with standard errors, and layers that are deployed."""

import pytest
import torch
from refused import refused

from qmann_core.backends import backend
from qmann_core.circuits import (
    Circuit,
    angle,
    compose,
    pauli,
    probabilities,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.nn import QuantumClassicalInterface, QuantumLayer

OBSERVABLES = (*z_each(3), pauli("ZZ", (2, 0)), pauli("II"), *probabilities((1, 2)))
CIRCUIT = Circuit(3, compose(angle(3), strongly_entangling(3, 1)), OBSERVABLES)
X = torch.linspace(-2, 2, 12, dtype=torch.float64).reshape(4, 3)


def layer(circuit=CIRCUIT, **options):
    generator = torch.Generator().manual_seed(0)
    return QuantumLayer(circuit, generator=generator, initialise="uniform", **options).double()


@pytest.mark.parametrize("name", ["exact", "aer"])
def test_counts_give_values_within_their_standard_errors(name):
    """Scores of 800 samples have a deviation of 1, and few are above 4."""
    made, interface = layer(), QuantumClassicalInterface(CIRCUIT)
    rows, weights = X.repeat(200, 1), made.weight.detach()
    found = interface.estimated(backend(name).sample(CIRCUIT, rows, weights, shots=4000))
    exact = backend("exact").expectations(CIRCUIT, rows, weights).mean
    scores = ((found.mean - exact) / found.error.clamp(min=1e-12))[:, exact.std(dim=0) > 1e-9]
    assert scores.std(dim=0).sub(1).abs().max() < 0.1
    assert (scores.abs() > 4).double().mean() < 0.001
    assert not found.error[:, OBSERVABLES.index(pauli("II"))].any()


def test_errors_follow_from_each_samples_shots():
    interface = QuantumClassicalInterface(Circuit(1, angle(1), (*z_each(1), *probabilities((0,)))))
    found = interface.estimated([{"0": 3, "1": 1}, {"0": 100}])
    assert found.mean.tolist() == [[0.5, 0.75, 0.25], [1.0, 1.0, 0.0]]
    chances = torch.tensor([[4 / 6], [101 / 102]], dtype=torch.float64)
    plain = (chances * (1 - chances) / torch.tensor([[4.0], [100.0]])).sqrt()
    torch.testing.assert_close(found.error, plain * torch.tensor([[2.0, 1.0, 1.0]]).double())
    assert interface.estimated([]).error.shape == (0, 3)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([{"000": 2}, {}], "expected at least one shot"),
        ([{"00": 2}], "expected 3 characters"),
        ({"000": 2}, "counts of type dict: expected a sequence"),
        ([3], "expected a sequence of counts by bit string"),
    ],
)
def test_counts_that_are_none(counts, message):
    with refused(CircuitError, message):
        QuantumClassicalInterface(CIRCUIT).estimated(counts)


def test_what_is_deployed_is_the_layer():
    made = layer()
    deployed = QuantumClassicalInterface(CIRCUIT).synchronize(made, backend("cirq"))
    expected = made(X).detach()
    torch.testing.assert_close(deployed.expectations(X).mean, expected, rtol=0, atol=1e-9)
    assert deployed.expectations(X, shots=100, seed=1).error.any()


def test_what_is_stale_is_refused_until_it_is_deployed_again():
    made, interface = layer(), QuantumClassicalInterface(CIRCUIT)
    first = interface.synchronize(made, backend("exact"))
    optimiser = torch.optim.SGD(made.parameters(), lr=0.1)
    made(X).sum().backward()
    optimiser.step()
    second = interface.synchronize(made, backend("exact"))
    with pytest.raises(CircuitError, match=f"{first.version} .* {second.version}: deploy it again"):
        first.expectations(X)
    torch.testing.assert_close(second.expectations(X).mean, made(X), rtol=0, atol=1e-9)


def test_the_version_is_that_of_the_content():
    interface = QuantumClassicalInterface(CIRCUIT)
    one, same = (interface.synchronize(layer(), backend("exact")).version for _ in range(2))
    assert one == same
    fewer = Circuit(3, CIRCUIT.operations, z_each(3))
    other = QuantumClassicalInterface(fewer).synchronize(layer(fewer), backend("exact"))
    assert other.version != one


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (torch.nn.Linear(3, 3), "got a Linear as layer: expected a QuantumLayer"),
        (layer(Circuit(3, angle(3), z_each(3))), "QuantumLayer of the circuit that"),
        (layer(n_gates=2), "a layer with n_gates=2: expected one without"),
    ],
)
def test_what_cannot_be_deployed(made, message):
    with refused(CircuitError, message):
        QuantumClassicalInterface(CIRCUIT).synchronize(made, backend("exact"))
