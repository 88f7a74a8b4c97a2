"""Circuits that IBM's devices run as they stand, for own stages of mitigation."""

from collections import Counter
from dataclasses import replace

import pytest
import torch
from run_circuits import numbers, observed

from qmann_core.backends import backend
from qmann_core.backends.fake import fake_device
from qmann_core.backends.ibm import IBM
from qmann_core.backends.runtime import Runtime, part
from qmann_core.circuits import (
    GATES,
    Circuit,
    Operation,
    angle,
    compose,
    pauli,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.mitigation import ZNE, MitigationPipeline, Readout
from qmann_core.mitigation.folding import fold_global, fold_local
from qmann_core.nn.feature_circuits import block
from qmann_core.simulation.shots.evaluation import weightless

pytest.importorskip("qiskit_ibm_runtime")

NONE = torch.zeros(0, dtype=torch.float64)
RING = weightless(Circuit(4, compose(angle(4), strongly_entangling(4, 2)), observed(4)))
WORDS = replace(weightless(block(3)), observables=(*z_each(3), pauli("ZZI"), pauli("XIX")))
PIPELINE = MitigationPipeline([Readout(), ZNE()])
TWO_QUBIT = {"fake_manila": "cx", "fake_torino": "cz", "fake_sherbrooke": "ecr"}


def transpiling(device, **options):
    """Without the noise, which takes seconds to make."""
    made = IBM(device=device, **options)
    vars(made)["_runtime"] = Runtime(device=fake_device(device), service=None)
    return made


def gates(circuit):
    return Counter(GATES[each.gate].qiskit for each in circuit.operations)


@pytest.mark.parametrize("device", TWO_QUBIT)
def test_folds_stay_in_the_devices_gates(device):
    there, native = transpiling(device).native(RING)
    inputs, _ = numbers(RING)
    one, same = (backend("exact").expectations(c, inputs, NONE).mean for c in (RING, native))
    torch.testing.assert_close(one, same, rtol=0, atol=1e-9)
    for fold, factor in ((fold_global, 1), (fold_global, 5), (fold_local, 3)):
        folded = fold(native, factor)
        given, found = gates(folded), Counter(there._laid("estimator", folded).circuit.count_ops())
        twos = sum(len(each.wires) == 2 for each in native.operations)
        assert found[TWO_QUBIT[device]] == factor * twos > 0
        assert set(found) <= {TWO_QUBIT[device], "rz", "sx", "x", "delay"}
        assert all(found[gate] >= given[gate] for gate in ("rz", "sx", "x"))
        if device != "fake_sherbrooke":  # where CNOT is a gate of the device's and others
            assert found - Counter(delay=4) == given


def test_a_level_that_undoes_folds_is_refused():
    there, native = transpiling("fake_manila").native(RING)
    for level, circuit in ((1, fold_global(native, 3)), (2, fold_local(native, 3))):
        wrong = transpiling("fake_manila", level=level, layout=there.layout)
        with pytest.raises(CircuitError, match=rf"(?s)level={level} .*folds are lost: use level=0"):
            wrong._laid("estimator", circuit)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": (0, 2)}, r"level=0 .* makes .*'cx': 4.* on neighbouring qubits"),
        ({"layout": (0, 0)}, r"got layout=\(0, 0\): expected 2 different qubits below 5"),
        ({"layout": (4, 5)}, r"got layout=\(4, 5\): expected 2 different qubits below 5"),
        ({"layout": (0, 1), "copies": 2}, r"got layout=\(0, 1\): expected 4 different"),
    ],
)
def test_a_layout_that_does_not_fit(options, message):
    circuit = Circuit(2, (Operation("CNOT", (0, 1)),), z_each(2))
    made = transpiling("fake_manila", level=0, **options)
    with pytest.raises(CircuitError, match=f"(?s){message}"):
        made.expectations(circuit, NONE[None], NONE, shots=10)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"resilience_level": 1},
        {"resilience_level": 2},
        {"resilience_level": 0, "resilience": {"measure_mitigation": True}},
    ],
    ids=str,
)
def test_one_of_the_two_mitigates(options):
    made = transpiling("fake_manila", options=options)
    assert made.name == "ibm:fake_manila (mitigated by the service)"
    with pytest.raises(ConfigError, match="got own stages on ibm:fake_manila and options by which"):
        made.native(RING)


def test_what_does_not_mitigate_stays_on():
    options = {"resilience_level": 0, "dynamical_decoupling": {"enable": True}}
    made = transpiling("fake_manila", options=options, copies=2)
    there, native = made.native(RING)
    assert (there.options, there.level, len(there.layout)) == (options, 0, 4)
    assert there._copies(native, 9) == 1
    assert made.name == "ibm:fake_manila"
    assert there.name == "ibm:fake_manila (own stages, the service's off)"


@pytest.mark.slow
def test_a_pipeline_is_run_gate_by_gate_in_one_batch(service, ledger):
    """All words of a setting by one circuit of the service's, which is busy at first."""
    made = IBM(device="ibm_somewhere", ledger=ledger)
    service.refusals.append(part("exceptions").IBMRuntimeError("busy"))
    found = PIPELINE.run(made, WORDS, numbers(WORDS, 2)[0], NONE, shots=400)
    programs = [job.inputs for _, job in service.made]
    items = [item for program in programs for item in program.items]
    counts = [Counter(item.circuit.count_ops()) for item in items]
    ready = next(each for each in counts if not each["cx"] and not each["x"])  # and turns to bases
    _, native = made.native(WORDS)
    folded = gates(fold_global(native, 3))
    assert [each - ready for each in counts].count(gates(native)) == 2  # settings
    assert [each - ready for each in counts].count(folded) == 2
    assert found.circuits == sum(item.size() for item in items)
    assert found.shots == sum(p.shots * item.size() for p in programs for item in p.items)
    assert len(service.batches) == 2  # the first of which was refused
    assert found.notes[0].startswith("Readout + ZNE on ibm:ibm_somewhere (own stages, the service")
    assert {entry.device for entry in ledger.entries()} == {"ibm:ibm_somewhere"}


def test_with_twirled_gates_folds_of_two_qubits_stay(service, ledger):
    options = {"resilience_level": 0, "twirling": {"enable_gates": True}}
    made = IBM(device="ibm_somewhere", ledger=ledger, options=options, copies=1)
    there, native = made.native(replace(WORDS, observables=z_each(3)))
    for factor in (1, 3):
        there.expectations(fold_global(native, factor), numbers(native, 1)[0], NONE, shots=32)
    ran = [item.circuit.count_ops()["cx"] for _, job in service.made for item in job.inputs.items]
    assert ran == [factor * gates(native)["cx"] for factor in (1, 3)]


@pytest.mark.slow
def test_stages_find_what_they_find_on_aer():
    """After each stage, by exact values of the same noise."""
    inputs, _ = numbers(WORDS, 2)
    there = IBM(device="fake_manila")
    found = PIPELINE.run(there, WORDS, inputs, NONE, shots=20_000, seed=1)
    exact = PIPELINE.run(backend("aer", noise="fake_manila"), WORDS, inputs, NONE)
    for one, other in zip(found.steps, exact.steps, strict=True):
        assert ((one.values - other.values).abs() < 4 * one.errors).all()


def test_bits_are_read_as_the_circuit_stands():
    flipped = Circuit(2, (Operation("X", (1,)),), z_each(2))
    there, native = IBM(device="fake_manila").native(flipped)
    (counts,) = there.sample(native, NONE[None], NONE, shots=1000)
    assert counts["01"] > 850
