import numpy as np
import pytest

from qmann_core.memory.hardware import (
    Contents,
    GateCounts,
    Hard,
    Registers,
    Soft,
    grover,
    recall_circuit,
)
from qmann_core.memory.hardware.ledger import Ledger, claims
from qmann_core.memory.keys.predicates import Equal
from qmann_core.memory.search import exact_schedule, fixed_point_phases

KEYS = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 0.0]])
CONTENTS = Contents("amplitude", np.arange(3), KEYS, n_address=2)


def _ledger(asked, shots, iterations, **options):
    return Ledger(
        entries=3,
        iterations=iterations,
        preparations=shots + 2 * iterations,
        seconds=0.5,
        scan_seconds=0.2,
        registers=CONTENTS.layout,
        asked=asked,
        **options,
    )


def _emitted(asked, phases):
    operations = recall_circuit(CONTENTS, asked, phases).operations
    sizes = [len(operation.wires) for operation in operations]
    return GateCounts(sizes.count(1), sizes.count(2), sizes.count(3))


@pytest.mark.parametrize("attempts", [(0,), (1,), (5,), (0, 0, 3, 1)])
@pytest.mark.parametrize("asked", [Soft(KEYS[0]), Soft(KEYS[0], 0.5, 5)])
def test_gates_are_those_of_all_attempts_as_circuits(asked, attempts):
    length = asked.length
    found = _ledger(asked, len(attempts), sum(attempts), length=length)
    emitted = [_emitted(asked, grover(k)) for k in attempts]
    assert found.gates == sum(emitted[1:], emitted[0])
    assert found.shots == len(attempts)
    assert found.loader_calls == sum((2 * k + 1) * length for k in attempts)
    assert found.oracle_calls == sum(k + (2 * k + 1) * (length // 2) for k in attempts)
    loader = GateCounts(4, 4) * found.loader_calls
    assert found.gates == found.gates_with_qram + loader
    assert found.qubits == 3


@pytest.mark.parametrize("phases", [exact_schedule(0.07).phases, fixed_point_phases(7, 0.2)])
def test_gates_of_other_phases_are_those_of_their_circuit(phases):
    asked = Soft(KEYS[0])
    found = _ledger(asked, 4, 4 * len(phases), phases=phases)
    assert found.gates == _emitted(asked, phases) * 4


def test_a_qram_breaks_even_where_its_calls_take_as_long_as_the_scan():
    found = _ledger(Soft(KEYS[0]), 2, 9)
    assert found.break_even_query_seconds == 0.2 / 20
    assert "a QRAM call below 10 ms" in str(found)
    assert "simulated in      500 ms, of which scan 200 ms" in str(found)
    assert _ledger(Soft(KEYS[0]), 0, 0).break_even_query_seconds is None


def test_what_is_no_circuit_has_no_gates():
    found = _ledger(None, 1, 3)
    assert (found.gates, found.gates_with_qram, found.qubits) == (None, None, None)
    assert str(found).count("no circuit") == 3
    assert found.oracle_calls == 3


def test_claims_say_what_is_not_claimed():
    said = " ".join(claims(3).must)
    for words in ("O(N^1.5)", "0.604", "arXiv:2506.16682", "nothing is faster", "one address"):
        assert words in said


def test_gates_of_a_million_entries_are_counted_at_once():
    layout = Registers("basis", 20, n_address=20)
    asked = Hard(Equal((1,) * 20))
    found = Ledger(
        entries=2**20,
        iterations=804,
        preparations=1609,
        seconds=1.0,
        scan_seconds=0.01,
        registers=layout,
        asked=asked,
    )
    loader = 20 * 2 * 2**20  # a multiplexed rotation on each key wire
    assert found.gates.total == found.gates_with_qram.total + 1609 * loader
    assert found.gates.total > 1e10
