"""What a back end refuses, and in which words."""

import re
import sys

import pytest
import torch
from qiskit_aer.noise import NoiseModel as AersNoise
from qiskit_aer.noise import depolarizing_error
from refused import refused

from qmann_core.backends import backend
from qmann_core.circuits import Circuit, Operation, amplitude, angle, z_each
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.simulation import NoiseModel, ReadoutConfusion, depolarising

CIRCUIT = Circuit(2, angle(2), z_each(2))
ROWS, NONE = torch.zeros(3, 2), torch.zeros(0)
LOCAL = AersNoise()
LOCAL.add_quantum_error(depolarizing_error(0.1, 1), ["x"], [2])
THREE = NoiseModel(readout=(ReadoutConfusion(0.1, 0.1),) * 3)
BOTH = NoiseModel(two_wire=(depolarising(0.1, n_wires=2),))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("qasm", {}, "unknown back end 'qasm'; use one of exact, aer, pennylane, cirq"),
        ("exact:gpu", {}, "back end 'exact' has no option device; it takes noise"),
        ("aer", {"depth": 3}, "back end 'aer' has no option depth; it takes device, noise"),
        ("aer:gpu", {}, "aer has no device 'gpu'; use one of automatic, statevector"),
        ("pennylane:gpu", {}, r"no device 'gpu'; installed are default\.qubit, .*lightning\.qubit"),
        ("cirq:gpu", {}, "cirq has no device 'gpu'; use one of simulator, density_matrix"),
        ("aer", {"noise": "fake_mars"}, "unknown fake device 'fake_mars'; known are .*fake_manila"),
        ("aer", {"noise": 0.1}, "noise of type float: expected the name of a fake device"),
        ("cirq", {"noise": "fake_manila"}, "noise of type str: .* run on the back end 'aer'"),
        ("pennylane", {"noise": "fake_manila"}, "noise of type str: .* run on the back end 'aer'"),
        ("exact", {"noise": "fake_manila"}, "noise of type str: .* run on the back end 'aer'"),
        ("cirq:simulator", {"noise": BOTH}, "no noise; use cirq:density_matrix"),
        ("pennylane:lightning.qubit", {"noise": BOTH}, "no noise; use pennylane:default.mixed"),
    ],
)
def test_a_back_end_that_cannot_be(name, options, message):
    with refused(ConfigError, message):
        backend(name, **options)


@pytest.mark.parametrize("name", ["exact", "aer", "pennylane", "cirq"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shots": 0}, "shots: expected a whole number from 1 to .*, got 0"),
        ({"shots": -5}, "shots: expected .*, got -5"),
        ({"shots": 10.5}, r"shots: expected .*, got 10\.5"),
        ({"seed": -1}, "seed: expected a whole number from 0"),
        ({"inputs": torch.zeros(2)}, r"inputs of shape \(2,\) .*: expected \(sample, n_inputs\)"),
        ({"inputs": torch.zeros(3, 4)}, "the circuit reads 2 inputs"),
        ({"inputs": torch.full((3, 2), torch.nan)}, "inputs are not all finite"),
        ({"weights": torch.zeros(1)}, "the circuit reads 0 weights"),
        ({"circuit": Circuit(2, angle(2), ())}, "the circuit measures nothing"),
    ],
)
def test_what_cannot_be_run(name, change, message):
    given = {"circuit": CIRCUIT, "inputs": ROWS, "weights": NONE} | change
    with refused(CircuitError, message):
        backend(name).expectations(**given)


@pytest.mark.parametrize("name", ["aer", "pennylane", "cirq"])
@pytest.mark.parametrize(
    ("noise", "message"),
    [
        (THREE, "given for 3 wires, the circuit has 2"),
        (BOTH, "CSWAP acts on 3 wires, but the noise has a channel on two"),
    ],
)
def test_noise_that_does_not_fit(name, noise, message):
    n_wires = 2 if noise is THREE else 3
    swap = (Operation("CSWAP", (0, 1, 2)),) if n_wires == 3 else ()
    circuit = Circuit(n_wires, angle(n_wires) + swap, z_each(n_wires))
    with pytest.raises(CircuitError, match=message):
        backend(name, noise=noise).expectations(circuit, torch.zeros(1, n_wires), NONE)


def test_noise_for_fewer_qubits():
    circuit = Circuit(4, angle(4), z_each(4))
    with pytest.raises(CircuitError, match=r"aer has 3 wires, the circuit 4: .* such as exact"):
        backend("aer", noise=LOCAL).expectations(circuit, torch.zeros(1, 4), NONE)


@pytest.mark.slow
def test_a_circuit_wider_than_the_device():
    circuit = Circuit(7, angle(7), z_each(7))
    with pytest.raises(CircuitError, match=r"has 5 wires, the circuit 7: .*'fake_casablanca'"):
        backend("aer", noise="fake_manila").expectations(circuit, torch.zeros(1, 7), NONE)


def test_noise_that_is_drawn_shot_by_shot_is_not_exact():
    made = backend("aer:statevector", noise=BOTH)
    with pytest.raises(CircuitError, match="no exact values; say how many shots, or use aer:dens"):
        made.expectations(CIRCUIT, ROWS, NONE)
    assert made.expectations(CIRCUIT, ROWS, NONE, shots=10).error.all()


def test_more_wires_than_a_table_has():
    circuit = Circuit(30, (Operation("X", (0,)),), z_each(30))
    with pytest.raises(CircuitError, match="aer reads up to 24 wires at once, and 30"):
        backend("aer").expectations(circuit, torch.zeros(1, 0), NONE)


def test_an_operation_that_the_device_lacks():
    with pytest.raises(CircuitError, match="aer:stabilizer cannot run the circuit"):
        backend("aer:stabilizer").expectations(CIRCUIT, ROWS + 0.3, NONE)


def test_no_state():
    circuit = Circuit(2, amplitude(2), z_each(2))
    with pytest.raises(CircuitError, match="amplitudes are all 0"):
        backend("aer").expectations(circuit, torch.zeros(1, 4), NONE)


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [
        ("aer", "qiskit_aer", "aer"),
        ("cirq", "cirq", "cirq"),
        ("pennylane", "pennylane", "pennylane"),
    ],
)
def test_a_library_that_is_missing(name, module, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=re.escape(f"pip install 'qmann-core[{extra}]'")):
        backend(name)
