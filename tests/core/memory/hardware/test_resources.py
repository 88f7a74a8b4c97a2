"""Counts of whole circuits are those of the circuits, and follow their laws for large ones."""

from collections import Counter

import numpy as np
import pytest

from qmann_core.circuits import GATES, Operation
from qmann_core.errors import CircuitError
from qmann_core.memory.hardware import (
    Contents,
    GateCounts,
    Hard,
    Registers,
    Soft,
    grover,
    recall_circuit,
    recall_counts,
    reflection,
)
from qmann_core.memory.hardware.resources import counted
from qmann_core.memory.keys.predicates import Equal, Masked, Within

QUERY = np.array([1, 0, 1, 1])
ASKED = [
    Hard(Equal((1, 0, 1, 1))),
    Hard(Masked((1, 0, 1, 1), (1, 1, 0, 1))),
    Hard(Within((1, 0, 1, 1), 2)),
    Soft(QUERY),
    Soft(QUERY, 0.5, 5),
]
PARTIAL = ((np.pi, np.pi), (0.3, np.pi), (np.pi, 1.2), (-np.pi, 0.7))


@pytest.mark.parametrize("n_work", ["fewest", "ladder", 5])
@pytest.mark.parametrize("phases", [(), grover(2), PARTIAL, np.array(PARTIAL)], ids=len)
@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: type(asked).__name__)
def test_equal_to_what_is_built(asked, phases, n_work):
    keys = np.random.default_rng(0).integers(0, 2, (7, 4))
    for n_entries, n_address in ((7, 3), (2, 1), (1, 1)):
        contents = Contents("basis", np.arange(n_entries), keys[:n_entries], n_address)
        circuit = recall_circuit(contents, asked, phases, n_work=n_work)
        found = recall_counts(contents.layout, n_entries, asked, phases, n_work=n_work)
        sizes = Counter(GATES[step.gate].n_wires for step in circuit.operations)
        assert found.total == GateCounts(sizes[1], sizes[2], sizes[3])
        assert found.n_qubits == circuit.n_wires


@pytest.mark.parametrize(
    ("encoding", "width", "copies"),
    [("basis", 4, 1), ("amplitude", 1, 1), ("amplitude", 5, 2), ("angle", 3, 2), ("iqp", 3, 1)],
)
@pytest.mark.parametrize("n_address", [1, 2, 5])
def test_equal_for_every_encoding_and_number_of_addresses(encoding, width, copies, n_address):
    """Loaders are counted from those of 2 and 4 addresses; here they are built."""
    for n_entries in (1, 2**n_address):
        keys = np.ones((n_entries, width))
        contents = Contents(encoding, np.arange(n_entries), keys, n_address, copies)
        for asked in (Soft(keys[0]), Soft(keys[0], 0.9, 3)):
            circuit = recall_circuit(contents, asked, grover(1))
            found = recall_counts(contents.layout, n_entries, asked, grover(1))
            assert found.total == counted(circuit.operations)
            assert found.loader == counted(contents.loader)


@pytest.mark.parametrize("work", [0, 1, 3])
@pytest.mark.parametrize("distance", [0, 1, 3, 6, 7])
def test_equal_for_every_distance(distance, work):
    asked = Hard(Within((1, 0, 1, 1, 0, 1, 0), distance))
    contents = Contents("basis", np.arange(2), np.ones((2, 7)), 1)
    n_work = 3 + work
    circuit = recall_circuit(contents, asked, PARTIAL, n_work=n_work)
    found = recall_counts(contents.layout, 2, asked, PARTIAL, n_work=n_work)
    assert found.total == counted(circuit.operations)


def test_gates_are_counted_by_their_wires():
    gates = [("H", 1), ("RZ", 1), ("CNOT", 2), ("Toffoli", 3), ("Toffoli", 3), ("X", 1)]
    made = [Operation(name, tuple(range(n)), (0.1,) * (name == "RZ")) for name, n in gates]
    assert counted(made) == GateCounts(3, 1, 2)
    assert (counted(made) + GateCounts(10, 20, 30) * 2).total == 6 + 120


def test_calls():
    layout = Registers("angle", 4, 3)
    soft = recall_counts(layout, 8, Soft(QUERY), grover(6))
    assert (soft.loader_calls, soft.oracle_calls) == (13, 6)
    steps = recall_counts(layout, 8, Soft(QUERY, 0.5, 5), grover(6))
    assert (steps.loader_calls, steps.oracle_calls) == (13 * 5, 6 + 13 * 2)


@pytest.mark.parametrize("asked", [Hard(Equal((1, 0, 1, 1))), Soft(QUERY)], ids=["hard", "soft"])
def test_the_rest_grows_slowly_with_the_addresses(asked):
    """The loader takes N gates a wire; without it, and on a full memory, little depends on N."""
    small, large = (
        recall_counts(Registers("basis", 4, n), 2**n, asked, grover(3), n_work="ladder")
        for n in (10, 20)
    )
    assert large.loader == GateCounts(4 * 2**20, 4 * 2**20)
    assert large.loader.total == 1024 * small.loader.total
    assert large.besides_loader.total < 2.2 * small.besides_loader.total
    assert large.besides_loader + large.loader * 7 == large.total


def test_ladders_are_cheaper():
    asked, layout = Hard(Equal((1, 0, 1, 1))), Registers("basis", 4, 20)
    few, many = (
        recall_counts(layout, 2**20, asked, grover(1), n_work=n_work)
        for n_work in ("fewest", "ladder")
    )
    assert (few.n_qubits, many.n_qubits) == (24, 24 + 22)
    wires, clean = tuple(range(24)), tuple(range(24, 46))
    ladder, none = counted(reflection(wires, clean=clean)), counted(reflection(wires))
    assert ladder.toffoli == 2 * 23 - 3
    assert ladder.total < none.total / 10
    assert many.besides_loader.total < few.besides_loader.total


def test_what_cannot_be_counted():
    with pytest.raises(CircuitError, match="the predicate counts on 3 work wires, got 1"):
        recall_counts(Registers("basis", 4, 3), 8, ASKED[2], (), n_work=1)
