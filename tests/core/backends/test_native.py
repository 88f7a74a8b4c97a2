"""Circuits in the gates of a fake device, against the circuits themselves and Aer's own values."""

from dataclasses import replace

import pytest
import torch
from refused import refused
from run_circuits import numbers, observed

from qmann_core.backends import backend
from qmann_core.backends.measured import gates_alone
from qmann_core.circuits import Circuit, Operation, angle, compose, inverse, strongly_entangling
from qmann_core.errors import CircuitError
from qmann_core.mitigation.folding import fold_global, fold_local
from qmann_core.nn.feature_circuits import block
from qmann_core.simulation import NoiseModel, depolarising, measurements
from qmann_core.simulation.shots.evaluation import weightless

MANILA = backend("aer", noise="fake_manila")
NONE = torch.zeros(0, dtype=torch.float64)
RING = weightless(Circuit(4, compose(angle(4), strongly_entangling(4, 2)), observed(4)))
CIRCUITS = {
    "block": weightless(block(4)),
    "block, every kind of observable": replace(weightless(block(3)), observables=observed(3)),
    "ring": RING,  # its ends are neighbours on no chain
    "one wire": Circuit(1, (Operation("H", (0,)),), observed(1)),
    "inputs that cancel": Circuit(3, angle(3) + inverse(angle(3)), observed(3)),
    "a wire of no gates": Circuit(3, (Operation("CNOT", (0, 2)),), observed(3)),
}
CASES = pytest.mark.parametrize("circuit", CIRCUITS.values(), ids=CIRCUITS)


@CASES
def test_it_is_the_same_circuit_in_the_devices_gates(circuit):
    _, native = MANILA.native(circuit)
    assert {each.gate for each in native.operations} <= {"RZ", "SX", "X", "CNOT"}
    inputs, _ = numbers(circuit, 3)
    expected, found = (
        backend("exact").expectations(each, inputs, NONE).mean for each in (circuit, native)
    )
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-9)


@CASES
def test_it_runs_as_aer_would_run_the_circuit(circuit):
    there, native = MANILA.native(circuit)
    inputs, _ = numbers(circuit, 2)
    expected = MANILA.expectations(circuit, inputs, NONE).mean
    found = there.expectations(native, inputs, NONE).mean
    torch.testing.assert_close(found, expected, rtol=0, atol=0.02)


@pytest.mark.parametrize("fold", [fold_global, fold_local])
@pytest.mark.parametrize("factor", [1, 3, 5])
def test_folds_are_not_optimised_away(fold, factor):
    there, native = MANILA.native(RING)
    folded = fold(native, factor)
    program = gates_alone(folded, torch.ones(1, RING.n_inputs), NONE)
    setting = measurements(folded.observables)[0]
    ran = there._compile(program, setting, exact=True).circuit.count_ops()
    kept = sum(each.gate == "CNOT" for each in native.operations)
    assert ran["cx"] == factor * kept > 0
    assert ran["sx"] >= factor * sum(each.gate == "SX" for each in native.operations)


def test_where_there_is_no_device_a_circuit_stays_as_it_is():
    noise = NoiseModel(one_wire=(depolarising(0.01),))
    for there in (backend("exact", noise=noise), backend("aer"), backend("aer", noise=noise)):
        assert there.native(RING) == (there, RING)


def test_gains_are_those_of_our_noise_alone():
    assert MANILA.with_gain(1.0) is MANILA
    with refused(CircuitError, r"aer .* to the power of 1.5: fold the circuit"):
        MANILA.with_gain(1.5)
    noisy = backend("exact", noise=NoiseModel(one_wire=(depolarising(0.01),)))
    circuit = Circuit(1, (Operation("X", (0,)),), observed(1)[2:3])
    values = [
        noisy.with_gain(gain).expectations(circuit, NONE[None], NONE).mean.item()
        for gain in (0.0, 1.0, 3.0)
    ]
    assert values == pytest.approx([-((1 - 0.04 / 3) ** gain) for gain in (0, 1, 3)])
    assert backend("exact").with_gain(2.0).noise is None
