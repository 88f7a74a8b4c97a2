"""Recalls of queries that hardly anything is like: what is there is found, or said to be missed."""

import numpy as np
import pytest

from qmann_core.memory import QMatrix
from qmann_core.memory.recall.schedules import SCHEDULES


def memory(dtype="float32"):
    made = QMatrix(capacity=4, key_width=4, dtype=dtype)
    made.write([[1, 0, 0, 0], [0, 1, 0, 0]])
    return made


def query(amplitude):
    """Fidelities a^2 and a^2 / 4."""
    return [amplitude, amplitude / 2, np.sqrt(1 - 1.25 * amplitude**2), 0]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(
    ("amplitude", "copies"), [(0.5, 1), (0.1, 1), (1e-2, 1), (1e-4, 1), (0.5, 16), (0.8, 30)]
)
def test_little_likeness_is_found(schedule, amplitude, copies):
    asked = memory()
    for seed in range(40):
        found = asked.recall(query(amplitude), k=2, copies=copies, schedule=schedule, seed=seed)
        assert found.found
        expected = np.array([1.0, 0.25**copies]) / (1 + 0.25**copies)
        np.testing.assert_allclose(found.weights, expected, rtol=1e-3, atol=1e-12)
        assert found.miss_bound <= 1.1e-6


def test_the_cost_grows_as_the_root_of_the_likeness():
    calls = {}
    for amplitude in (1e-1, 1e-3):
        results = [memory().recall(query(amplitude), seed=seed) for seed in range(100)]
        calls[amplitude] = np.mean([each.oracle_calls for each in results])
    assert 50 < calls[1e-3] / calls[1e-1] < 200


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_rounding_is_nothing(schedule):
    """An orthogonal query costs as much as it did, and is answered by nothing."""
    found = memory().recall([0, 0, 1, 1], schedule=schedule)
    assert not found.found
    assert found.oracle_calls <= 200


@pytest.mark.parametrize("schedule", ["bbht", "fixed_point", "estimate"])
def test_what_no_search_can_find_is_said_to_be_missed(schedule):
    found = memory().recall(query(0.5), copies=100, schedule=schedule)
    assert found.found or found.miss_bound == 1
    assert found.found or "at most with 1" in str(found)


def test_wide_circuits_are_not_counted():
    found = memory().recall(query(0.5), copies=1000, schedule="known")
    assert found.ledger.gates is None
