"""Scaling, attention, the interface, and classical layers, against closed forms."""

import inspect
import math
import shutil

import numpy as np
import pytest
import torch
from torch import nn

from qmann_core.circuits import Circuit, angle, pauli, strongly_entangling, z_each
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.nn import (
    AttentionMechanism,
    DenseLayer,
    QuantumClassicalInterface,
    QuantumLayer,
    Standardise,
)
from qmann_core.simulation.reference import expectations


def test_standardise_has_mean_zero_and_deviation_one_and_clips():
    generator = torch.Generator().manual_seed(0)
    x = 3 + 2 * torch.randn(1000, 5, 2, generator=generator).double()
    x[..., 1] = 7.0  # a constant feature stays finite
    scaling = Standardise(2).double()
    scaling.fit(x)
    z = scaling(x)
    assert z[..., 0].mean().item() == pytest.approx(0, abs=1e-3)
    assert z[..., 0].std().item() == pytest.approx(1, abs=1e-3)
    assert torch.all(z[..., 1] == 0)
    assert scaling(torch.full((1, 2), 1e9).double()).tolist() == [[5.0, 5.0]]


def test_attention_is_that_of_pytorch():
    torch.manual_seed(0)
    ours = AttentionMechanism(6, 8, n_heads=2).double()
    query, sequence = torch.randn(3, 6).double(), torch.randn(3, 5, 6).double()
    mask = torch.zeros(3, 5, dtype=torch.bool)
    mask[1, 3:] = True
    context, weights = ours(query, sequence, mask)
    heads = [
        f.unflatten(-1, (2, 4)).transpose(-2, -3)
        for f in (ours.query(query).unsqueeze(1), ours.key(sequence), ours.value(sequence))
    ]
    keep = ~mask[:, None, None]
    expected = nn.functional.scaled_dot_product_attention(*heads, attn_mask=keep)
    torch.testing.assert_close(context, expected.squeeze(2).flatten(1))
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 2).double())
    assert torch.all(weights[1, :, 3:] == 0)


def test_attention_heads_must_divide_the_context():
    with pytest.raises(ConfigError, match="context_size 10 is not divisible by n_heads 4"):
        AttentionMechanism(6, 10, n_heads=4)


def test_quantum_layer_equals_the_reference():
    circuit = Circuit(3, angle(3) + strongly_entangling(3, 2), z_each(3))
    layer = QuantumLayer(circuit, generator=torch.Generator().manual_seed(0)).double()
    x = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(1)).double()
    weights = layer.weight.detach().numpy()
    expected = [[expectations(circuit, v.numpy(), weights) for v in row] for row in x]
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, atol=1e-12)


def test_interface_reads_counts_as_expectations():
    circuit = Circuit(2, angle(2), (pauli("Z", (0,)), pauli("ZZ", (0, 1))))
    interface = QuantumClassicalInterface(circuit)
    counts = {"00": 50, "10": 25, "11": 25}
    assert interface.quantum_to_classical(counts).tolist() == [0.0, 0.5]
    probabilities = torch.tensor([0.5, 0.0, 0.25, 0.25])
    assert interface.quantum_to_classical(probabilities).tolist() == [0.0, 0.5]


def test_interface_agrees_with_the_layer_on_a_product_state():
    circuit = Circuit(2, angle(2), z_each(2))
    angles = QuantumClassicalInterface(circuit).classical_to_quantum(torch.tensor([0.3, -2.0]))
    assert torch.all(angles.abs() < math.pi)
    torch.testing.assert_close(QuantumLayer(circuit)(angles), torch.cos(angles))


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({}, "expected at least one shot"),
        ({"00": -1, "11": 5}, "none negative"),
        ({"000": 1}, "expected 2 characters"),
        ({"0x": 1}, "expected 2 characters"),
    ],
)
def test_interface_refuses_impossible_counts(counts, message):
    interface = QuantumClassicalInterface(Circuit(2, angle(2), z_each(2)))
    with pytest.raises(CircuitError, match=message):
        interface.quantum_to_classical(counts)


def test_interface_refuses_observables_that_counts_cannot_estimate():
    with pytest.raises(CircuitError, match="rotate the basis first"):
        QuantumClassicalInterface(Circuit(1, angle(1), (pauli("X", (0,)),)))


def test_dense_layer_is_its_equation():
    torch.manual_seed(0)
    dense = DenseLayer(3, 2, middle_size=4)
    x = torch.randn(5, 3)
    expected = torch.tanh(dense.outward(torch.tanh(dense.inward(x))))
    torch.testing.assert_close(dense(x), expected)


def dressed(**options):
    circuit = Circuit(3, angle(3) + strongly_entangling(3, 2), z_each(3))
    return QuantumLayer(circuit, generator=torch.Generator().manual_seed(0), **options)


@pytest.mark.parametrize("gradient", ["parameter_shift", "finite_difference"])
def test_other_gradients_agree_with_the_exact_one(gradient):
    x = torch.linspace(-1, 1, 12, dtype=torch.float64).view(4, 3)
    exact, other = dressed().double(), dressed(gradient=gradient).double()
    for layer in (exact, other):
        layer(x).square().sum().backward()
    torch.testing.assert_close(other.weight.grad, exact.weight.grad, atol=1e-8, rtol=0)


def test_shots_spread_around_the_exact_value():
    x = torch.zeros(400, 3)
    noisy = dressed(gradient="parameter_shift", shots=100)(x).detach()
    exact = dressed()(x).detach()
    assert torch.all(noisy.std(0) < 0.13)  # at most 1 / sqrt(100), and 3 deviations of that
    torch.testing.assert_close(noisy.mean(0), exact.mean(0), atol=0.02, rtol=0)


def test_shots_need_a_gradient_by_values():
    with pytest.raises(
        CircuitError, match=r"shots=10 with the exact gradient: .* differentiated by"
    ):
        dressed(shots=10)


def test_weights_start_as_asked():
    uniform = dressed(initialise="uniform").weight.detach()
    assert 2 < uniform.max() < 2 * math.pi
    with pytest.raises(
        CircuitError, match="unknown initialisation 'zero'; use one of uniform, sma"
    ):
        inspect.unwrap(QuantumLayer.__init__)(
            QuantumLayer.__new__(QuantumLayer), dressed().circuit, initialise="zero"
        )


def test_torch_compile_needs_a_compiler(monkeypatch):
    monkeypatch.setattr(shutil, "which", {}.get)
    with pytest.raises(
        ConfigError, match=r"torch\.compile needs a C\+\+ compiler .* or leave compile"
    ):
        dressed().compile()
