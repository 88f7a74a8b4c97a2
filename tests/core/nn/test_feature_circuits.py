"""Circuits as features, and reservoirs of them."""

import copy
import math
from itertools import combinations

import numpy as np
import pennylane as qml
import pytest
import torch

from qmann_core.circuits import Circuit, ising, pauli
from qmann_core.errors import CircuitError
from qmann_core.nn import FeatureCircuits, Reservoir, TanhFeatures
from qmann_core.simulation import NoiseModel, depolarising
from qmann_core.simulation.reference import expectations


def generator():
    return torch.Generator().manual_seed(5)


@pytest.mark.parametrize("pairs", [None, list(combinations(range(3), 2)), []])
def test_an_ising_block_is_what_pennylane_makes_of_the_same_gates(pairs):
    coupled = [(0, 1), (1, 2)] if pairs is None else pairs
    inputs = np.linspace(-1.3, 1.9, 9 + len(coupled))
    turns, couplings, a, b = np.split(inputs, np.cumsum([3, len(coupled), 3]))
    words = [(axis, wire) for axis in "XYZ" for wire in range(3)]

    @qml.qnode(qml.device("default.qubit", wires=3))
    def block():
        for wire in range(3):
            qml.Hadamard(wire)
            qml.RY(turns[wire], wire)
        for pair, coupling in zip(coupled, couplings, strict=True):
            qml.IsingZZ(coupling, pair)
        for wire in range(3):
            qml.RX(a[wire], wire)
            qml.RY(b[wire], wire)
        return [qml.expval(getattr(qml, f"Pauli{axis}")(wire)) for axis, wire in words]

    circuit = Circuit(3, ising(3, pairs=pairs), tuple(pauli(axis, (wire,)) for axis, wire in words))
    np.testing.assert_allclose(expectations(circuit, inputs, np.empty(0)), block(), atol=1e-13)


def test_without_coupling_each_wire_is_a_bloch_vector_turned_three_times():
    features = FeatureCircuits(5, 2, bandwidth=0.7, coupling=0.0, generator=generator()).double()
    x = torch.linspace(-2, 2, 20, dtype=torch.float64).reshape(4, 5)
    a, b = (part.flatten() for part in features.fixed[:, 1:].split(2, dim=1))
    turn = 0.7 * torch.nn.functional.pad(x, (0, 1))
    along, up = turn.cos(), -turn.sin()  # of |+> turned about Y; RX turns Z, RY both
    y, z = -torch.sin(a) * up, torch.cos(a) * up
    sphere = along * b.cos() + z * b.sin(), y, z * b.cos() - along * b.sin()
    expected = torch.stack([each.unflatten(-1, (3, 2)) for each in sphere], dim=-2).flatten(1)
    torch.testing.assert_close(features(x), expected, rtol=0, atol=1e-6)  # fixed is float32


def test_entanglement_is_the_coupling_and_leaves_the_draws_alone():
    coupled, free = (FeatureCircuits(4, coupling=c, generator=generator()) for c in (0.5, 0.0))
    assert torch.equal(coupled.fixed, free.fixed)
    x = torch.ones(4)
    assert (coupled(x) - free(x)).abs().max() > 0.01
    free.load_state_dict(coupled.state_dict())
    assert torch.equal(coupled(x), free(x))


def test_shots_err_as_the_binomial_law_says():
    exact = FeatureCircuits(3, 3, generator=generator())
    sampled = FeatureCircuits(3, 3, shots=400, generator=generator())
    with torch.no_grad():
        x = torch.full((2000, 3), 2.0)
        z = (sampled(x) - exact(x)) / ((1 - exact(x).square()) / 400).sqrt()
    assert z.mean(dim=0).abs().max() < 5 / math.sqrt(2000)
    assert (z.square().mean(dim=0) - 1).abs().max() < 0.2


def test_noise_of_the_layer_is_that_of_the_features():
    features, x = FeatureCircuits(2, 1, coupling=0.0, generator=generator()), torch.ones(2)
    exact = features(x)
    features.layer.noise = NoiseModel(one_wire=(depolarising(0.03),))
    torch.testing.assert_close(features(x), exact * (1 - 4 * 0.03 / 3) ** 4)  # four gates a wire


def test_a_reservoir_is_its_recursion():
    features = FeatureCircuits(4, 2, bandwidth=0.3, generator=generator())
    reservoir = Reservoir(features, radius=0.9, leak=0.3, generator=generator())
    x, state = torch.randn(3, 5, 3, generator=generator()), torch.zeros(3, 12)
    for step in range(5):
        given = torch.cat((x[:, step], x[:, step, :1]), dim=1)
        fed = given + 0.9 * state @ reservoir.feedback.T / 0.3
        state = 0.7 * state + 0.3 * (features(fed) - features(torch.zeros(4)))
        torch.testing.assert_close(reservoir(x)[:, step], state)


@pytest.mark.parametrize("units", [FeatureCircuits, lambda n, **kw: TanhFeatures(n, 12, **kw)])
def test_the_past_fades(units):
    reservoir = Reservoir(units(4, generator=generator()), generator=generator())
    x = torch.randn(2, 60, 4, generator=generator())
    x[1, 10:] = x[0, 10:]
    first, second = reservoir(x)
    assert (first[9] - second[9]).abs().max() > 1e-3
    assert (first[-1] - second[-1]).abs().max() < 1e-5


def test_gradients_reach_the_inputs_and_nothing_is_trained():
    reservoir = Reservoir(FeatureCircuits(2, 2, generator=generator()), generator=generator())
    double, x = copy.deepcopy(reservoir).double(), torch.randn(2, 3, 2).double()
    assert torch.autograd.gradcheck(double, x.requires_grad_())
    assert reservoir.parameter_count() == 0


def test_tanh_features_are_their_formula():
    features, x = TanhFeatures(3, 50, bandwidth=2.0, generator=generator()), torch.ones(3)
    expected = torch.tanh(2 * features.weight.sum(dim=1) + features.bias)
    torch.testing.assert_close(features(x), expected)


@pytest.mark.parametrize("wrong", [{"n_inputs": 0}, {"n_wires": 0}, {"bandwidth": 0.0}])
def test_nothing_to_encode_is_refused(wrong):
    with pytest.raises(CircuitError, match="expected at least one of each, and a bandwidth"):
        FeatureCircuits(**{"n_inputs": 2, **wrong})
