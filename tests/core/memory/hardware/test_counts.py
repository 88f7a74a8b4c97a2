"""Counts of the parts are those of the operations that are emitted."""

from collections import Counter
from math import pi

import numpy as np
import pytest

from qmann_core.circuits import GATES
from qmann_core.memory import hardware
from qmann_core.memory.hardware import GateCounts, counts, least_work
from qmann_core.memory.keys.predicates import Equal, Masked, Within

HELPERS = [(0, 0), (0, 1), (1, 0), (2, 1), (9, 0), (0, 9)]  # clean, borrowed


def counted(operations):
    sizes = Counter(GATES[step.gate].n_wires for step in operations)
    assert all(step.gate == "Toffoli" for step in operations if len(step.wires) == 3)
    return GateCounts(sizes[1], sizes[2], sizes[3])


def helpers(first, n_clean, n_borrowed):
    wires = tuple(range(first, first + n_clean + n_borrowed))
    return {"clean": wires[:n_clean], "borrowed": wires[n_clean:]}


@pytest.mark.parametrize(("n_clean", "n_borrowed"), HELPERS)
@pytest.mark.parametrize("n_wires", range(1, 13))
def test_controlled(n_wires, n_clean, n_borrowed):
    wires, given = tuple(range(n_wires)), helpers(n_wires, n_clean, n_borrowed)
    number = {"clean": n_clean, "borrowed": n_borrowed}
    flip = hardware.multi_controlled_x(wires[:-1], wires[-1], **given)
    assert counts.multi_controlled_x(n_wires - 1, **number) == counted(flip)
    bits = tuple(place % 3 % 2 for place in wires)
    for angle in (pi, 0.3):
        half = angle == pi
        for emitted, found in (
            (
                hardware.multi_controlled_phase(wires, angle, **given),
                counts.multi_controlled_phase(n_wires, half_turn=half, **number),
            ),
            (
                hardware.phase_on(bits, wires, angle, **given),
                counts.phase_on(bits, half_turn=half, **number),
            ),
            (
                hardware.reflection(wires, angle, **given),
                counts.reflection(n_wires, half_turn=half, **number),
            ),
        ):
            assert found == counted(emitted)


@pytest.mark.parametrize("n_address", [1, 3])
@pytest.mark.parametrize(
    ("encoding", "width"),
    [("basis", 4), ("amplitude", 1), ("amplitude", 5), ("amplitude", 16), ("angle", 3), ("iqp", 4)],
)
def test_loading(encoding, width, n_address):
    keys = np.ones((1, width))
    wires = tuple(range(hardware.n_key_wires(encoding, width)))
    emitted = hardware.load_keys(encoding, np.array([1]), keys, n_address)
    assert counts.load_keys(encoding, width, n_address) == counted(emitted)
    emitted = hardware.query_inverse(encoding, keys[0], wires)
    assert counts.query_inverse(encoding, width) == counted(emitted)


@pytest.mark.parametrize("n_address", [1, 2, 5])
def test_addresses(n_address):
    for n_entries in {1, 2**n_address - 1, 2**n_address}:
        emitted = hardware.prepare(np.arange(n_entries), n_address)
        assert counts.prepare(n_entries, n_address) == counted(emitted)


@pytest.mark.parametrize(("n_clean", "n_borrowed"), HELPERS)
@pytest.mark.parametrize(
    "predicate",
    [
        *(Equal((1, 0, 0, 1, 0, 1)[:width]) for width in (1, 2, 6)),
        *(Masked((1, 0, 0, 1, 0), mask) for mask in ((0,) * 5, (0, 1, 1, 1, 1))),
        *(Within((1, 0, 1, 1, 0, 1, 0, 1, 1)[:width], 2) for width in range(1, 10)),
        *(Within((1, 0, 1, 1, 0, 1, 0), distance) for distance in (0, 1, 3, 6, 7)),
    ],
    ids=str,
)
def test_oracles(predicate, n_clean, n_borrowed):
    keys = tuple(range(predicate.width))
    given = helpers(predicate.width, least_work(predicate) + n_clean, n_borrowed)
    for angle in (pi, 0.3):
        emitted = hardware.phase_oracle(
            predicate, keys, given["clean"], angle, borrowed=given["borrowed"]
        )
        found = counts.phase_oracle(
            predicate, half_turn=angle == pi, n_work=len(given["clean"]), borrowed=n_borrowed
        )
        assert found == counted(emitted)


def test_arithmetic():
    one, other = GateCounts(1, 2, 3), GateCounts(10, 20, 30)
    assert one + other * 2 == GateCounts(21, 42, 63)
    assert one.total == 6
