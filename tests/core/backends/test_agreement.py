"""Every back end against the engine: to rounding, within standard errors, and with noise."""

from dataclasses import replace

import pytest
import torch
from run_circuits import circuits, numbers, recalls

from qmann_core.backends import backend
from qmann_core.circuits import (
    Circuit,
    Operation,
    Weight,
    amplitude,
    compose,
    pauli,
    probabilities,
    strongly_entangling,
    z_each,
)
from qmann_core.simulation import (
    NoiseModel,
    ReadoutConfusion,
    amplitude_damping,
    depolarising,
    noisy_expectations,
    phase_damping,
)

OTHERS = ["aer", "pennylane", "pennylane:lightning.qubit", "cirq"]
DENSITY = ["aer:density_matrix", "pennylane:default.mixed", "cirq:density_matrix"]
NOISE = NoiseModel(
    one_wire=(amplitude_damping(0.02), depolarising(0.01)),
    two_wire=(depolarising(0.03, n_wires=2), phase_damping(0.1)),
    readout=(ReadoutConfusion(0.05, 0.1),),
)
SLOW_CIRQ = pytest.param("cirq", marks=pytest.mark.slow)
SIZES = [pytest.param(n, marks=() if n == 3 else pytest.mark.slow) for n in range(1, 9)]


@pytest.mark.parametrize("name", [*OTHERS, *DENSITY])
@pytest.mark.parametrize("n_wires", SIZES)
def test_exact_values_are_the_engines(name, n_wires):
    for case, circuit in circuits(n_wires).items():
        inputs, weights = numbers(circuit, 2)
        expected = backend("exact").expectations(circuit, inputs, weights)
        found = backend(name).expectations(circuit, inputs, weights)
        torch.testing.assert_close(found.mean, expected.mean, rtol=0, atol=1e-9, msg=case)
        assert not found.error.any()


@pytest.mark.parametrize("name", ["exact", *OTHERS[:-1], SLOW_CIRQ])
@pytest.mark.parametrize("n_wires", SIZES)
def test_shots_are_within_four_standard_errors(name, n_wires):
    far = []
    for seed, circuit in enumerate(circuits(n_wires).values()):
        inputs, weights = numbers(circuit, 48)
        expected = backend("exact").expectations(circuit, inputs, weights)
        found = backend(name).expectations(circuit, inputs, weights, shots=1000, seed=seed)
        far.append(((found.mean - expected.mean).abs() > 4 * found.error + 1e-9).flatten())
    assert torch.cat(far).double().mean() <= 0.001


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("case", recalls())
def test_recalls_of_a_memory(name, case):
    circuit = recalls()[case]
    inputs, weights = numbers(circuit, 1)
    expected = backend("exact").expectations(circuit, inputs, weights)
    found = backend(name).expectations(circuit, inputs, weights)
    torch.testing.assert_close(found.mean, expected.mean, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["exact", "aer", "pennylane", SLOW_CIRQ])
@pytest.mark.parametrize("n_wires", [pytest.param(2, marks=pytest.mark.slow), 3])
def test_noise_is_the_engines(name, n_wires):
    noise = replace(NOISE, readout=tuple(ReadoutConfusion(0.02 * n, 0.1) for n in range(n_wires)))
    for case, circuit in circuits(n_wires).items():
        inputs, weights = numbers(circuit, 2)
        expected = noisy_expectations(circuit, inputs, weights, noise)
        found = backend(name, noise=noise).expectations(circuit, inputs, weights)
        torch.testing.assert_close(found.mean, expected, rtol=0, atol=1e-9, msg=case)


@pytest.mark.parametrize("name", ["aer", "pennylane", "cirq"])
def test_noise_is_in_shots_too(name):
    circuit = circuits(3)["reuploading"]
    inputs, weights = numbers(circuit)
    expected = noisy_expectations(circuit, inputs, weights, NOISE)
    noisy = backend(name, noise=NOISE)
    found = noisy.expectations(circuit, inputs, weights, shots=4000, seed=1)
    assert ((found.mean - expected).abs() <= 4 * found.error).all()
    counts = noisy.sample(circuit, inputs, weights, shots=4000, seed=2)
    ones = torch.tensor([sum(n for bits, n in each.items() if bits[2] == "1") for each in counts])
    place = circuit.observables.index(pauli("Z", (2,)))
    torch.testing.assert_close(1 - 2 * ones / 4000, expected[:, place].float(), rtol=0, atol=0.07)


@pytest.mark.parametrize("name", ["exact", *OTHERS])
def test_bit_strings_read_wire_0_first(name):
    flips = (Operation("X", (0,)), Operation("RX", (2,), (Weight(0),)))
    circuit = Circuit(3, flips, z_each(3))
    weights = torch.tensor([torch.pi / 2], dtype=torch.float64)
    found = backend(name).sample(circuit, weights.new_zeros(40, 0), weights, shots=100, seed=3)
    assert all(set(each) <= {"100", "101"} and each.total() == 100 for each in found)
    ones = torch.tensor([each["101"] for each in found]).double()
    assert ones.mean() == pytest.approx(50, abs=4 * 5 / 40**0.5)
    assert 2.5 < ones.std() < 7.5  # samples are drawn one by one: sqrt(100 / 4) = 5
    again = backend(name).sample(circuit, weights.new_zeros(40, 0), weights, shots=100, seed=3)
    assert again == found


def test_standard_errors_are_those_of_repetitions():
    circuit = Circuit(2, compose(amplitude(2), strongly_entangling(2, 1)), observables())
    inputs, weights = numbers(circuit, 1)
    found = backend("exact").expectations(circuit, inputs.expand(2000, -1), weights, shots=400)
    spread = found.mean.std(dim=0)
    torch.testing.assert_close(found.error.mean(dim=0), spread, rtol=0.1, atol=1e-3)


def observables():
    return (pauli("XY"), pauli("Z"), *probabilities((0, 1)), pauli("II"))


@pytest.mark.parametrize("name", ["exact", "aer", "pennylane", "cirq"])
def test_no_samples_are_no_values_and_the_identity_is_sure(name):
    circuit = circuits(2)["block"]
    none = torch.zeros(0, circuit.n_inputs), torch.zeros(0)
    assert backend(name).expectations(circuit, *none).mean.shape == (0, 6)
    assert backend(name).sample(circuit, *none, shots=5) == ()
    sure = Circuit(2, (), (pauli("II"),))
    found = backend(name).expectations(sure, torch.zeros(3, 0), torch.zeros(0), shots=5)
    assert (found.mean.tolist(), found.error.tolist()) == ([[1.0]] * 3, [[0.0]] * 3)


def test_exact_values_are_differentiable():
    circuit = circuits(2)["strongly_entangling"]
    inputs, weights = (each.requires_grad_() for each in numbers(circuit, 2))

    def run(*leaves):
        return backend("exact").expectations(circuit, *leaves).mean

    assert torch.autograd.gradcheck(run, (inputs, weights))
