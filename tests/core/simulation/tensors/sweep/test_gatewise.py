"""The strategy for many wires, where a reference with full matrices would be too large."""

import pytest
import torch

from qmann_core.circuits import (
    Circuit,
    Operation,
    amplitude,
    angle,
    compose,
    hardware_efficient,
    pauli,
    strongly_entangling,
    z_each,
)
from qmann_core.simulation import compile_circuit


def test_product_of_cosines_on_many_wires():
    n = 11
    inputs = torch.linspace(-1.0, 1.2, n, dtype=torch.float64)
    circuit = Circuit(n, angle(n), (*z_each(n), pauli("Z" * n)))
    values = compile_circuit(circuit)(inputs, torch.zeros(0, dtype=torch.float64))
    expected = torch.cat((inputs.cos(), inputs.cos().prod().reshape(1)))
    torch.testing.assert_close(values, expected)


def test_ghz_state_on_many_wires():
    n = 12
    chain = tuple(Operation("CNOT", (wire, wire + 1)) for wire in range(n - 1))
    measured = (pauli("ZZ", (0, n - 1)), pauli("X" * n), pauli("Z"))
    circuit = Circuit(n, (Operation("H", (0,)), *chain), measured)
    none = torch.zeros(0, dtype=torch.float64)
    expected = torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64)
    torch.testing.assert_close(compile_circuit(circuit)(none, none), expected)


def test_wires_that_never_meet_do_not_influence_each_other():
    small = compose(angle(3), hardware_efficient(3, 2))
    plan = compile_circuit(Circuit(3, small, z_each(3)), strategy="fused")
    large = compile_circuit(Circuit(9, small, z_each(3)), strategy="gates")
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(4, 3, generator=generator, dtype=torch.float64)
    weights = torch.randn(2, plan.n_weights, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(large(inputs, weights), plan(inputs, weights))


@pytest.mark.parametrize("encoding", [amplitude, angle])
def test_no_samples(encoding):
    circuit = Circuit(5, compose(encoding(5), strongly_entangling(5, 2)), z_each(5))
    plan = compile_circuit(circuit, strategy="gates")
    inputs = torch.zeros(0, plan.n_inputs, requires_grad=True)
    weights = torch.zeros(2, plan.n_weights, requires_grad=True)
    values = plan(inputs, weights)
    assert values.shape == (0, 2, 5)
    values.sum().backward()
    assert inputs.grad.shape == inputs.shape
    assert not weights.grad.any()
