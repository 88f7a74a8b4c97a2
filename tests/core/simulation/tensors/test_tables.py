"""Constants stay usable whatever mode they were first needed in."""

import pytest
import torch

from qmann_core.circuits import (
    Circuit,
    Observable,
    Operation,
    amplitude,
    angle,
    strongly_entangling,
)
from qmann_core.simulation import compile_circuit

STRATEGIES = ("fused", "gates")
INPUTS = torch.linspace(0.2, 1.0, 12, dtype=torch.float64).view(3, 4)
WEIGHTS = torch.linspace(-1.0, 2.0, 12, dtype=torch.float64)


def fresh(strategy, position):
    """A plan that no other test has used: the word differs from test to test."""
    word = ("ZZ", "XY")[position]
    operations = (*angle(2), Operation("CZ", (0, 1)), *strongly_entangling(2, 2))
    return compile_circuit(Circuit(2, operations, (Observable(word, (0, 1)),)), strategy=strategy)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_training_after_inference_mode(strategy):
    plan, weights = fresh(strategy, 0), WEIGHTS.clone().requires_grad_()
    with torch.inference_mode():
        first = plan(INPUTS[:, :2], weights).clone()
    second = plan(INPUTS[:, :2], weights)
    second.sum().backward()
    torch.testing.assert_close(first, second.detach())


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_training_after_a_function_transform(strategy):
    plan = fresh(strategy, 1)
    inputs, weights = INPUTS[:, :2].float(), WEIGHTS.float().requires_grad_()
    jacobian = torch.func.vmap(torch.func.jacrev(lambda w: plan(inputs, w)))
    (by_transform,) = jacobian(weights.detach().unsqueeze(0))
    by_autograd = torch.autograd.functional.jacobian(lambda w: plan(inputs, w), weights)
    torch.testing.assert_close(by_transform, by_autograd)


class Module(torch.nn.Module):
    def __init__(self, plan):
        super().__init__()
        self.plan = plan
        self.weight = torch.nn.Parameter(WEIGHTS)

    def forward(self, inputs):
        return self.plan(inputs, self.weight)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_exported_program_computes_the_same(strategy):
    operations = amplitude(2) + strongly_entangling(2, 2)
    plan = compile_circuit(Circuit(2, operations, (Observable("Z", (0,)),)), strategy=strategy)
    module = Module(plan)
    exported = torch.export.export(module, (INPUTS,)).module()
    torch.testing.assert_close(exported(INPUTS), module(INPUTS))
