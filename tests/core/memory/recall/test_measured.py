"""Recalls that back ends run, against simulated ones."""

import re
import sys

import numpy as np
import pytest
from refused import refused

from qmann_core.backends import backend
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.memory import Decoherence, Masked, QMatrix, Within

CASES = {
    "soft": ("amplitude", 3, {}),
    "copies": ("angle", 2, {"copies": 2}),
    "threshold": ("amplitude", 2, {"mode": "threshold", "threshold": 0.7, "delta": 0.5}),
    "equal": ("basis", 2, {"mode": "hard"}),
    "masked": ("basis", 3, {"mode": "hard"}),
    "within": ("basis", 2, {"mode": "hard"}),
    "none": ("basis", 3, {"mode": "hard"}),
}
ASKED = {
    "masked": Masked((0, 1, 1), (1, 0, 1)),
    "within": Within((0, 1), 1),
    "none": "111",
}
OTHERS = ["exact", "aer", "pennylane", "cirq"]


def made(case):
    """A memory of 5 entries, what it is asked, and how."""
    encoding, width, options = CASES[case]
    memory = QMatrix(8, width, encoding=encoding, value_width=1, dtype="float64")
    rng = np.random.default_rng(1)
    keys = rng.normal(size=(5, width))
    if encoding == "basis":
        keys = np.arange(5)[:, None] >> np.arange(width)[::-1] & 1
    memory.write(keys, np.arange(5.0)[:, None], addresses=[6, 1, 3, 0, 4])
    return memory, ASKED.get(case, keys[2]), {"k": 8, **options}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("schedule", ["known", "exact", "fixed_point"])
@pytest.mark.parametrize("case", CASES)
def test_exact_values_are_those_of_the_simulation(name, schedule, case):
    memory, query, options = made(case)
    expected = memory.recall(query, schedule=schedule, **options)
    given = backend(name) if name == "exact" else name
    found = memory.recall(query, schedule=schedule, backend=given, **options)
    assert found.addresses.tolist() == expected.addresses.tolist()
    for column in ("weights", "fidelities", "values", "success_probability"):
        np.testing.assert_allclose(
            getattr(found, column), getattr(expected, column), rtol=0, atol=1e-9
        )
    assert found.found == expected.found
    assert not found.errors.any()


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("case", CASES)
def test_shots_are_within_four_standard_errors(name, case):
    memory, query, options = made(case)
    exact = memory.recall(query, schedule="known", **options)
    found = memory.recall(query, backend=name, shots=4000, **options)
    expected = dict(zip(exact.addresses, exact.weights, strict=True))
    wanted = [expected.get(address, 0.0) for address in found.addresses]
    assert (np.abs(found.weights - wanted) <= 4 * found.errors).all()
    p = exact.success_probability
    assert abs(found.success_probability - p) <= 4 * (p * (1 - p) / 4000) ** 0.5 + 1e-9
    assert found.found == exact.found
    assert (found.measured in found.addresses) == found.found
    assert found.exactness == f"simulated by {backend(name).name}, 4000 shots"


def test_errors_are_the_spread_of_repetitions():
    memory, query, options = made("soft")
    exact = memory.recall(query, **options)
    likely = exact.addresses[exact.weights > 0.1]
    found = [
        memory.recall(query, backend="exact", shots=1000, seed=seed, **options)
        for seed in range(200)
    ]
    for address in likely:
        weights, errors = zip(
            *((r.weights[r.addresses == address], r.errors[r.addresses == address]) for r in found),
            strict=True,
        )
        np.testing.assert_allclose(np.mean(errors), np.std(weights), rtol=0.2)
    assert len(likely) > 1


def test_the_ledger_is_that_of_all_shots():
    memory, query, options = made("soft")
    one = memory.recall(query, backend="aer", **options).ledger
    many = memory.recall(query, backend="aer", shots=100, seed=3, **options).ledger
    assert (one.shots, many.shots) == (1, 100)
    assert many.oracle_calls == 100 * one.oracle_calls
    assert many.gates.total == 100 * one.gates.total


def test_the_k_most_often_read_come_first():
    memory, query, options = made("soft")
    whole = memory.recall(query, backend="aer", shots=4000, **options)
    some = memory.recall(query, backend="aer", shots=4000, **{**options, "k": 2})
    assert some.addresses.tolist() == whole.addresses[:2].tolist()
    assert some.weights.tolist() == whole.weights[:2].tolist()
    assert (np.diff(whole.weights) <= 0).all()


def test_noise_makes_a_recall_flatter():
    memory = QMatrix(2, 2)
    memory.write([[1.0, 0.0], [0.0, 1.0]])
    ideal = memory.recall([1.0, 0.1], 2, backend="aer", shots=4000)
    noisy = memory.recall([1.0, 0.1], 2, backend=backend("aer", noise="fake_manila"), shots=4000)
    assert noisy.weights[0] < ideal.weights[0] - 4 * noisy.errors[0]
    assert noisy.addresses[0] == 0


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"backend": "qasm"}, ConfigError, "unknown back end 'qasm'; use one of exact, aer"),
        ({"backend": "aer:gpu"}, ConfigError, "aer has no device 'gpu'; use one of"),
        ({"backend": 3}, ConfigError, "got backend 3: expected a name such as 'aer'"),
        ({"shots": 0}, CircuitError, "shots: expected a whole number from 1 .*, got 0"),
        ({"shots": 2.5}, CircuitError, "shots: expected a whole number from 1"),
        ({"backend": "ibm:fake_manila"}, CircuitError, "no exact values; say how many shots"),
        pytest.param(
            {"backend": "ibm:fake_manila", "shots": 10, "copies": 2},
            CircuitError,
            "ibm:fake_manila has 5 wires, the circuit 7: make it narrower",
            marks=pytest.mark.slow,
        ),
        ({"copies": 12}, CircuitError, "5 entries on 27 wires are too many .*: give shots"),
        ({"mode": "threshold", "threshold": 0.0}, CircuitError, "no circuit is known for this"),
        ({"tags": "none has it"}, CircuitError, "holds nothing to recall, so it has no circuit"),
    ],
)
def test_what_no_back_end_runs(change, error, message):
    memory, query, options = made("soft")
    with refused(error, message):
        memory.recall(query, **{**options, "backend": "aer", **change})


def test_keys_that_age():
    memory = QMatrix(2, 2, decoherence=Decoherence(1.0, 1.0))
    memory.write([[1.0, 0.0]])
    with pytest.raises(ConfigError, match=r"keys of this memory age, .*: expected backend 'exact'"):
        memory.recall([1.0, 0.0], backend="aer")


def test_a_library_that_is_missing(monkeypatch):
    memory, query, _ = made("soft")
    monkeypatch.setitem(sys.modules, "qiskit_aer", None)
    with pytest.raises(ModuleNotFoundError, match=re.escape("pip install 'qmann-core[aer]'")):
        memory.recall(query, backend="aer")
