"""Amplitude encoding of vectors of any size: what counts is their direction."""

import math

import numpy as np
import pytest
import torch

from qmann_core.circuits import (
    Circuit,
    Input,
    Operation,
    amplitude,
    compose,
    strongly_entangling,
    z_each,
)
from qmann_core.config import MemoryConfig
from qmann_core.errors import CircuitError
from qmann_core.memory import QuantumMemory
from qmann_core.simulation import (
    Estimator,
    NoiseModel,
    compile_circuit,
    depolarising,
    noisy_expectations,
    reference,
)

SCALES = {
    torch.float32: [1e-42, 1e-38, 1e-25, 1e-20, 1e-10, 1e10, 1e20, 1e30, 5e37],
    torch.float64: [5e-322, 1e-308, 1e-170, 1e-160, 1e-30, 1e30, 1e155, 1e170, 1e307],
}
VECTOR = [1.0, -2.0, 0.0, 3.0]
CIRCUIT = Circuit(2, compose(amplitude(2), strongly_entangling(2, 1)), z_each(2))


@pytest.mark.parametrize("dtype", SCALES)
@pytest.mark.parametrize("strategy", ["kernel", "fused", "gates", "adjoint", "noise", "shots"])
def test_only_the_direction_of_amplitudes_counts(strategy, dtype):
    circuit = CIRCUIT
    x = torch.tensor([VECTOR, VECTOR[::-1]], dtype=dtype)
    weights = torch.linspace(-1, 1, circuit.n_weights, dtype=dtype)

    def run(x):
        if strategy == "noise":
            return noisy_expectations(
                circuit, x, weights, NoiseModel(one_wire=(depolarising(0.1),))
            )
        if strategy == "shots":
            seeded = torch.Generator().manual_seed(0)
            return Estimator(circuit, "finite_difference", shots=1000)(x, weights, seeded)
        return compile_circuit(circuit, strategy=strategy)(x, weights)

    def slope(x):
        leaf = x.clone().requires_grad_()
        return torch.autograd.grad(run(leaf).sum(), leaf)[0]

    exact = strategy != "shots"
    expected, slopes = run(x), slope(x)
    for scale in SCALES[dtype]:
        tolerance = 0.01 if scale < torch.finfo(dtype).tiny else 8 * torch.finfo(dtype).eps
        scaled = scale * x  # subnormal numbers have few digits
        torch.testing.assert_close(run(scaled), expected, rtol=0, atol=tolerance)
        if exact and 1e-30 < scale < 1e30:
            torch.testing.assert_close(scale * slope(scaled), slopes, rtol=1e-4, atol=1e-5)
    if strategy == "kernel":
        rows = 1e-170 * x.double().numpy()
        found = [reference.expectations(circuit, row, weights.double().numpy()) for row in rows]
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("strategy", ["kernel", "gates"])
@pytest.mark.parametrize("scale", [1e-170, 1.0, 3.0])
def test_an_input_may_be_amplitude_and_angle(strategy, scale):
    turned = (Operation("RX", (1,), (Input(1),)), Operation("RY", (0,), (Input(4) * Input(0),)))
    operations = compose(amplitude(3, n_inputs=4), turned, strongly_entangling(3, 1))
    circuit = Circuit(3, operations, z_each(3))
    x = scale * torch.tensor([[1.0, -2.0, 0.5, 3.0, 0.7]], dtype=torch.float64)
    weights = torch.linspace(-1, 1, circuit.n_weights, dtype=torch.float64)
    found = compile_circuit(circuit, strategy=strategy)(x, weights)
    expected = reference.expectations(circuit, x[0].numpy(), weights.numpy())
    np.testing.assert_allclose(found[0], expected, atol=1e-12)
    assert torch.autograd.gradcheck(
        lambda x: compile_circuit(circuit, strategy=strategy)(x, weights),
        (torch.tensor([[1.0, -2.0, 0.5, 3.0, 0.7]], dtype=torch.float64, requires_grad=True),),
    )


@pytest.mark.parametrize("strategy", ["kernel", "fused"])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([0.0, 0.0, 0.0, 0.0], "all 4 inputs of sample 1 .* are zero"),
        ([1.0, math.nan, 0.0, 0.0], "input 1 of sample 1 .* is nan"),
        ([1.0, 0.0, 0.0, -math.inf], "input 3 of sample 1 .* is -inf"),
    ],
)
def test_vectors_without_a_direction_are_refused(strategy, wrong, message):
    plan = compile_circuit(CIRCUIT, strategy=strategy)
    with pytest.raises(CircuitError, match=message):
        plan(torch.tensor([VECTOR, wrong]), torch.zeros(CIRCUIT.n_weights))


@pytest.mark.parametrize("scale", [1e-30, 1e-22, 1e20, 1e30])
def test_a_trained_memory_compares_directions(scale):
    config = MemoryConfig(kind="quantum", encoding="amplitude", n_qubits=2, n_banks=1)
    memory = QuantumMemory(4, 1, config)
    x = torch.tensor([VECTOR, VECTOR[::-1]])
    torch.testing.assert_close(memory.encode(scale * x), memory.encode(x))
