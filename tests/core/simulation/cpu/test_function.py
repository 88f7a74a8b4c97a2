"""Kernels on whole batches: blocks, threads, kept states, and bad input."""

import numpy as np
import pytest
import torch

from qmann_core.circuits import Circuit, amplitude, angle, compose, strongly_entangling, z_each
from qmann_core.errors import CircuitError
from qmann_core.simulation import compile_circuit
from qmann_core.simulation.cpu import function
from qmann_core.simulation.cpu import threads as cpu_threads

CIRCUIT = Circuit(4, compose(angle(4), strongly_entangling(4, 2)), z_each(4))


def normal(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=dtype)


def evaluated(circuit, batch, strategy="kernel", dtype=torch.float64):
    """Values, and gradients of their sum of squares by inputs and weights."""
    inputs = normal(batch, circuit.n_inputs).to(dtype).requires_grad_()
    weights = normal(2, circuit.n_weights, seed=1).to(dtype).requires_grad_()
    values = compile_circuit(circuit, strategy=strategy)(inputs, weights)
    values.square().sum().backward()
    return values.detach(), inputs.grad, weights.grad


@pytest.mark.parametrize("batch", [1, 2, 8, 9, 16, 17, 40])
def test_blocks_of_every_width(batch):
    for found, expected in zip(
        evaluated(CIRCUIT, batch), evaluated(CIRCUIT, batch, "gates"), strict=True
    ):
        torch.testing.assert_close(found, expected, atol=1e-10, rtol=0)


@pytest.mark.parametrize("batch", [1, 20])
def test_single_precision(batch):
    single = evaluated(CIRCUIT, batch, dtype=torch.float32)
    for found, expected in zip(single, evaluated(CIRCUIT, batch), strict=True):
        assert found.dtype == torch.float32
        torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=1e-5)


def test_states_that_were_not_kept_are_made_again(monkeypatch):
    expected = evaluated(CIRCUIT, 20)
    monkeypatch.setattr(function, "KEPT", 0)
    for found, known in zip(evaluated(CIRCUIT, 20), expected, strict=True):
        assert torch.equal(found, known)


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(cpu_threads, "_WORTHWHILE", 0)
    before = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            results.append(evaluated(CIRCUIT, 100))
    finally:
        torch.set_num_threads(before)
    for other in results[1:]:
        assert all(map(torch.equal, results[0], other))


def test_an_error_in_a_thread_is_raised(monkeypatch):
    monkeypatch.setattr(cpu_threads, "_WORTHWHILE", 0)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    seen = []

    def run(first, last):
        seen.append((first, last))
        if first:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cpu_threads.over_blocks(run, 7, 1)
    assert sorted(seen) == [(0, 2), (2, 4), (4, 7)]


def test_backward_twice():
    inputs = normal(3, 4).requires_grad_()
    values = compile_circuit(CIRCUIT)(inputs, normal(24)).sum()
    first = torch.autograd.grad(values, inputs, retain_graph=True)[0]
    assert torch.equal(torch.autograd.grad(values, inputs)[0], first)
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        torch.autograd.grad(values, inputs)


def test_huge_angles_keep_their_meaning():
    inputs, weights = normal(5, 4), normal(24)
    plan = compile_circuit(CIRCUIT, strategy="kernel")
    turned = plan(inputs + 2000 * torch.pi, weights)
    torch.testing.assert_close(turned, plan(inputs, weights), atol=1e-10, rtol=0)


@pytest.mark.parametrize("n_inputs", [5, 8])
def test_amplitudes_padded_and_normalised(n_inputs):
    circuit = Circuit(3, compose(amplitude(3, n_inputs), strongly_entangling(3, 2)), z_each(3))
    for found, expected in zip(evaluated(circuit, 5), evaluated(circuit, 5, "gates"), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-10, rtol=0)


def test_zero_amplitudes():
    inputs = normal(3, 8)
    inputs[1] = 0
    plan = compile_circuit(Circuit(3, amplitude(3), z_each(3)))
    with pytest.raises(
        CircuitError, match=r"all 8 inputs of sample 1 \(of 3.* are zero, so they ha"
    ):
        plan(inputs, normal(0))


def test_no_samples():
    plan = compile_circuit(CIRCUIT)
    inputs = normal(0, 4).requires_grad_()
    values = plan(inputs, normal(24))
    assert values.shape == (0, 4)
    assert torch.autograd.grad(values.sum(), inputs)[0].shape == (0, 4)


@pytest.mark.slow
def test_twenty_wires_run():
    circuit = Circuit(20, compose(angle(20), strongly_entangling(20, 1)), z_each(20, 1))
    inputs = normal(1, 20, dtype=torch.float32).requires_grad_()
    value = compile_circuit(circuit)(inputs, torch.zeros(60))
    # with weights 0 the ring takes <Z_0> to the product of the cosines of all other angles
    expected = inputs.detach()[0, 1:].cos().prod()
    np.testing.assert_allclose(value.item(), expected.item(), atol=1e-5)
    value.sum().backward()
    tangent = -expected * inputs.detach()[0, 1:].tan()
    torch.testing.assert_close(inputs.grad[0, 1:], tangent, atol=1e-5, rtol=0)
