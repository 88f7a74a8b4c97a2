"""Qiskit Aer with IBM's fake devices and its own noise, against Aer itself."""

import copy
import pickle

import numpy as np
import pytest
import torch
from qiskit import QuantumCircuit, generate_preset_pass_manager
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, amplitude_damping_error
from qiskit_ibm_runtime.fake_provider import FakeManilaV2
from run_circuits import circuits, numbers

from qmann_core.backends import backend
from qmann_core.circuits import Circuit, Operation, z_each
from qmann_core.simulation import measurements

BELL = Circuit(2, (Operation("H", (0,)), Operation("CNOT", (0, 1))), z_each(2))
NONE = torch.zeros(1, 0), torch.zeros(0)


def test_a_fake_device_is_what_aer_makes_of_it():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    simulator = AerSimulator.from_backend(FakeManilaV2())
    manager = generate_preset_pass_manager(1, simulator, seed_transpiler=0)
    counts = simulator.run(manager.run(circuit), shots=100_000, seed_simulator=0).result()
    theirs = {bits[::-1]: n / 100_000 for bits, n in counts.get_counts().items()}
    [found] = backend("aer", noise="fake_manila").sample(BELL, *NONE, shots=100_000, seed=1)
    for bits in ("00", "01", "10", "11"):
        assert found[bits] / 100_000 == pytest.approx(theirs[bits], abs=0.01)


def test_exact_values_of_a_fake_device_are_the_mean_of_its_shots():
    circuit = circuits(3)["block"]
    inputs, weights = numbers(circuit, 2)
    noisy = backend("aer", noise="fake_manila")
    exact = noisy.expectations(circuit, inputs, weights)
    found = noisy.expectations(circuit, inputs, weights, shots=20_000, seed=4)
    assert ((found.mean - exact.mean).abs() < 4 * found.error).all()
    ideal = backend("exact").expectations(circuit, inputs, weights).mean
    assert ((exact.mean - ideal).abs() > 0.01).any()


def test_noise_of_aers_own():
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(amplitude_damping_error(0.2), ["x"])
    noise.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.3, 0.7]]))
    circuit = Circuit(2, (Operation("X", (1,)),), z_each(2))
    found = backend("aer", noise=noise).expectations(circuit, *NONE)
    one = 0.8 * 0.7 + 0.2 * 0.1
    np.testing.assert_allclose(found.mean, [[1 - 2 * 0.1, 1 - 2 * one]], atol=1e-12)


def test_it_can_be_copied_and_sent():
    noisy = backend("aer", noise="fake_manila")
    expected = noisy.expectations(BELL, *NONE).mean
    for other in (copy.deepcopy(noisy), pickle.loads(pickle.dumps(noisy))):
        torch.testing.assert_close(other.expectations(BELL, *NONE).mean, expected)


@pytest.mark.parametrize("case", ["block", "amplitude"])
def test_a_batch_is_one_call_of_one_transpiled_circuit(case, monkeypatch):
    calls = []
    run = AerSimulator.run

    def counted(self, made, *rest, **options):
        calls.append(made)
        return run(self, made, *rest, **options)

    monkeypatch.setattr(AerSimulator, "run", counted)
    circuit, aer = circuits(3)[case], backend("aer")
    for seed in (0, 1):
        aer.expectations(circuit, *numbers(circuit, 256, seed), shots=10)
    first, second = calls
    assert all(one is other for one, other in zip(first, second, strict=True))
    assert len(first) == len(measurements(circuit.observables))
