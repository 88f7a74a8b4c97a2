"""Undone states against kept ones, and how much memory each needs."""

from functools import partial

import pytest
import torch

from qmann_core.circuits import (
    Circuit,
    Operation,
    Weight,
    amplitude,
    angle,
    compose,
    hardware_efficient,
    pauli,
    probabilities,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.simulation.lowering.lower import lower
from qmann_core.simulation.tensors.sweep.gatewise import SweepProgram
from qmann_core.simulation.tensors.tables import constants

GATEWISE, ADJOINT = (partial(SweepProgram, undoes=undoes) for undoes in (False, True))
CPU = torch.device("cpu")
CZ = (Operation("CZ", (0, 1)), Operation("RX", (3,), (Weight(0),)), Operation("CNOT", (3, 1)))


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def run(kind, circuit, inputs, weights):
    program = kind(lower(circuit), circuit.n_inputs, circuit.n_weights)
    kept = constants(program, inputs.dtype, CPU)
    return program.run(inputs, program.build(weights, kept), kept, len(weights))


def values_and_gradients(kind, circuit, n_samples, n_gates):
    inputs = normal(n_samples, circuit.n_inputs).requires_grad_()
    weights = normal(n_gates, circuit.n_weights, seed=1).requires_grad_()
    values = run(kind, circuit, inputs, weights)
    weighted = values * normal(*values.shape, seed=2)
    return values, *torch.autograd.grad(weighted.sum(), (inputs, weights))


CIRCUITS = {
    "angles": Circuit(5, compose(angle(5), strongly_entangling(5, 3)), z_each(5)),
    "amplitudes": Circuit(5, compose(amplitude(5), hardware_efficient(5, 2)), z_each(5)),
    "uploaded_twice": Circuit(
        4, compose(angle(4), CZ, angle(4, axis="X"), CZ, angle(4)), (pauli("XZY"), pauli("Y"))
    ),
    "few_gates": Circuit(9, compose(angle(9), CZ, CZ, hardware_efficient(4, 1)), z_each(9)),
    "exchanged": Circuit(
        6,
        compose(angle(6), strongly_entangling(6, 2), strongly_entangling(6, 1), angle(6), CZ),
        (pauli("Z"),),
    ),
    "outcomes": Circuit(4, compose(angle(4), strongly_entangling(4, 2)), probabilities((2, 0))),
}


@pytest.mark.parametrize("name", CIRCUITS)
@pytest.mark.parametrize(("n_gates", "n_samples"), [(1, 1), (1, 3), (3, 3)])
def test_equal_to_autograd(name, n_gates, n_samples):
    """The double derivative goes by autograd alone, so its first one does."""
    circuit = CIRCUITS[name]
    inputs = normal(n_samples, circuit.n_inputs).requires_grad_()
    weights = normal(n_gates, circuit.n_weights, seed=1).requires_grad_()
    values = run(GATEWISE, circuit, inputs, weights)
    weighted = (values * normal(*values.shape, seed=2)).sum()
    expected = torch.autograd.grad(weighted, (inputs, weights), create_graph=True)
    for kind in (GATEWISE, ADJOINT):
        found = values_and_gradients(kind, circuit, n_samples, n_gates)
        for one, other in zip(found, (values, *expected), strict=True):
            torch.testing.assert_close(one, other, atol=1e-12, rtol=0)


@pytest.mark.parametrize("kind", [GATEWISE, ADJOINT])
@pytest.mark.parametrize("name", ["angles", "amplitudes"])
def test_gradients_are_deterministic_and_can_be_taken_again(name, kind):
    first, second = (values_and_gradients(kind, CIRCUITS[name], 3, 2) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
    inputs, weights = normal(3, 5).requires_grad_(), normal(2, 45).requires_grad_()
    total = run(kind, CIRCUITS["angles"], inputs, weights).square().sum()
    twice = [torch.autograd.grad(total, weights, retain_graph=True)[0] for _ in range(2)]
    assert torch.equal(*twice)


def test_gradients_of_some_parameters_only():
    circuit = CIRCUITS["angles"]
    _, by_inputs, by_weights = values_and_gradients(ADJOINT, circuit, 3, 2)
    for wanted, expected in ((0, by_inputs), (1, by_weights)):
        parameters = [normal(3, 5), normal(2, 45, seed=1)]
        parameters[wanted].requires_grad_()
        values = run(ADJOINT, circuit, *parameters)
        (values * normal(*values.shape, seed=2)).sum().backward()
        assert torch.equal(parameters[wanted].grad, expected)


@pytest.mark.filterwarnings("ignore:`torch.jit.script`:FutureWarning")  # jacfwd's own
@pytest.mark.parametrize("kind", [GATEWISE, ADJOINT])
@pytest.mark.parametrize("name", ["angles", "uploaded_twice"])
def test_jacobians_by_transforms_of_functions(name, kind):
    circuit = CIRCUITS[name]
    inputs, weights = normal(2, circuit.n_inputs), normal(1, circuit.n_weights, seed=1)

    def values(weights):
        return run(kind, circuit, inputs, weights)

    expected = torch.autograd.functional.jacobian(values, weights)
    batched = torch.autograd.functional.jacobian(values, weights, vectorize=True)
    forwards, backwards = torch.func.jacfwd(values)(weights), torch.func.jacrev(values)(weights)
    for found in (batched, forwards, backwards):
        torch.testing.assert_close(found, expected, atol=1e-13, rtol=0)


def test_no_second_derivatives():
    inputs, weights = normal(2, 5), normal(1, 45).requires_grad_()
    total = run(ADJOINT, CIRCUITS["angles"], inputs, weights).sum()
    with pytest.raises(CircuitError, match=r"'adjoint' has no second derivatives .* use 'gates'"):
        torch.autograd.grad(total, weights, create_graph=True)


@pytest.mark.parametrize(("kind", "expected"), [(GATEWISE, [4, 16]), (ADJOINT, [1, 1])])
def test_states_that_are_kept_by_depth(kind, expected):
    """One before each product (3 groups of wires), and the final one; or the final one alone."""
    n, n_samples, counts = 10, 128, []
    for depth in (2, 6):
        kept = set()

        def keep(tensor, kept=kept):
            if tensor.numel() >= n_samples * 2**n:
                kept.add(tensor.untyped_storage().data_ptr())
            return tensor

        circuit = Circuit(n, compose(angle(n), strongly_entangling(n, depth)), z_each(n))
        inputs, weights = normal(n_samples, n), normal(1, circuit.n_weights).requires_grad_()
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            values = run(kind, circuit, inputs, weights)
        counts.append(len(kept))
        del values
    assert counts == expected
