"""The oracle circuit is the diagonal matrix of its predicate's phases."""

from math import pi

import numpy as np
import pytest
from unitary import bit_rows, unitary

from qmann_core.memory.hardware import least_work, phase_oracle
from qmann_core.memory.hardware.oracles import count_blocks
from qmann_core.memory.keys.predicates import Equal, Masked, Within

PREDICATES = [
    *(Equal(bits) for bits in ((1,), (0, 1), (0, 0, 1), (1, 0, 0, 1, 0))),
    *(Masked((1, 0, 1, 0), mask) for mask in ((0,) * 4, (0, 1, 0, 0), (1, 0, 1, 1), (1,) * 4)),
    *(Within((1, 0, 1), distance) for distance in range(5)),
    *(Within((0, 1, 1, 0), distance) for distance in (1, 2, 3)),
]


def assert_is_diagonal(predicate, angle, n_extra, n_borrowed):
    n_keys, n_work = predicate.width, least_work(predicate) + n_extra
    total = n_keys + n_work + n_borrowed
    assert total <= 8
    wires = tuple(range(total))
    keys, borrowed = wires[n_borrowed : n_borrowed + n_keys], wires[:n_borrowed]
    work = wires[n_borrowed + n_keys :]
    steps = phase_oracle(predicate, keys, work, angle, borrowed=borrowed)
    rows = bit_rows(total)
    holds = predicate.matches(np.ascontiguousarray(rows[:, list(keys)]))
    expected = np.diag(np.where(holds, np.exp(1j * angle), 1))
    allowed = ~rows[:, list(work)].any(axis=1)
    np.testing.assert_allclose(unitary(steps, total)[:, allowed], expected[:, allowed], atol=1e-13)


@pytest.mark.parametrize("angle", [pi, 0.9])
@pytest.mark.parametrize("predicate", PREDICATES, ids=str)
def test_phases_where_it_holds(predicate, angle):
    assert_is_diagonal(predicate, angle, n_extra=0, n_borrowed=0)


@pytest.mark.parametrize(("n_extra", "n_borrowed"), [(1, 0), (0, 1)])
@pytest.mark.parametrize("predicate", [PREDICATES[3], PREDICATES[6], PREDICATES[-2]], ids=str)
def test_helping_wires(predicate, n_extra, n_borrowed):
    assert_is_diagonal(predicate, pi, n_extra, n_borrowed)
    assert_is_diagonal(predicate, -0.4, n_extra, n_borrowed)


@pytest.mark.parametrize("n_counter", range(1, 6))
def test_blocks_are_the_counts_up_to_the_distance(n_counter):
    rows = bit_rows(n_counter)
    for distance in range(2**n_counter - 1):
        inside = [
            (rows[:, : len(block)] == block).all(axis=1)
            for block in count_blocks(distance, n_counter)
        ]
        assert np.sum(inside, axis=0).tolist() == [int(n <= distance) for n in range(len(rows))]


def test_work_that_is_needed():
    assert [least_work(p) for p in (Equal((0, 1)), Within((0, 1), 0), Within((0, 1), 2))] == [0] * 3
    assert [least_work(Within((0,) * width, 1)) for width in (2, 3, 4, 7, 8)] == [2, 2, 3, 3, 4]
