"""Folded circuits do the same, with so many times the gates."""

from collections import Counter

import pytest
import torch
from refused import refused

from qmann_core.circuits import (
    ANSATZE,
    GATES,
    Circuit,
    Input,
    Operation,
    Weight,
    amplitude,
    angle,
    compose,
    projector,
    z_each,
)
from qmann_core.errors import ConfigError
from qmann_core.mitigation.folding import FOLDS, fold_global, fold_local, insert_identities, reached
from qmann_core.simulation import compile_circuit

N_WIRES = 3
EVERY_GATE = tuple(
    Operation(
        gate.name,
        (2, 0, 1)[: gate.n_wires],
        (0.4, Input(0), 0.7 * Weight(0))[: gate.n_parameters],
    )
    for gate in GATES.values()
)
BLOCKS = {
    "every gate": EVERY_GATE,
    "ansatz": compose(angle(N_WIRES), ANSATZE["strongly_entangling"](N_WIRES, 2)),
    "amplitudes": compose(amplitude(N_WIRES), ANSATZE["basic_entangler"](N_WIRES, 1)),
    "one wire": (Operation("RX", (0,), (Input(0),)), Operation("SX", (1,))),
}
CIRCUITS = {
    name: Circuit(N_WIRES, block, (*z_each(N_WIRES), projector("010")))
    for name, block in BLOCKS.items()
}


def count(circuit, n_wires):
    gates = (gate for gate in circuit.operations if gate.gate != "AmplitudeEncoding")
    return sum(len(gate.wires) >= n_wires for gate in gates)


@pytest.mark.parametrize("circuit", CIRCUITS.values(), ids=CIRCUITS)
@pytest.mark.parametrize("factor", [1, 3, 5])
@pytest.mark.parametrize("fold", FOLDS)
def test_a_fold_leaves_the_values_as_they_are(fold, factor, circuit):
    generator = torch.Generator().manual_seed(3)
    inputs, weights = (
        torch.rand(*size, dtype=torch.float64, generator=generator)
        for size in ((4, circuit.n_inputs), (circuit.n_weights,))
    )
    folded = FOLDS[fold](circuit, factor)
    expected, found = (compile_circuit(each)(inputs, weights) for each in (circuit, folded))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("circuit", [CIRCUITS["ansatz"], CIRCUITS["amplitudes"]])
@pytest.mark.parametrize("factor", [1, 3, 7])
@pytest.mark.parametrize(
    ("fold", "one", "two"),
    [
        (fold_global, "factor", "factor"),
        (fold_local, "factor", "factor"),
        (FOLDS["two_wire"], "once", "factor"),
    ],
)
def test_so_many_times_the_gates(fold, one, two, factor, circuit):
    times = {"factor": factor, "once": 1}
    folded = fold(circuit, factor)
    n_two = count(circuit, 2)
    assert count(folded, 2) == times[two] * n_two
    assert count(folded, 1) - count(folded, 2) == times[one] * (count(circuit, 1) - n_two)
    assert reached(circuit, folded) == factor


@pytest.mark.parametrize(("name", "fold"), [("one wire", "global"), ("ansatz", "identity")])
def test_the_scale_reached_where_gates_on_two_wires_are_none_or_as_many(name, fold):
    folded = FOLDS[fold](CIRCUITS[name], 3)
    assert reached(CIRCUITS[name], folded) == {"global": 4.0, "identity": 3.0}[fold]
    assert reached(CIRCUITS[name], CIRCUITS[name]) == 1


def test_identities_follow_each_gate_on_each_of_its_wires():
    circuit = Circuit(2, (Operation("H", (0,)), Operation("CNOT", (0, 1))), z_each(2))
    waits = [gate.wires for gate in insert_identities(circuit, 3).operations if gate.gate == "I"]
    assert Counter(waits) == {(0,): 4, (1,): 2}


def test_sx_is_undone_by_what_a_device_has():
    assert {gate.gate for gate in fold_local(CIRCUITS["one wire"], 3).operations} == {
        *("RX", "SX", "RZ")
    }


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("factor", [2, 0, -1, 1.5, 3.0, "3"])
def test_what_is_no_fold(fold, factor):
    with refused(ConfigError, f"an odd whole number such as 1, 3 or 5, got {factor!r}"):
        FOLDS[fold](CIRCUITS["ansatz"], factor)
