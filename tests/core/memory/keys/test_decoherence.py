from functools import reduce
from itertools import product

import numpy as np
import pytest
import torch

from qmann_core.circuits import Circuit, Operation, compose
from qmann_core.errors import ConfigError
from qmann_core.memory.keys.decoherence import Decoherence
from qmann_core.memory.keys.encodings import encoding
from qmann_core.memory.keys.predicates import Equal, Masked, Within
from qmann_core.simulation.noise import NoiseModel, density_matrix
from qmann_core.simulation.noise.channels import thermal_relaxation

CASES = [("basis", 3), ("amplitude", 2), ("amplitude", 7), ("angle", 3), ("iqp", 3)]
NOISE = Decoherence(t1=3.0, t2=4.0)
AGES = np.array([0.0, 0.5, 2.0, 30.0])


def _keys(name, n, width, seed=0):
    generator = np.random.default_rng(seed)
    if name == "basis":
        return generator.integers(0, 2, (n, width)).astype(np.uint8)
    return generator.standard_normal((n, width))


def _aged(state, age):
    """The density matrix after thermal relaxation of every wire, by its Kraus operators."""
    n_wires = len(state).bit_length() - 1
    rho = np.outer(state, state.conj())
    kraus = thermal_relaxation(NOISE.t1, NOISE.t2, age).kraus(torch.float64).numpy()
    for wire in range(n_wires):
        operators = [
            reduce(np.kron, [each if i == wire else np.eye(2) for i in range(n_wires)])
            for each in kraus
        ]
        rho = sum(each @ rho @ each.conj().T for each in operators)
    return rho


@pytest.mark.parametrize(("name", "width"), CASES)
def test_fidelities_are_those_of_the_channel(name, width):
    each = encoding(name)
    keys, query = _keys(name, 4, width), _keys(name, 1, width, seed=1)
    aged = [_aged(s, age) for s, age in zip(each.states(keys), AGES, strict=True)]
    asked = each.states(query)[0]
    expected = [(asked.conj() @ rho @ asked).real for rho in aged]
    np.testing.assert_allclose(NOISE.fidelities(each, query, keys, AGES), expected, atol=1e-12)
    stored = [(s.conj() @ rho @ s).real for s, rho in zip(each.states(keys), aged, strict=True)]
    np.testing.assert_allclose(NOISE.fidelities(each, keys, keys, AGES), stored, atol=1e-12)


def test_fidelities_are_those_of_the_noisy_simulator():
    """An angle key, then an idle gate on each wire with relaxation behind it."""
    key, query = _keys("angle", 1, 2), _keys("angle", 1, 2, seed=1)
    turn = tuple(Operation("RY", (wire,), (float(key[0, wire]),)) for wire in range(2))
    noise = NoiseModel(one_wire=(thermal_relaxation(NOISE.t1, NOISE.t2, 1.3),))
    nothing = torch.zeros(0, dtype=torch.float64)
    rho = density_matrix(Circuit(2, compose(turn), ()), nothing, nothing, noise).numpy()
    asked = encoding("angle").states(query)[0]
    found = NOISE.fidelities(encoding("angle"), query, key, np.array([1.3]))
    assert found[0] == pytest.approx((asked @ rho @ asked).real, abs=1e-12)


@pytest.mark.parametrize(("name", "width"), CASES)
def test_new_keys_are_as_they_were_and_old_ones_are_the_ground_state(name, width):
    each = encoding(name)
    keys, query = _keys(name, 4, width), _keys(name, 1, width, seed=1)
    new = NOISE.fidelities(each, query, keys, np.array([0.0, -5.0, 0.0, 0.0]))
    np.testing.assert_allclose(new, each.fidelities(query[0], each.encode(keys)), atol=1e-12)
    old = NOISE.fidelities(each, query, keys, np.full(4, 1e6))
    np.testing.assert_allclose(old, np.abs(each.states(query)[0, 0]) ** 2, atol=1e-12)


def test_without_noise_nothing_ages():
    still = Decoherence(np.inf, np.inf)
    keys = _keys("amplitude", 3, 4)
    found = still.fidelities(encoding("amplitude"), keys, keys, np.full(3, 1e9))
    np.testing.assert_allclose(found, 1, atol=1e-12)


@pytest.mark.parametrize(
    "predicate",
    [
        Equal((1, 0, 1, 1)),
        Masked((1, 0, 1, 1), (1, 0, 0, 1)),
        Within((1, 0, 1, 1), 2),
        Within((0, 0, 0, 0), 0),
        Within((1, 1, 0, 0), 9),
    ],
)
def test_predicates_hold_with_the_probability_of_the_diagonal(predicate):
    each, keys = encoding("basis"), np.array(list(product((0, 1), repeat=4)), dtype=np.uint8)
    ages = np.linspace(0, 5, 16)
    holds = predicate.matches(keys)  # for every basis state, in order
    expected = [
        np.diag(_aged(state, age)).real @ holds
        for state, age in zip(each.states(keys), ages, strict=True)
    ]
    np.testing.assert_allclose(NOISE.matching(predicate, keys, ages), expected, atol=1e-12)


def test_a_predicate_of_the_callers_own_is_refused():
    class Odd:
        width = 2

        def matches(self, keys):
            return keys.sum(axis=1) % 2 == 1

    with pytest.raises(ConfigError, match="Equal, Masked or Within"):
        NOISE.matching(Odd(), np.zeros((1, 2), dtype=np.uint8), np.zeros(1))


@pytest.mark.parametrize(
    ("t1", "t2", "message"),
    [(0.0, 1.0, "t1 is a time above 0"), (1.0, np.nan, "t2 is a time"), (1.0, 2.1, "at most 2")],
)
def test_times_out_of_range_are_refused(t1, t2, message):
    with pytest.raises(ConfigError, match=message):
        Decoherence(t1, t2)


def test_long_entangled_keys_are_refused():
    NOISE.check(encoding("amplitude"), 64)
    NOISE.check(encoding("angle"), 500)
    with pytest.raises(ConfigError, match="at most 6 wires, and 65 numbers take 7"):
        NOISE.check(encoding("amplitude"), 65)


def test_many_entries_are_treated_in_parts():
    keys = _keys("amplitude", 300, 33)  # 6 wires: 64 entries at once
    found = NOISE.fidelities(encoding("amplitude"), keys[:1], keys, np.linspace(0, 3, 300))
    last = NOISE.fidelities(encoding("amplitude"), keys[:1], keys[-1:], np.array([3.0]))
    assert found[-1] == pytest.approx(last[0], abs=1e-14)
