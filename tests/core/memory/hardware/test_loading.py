"""Loaders against the states of the encodings as circuits and as closed forms."""

import numpy as np
import pytest
from unitary import unitary

from qmann_core.circuits import Circuit, amplitude, angle, basis, iqp
from qmann_core.memory.hardware import Contents, Registers, load, prepare
from qmann_core.memory.keys.encodings import ENCODINGS
from qmann_core.simulation.reference import state

NO_WEIGHTS = np.zeros(0)
CASES = [("basis", 3), ("amplitude", 1), ("amplitude", 3), ("amplitude", 8), ("angle", 3)]
CASES += [("iqp", 1), ("iqp", 2), ("iqp", 3)]


def keys_for(encoding, n_keys, width):
    rng = np.random.default_rng(width)
    if encoding == "basis":
        return rng.integers(0, 2, (n_keys, width))
    return rng.normal(size=(n_keys, width))


def encoded(encoding, key):
    """The key's state by the circuit of `qmann_core.circuits` that encodes inputs."""
    n_wires = ENCODINGS[encoding].n_wires(len(key))
    make = {"basis": basis, "angle": angle, "iqp": iqp, "amplitude": amplitude}[encoding]
    steps = make(n_wires, len(key)) if encoding == "amplitude" else make(n_wires)
    return state(Circuit(n_wires, steps, ()), key.astype(float), NO_WEIGHTS)


def from_zero(steps, n_wires):
    return unitary(steps, n_wires)[:, 0]


@pytest.mark.parametrize(("encoding", "width"), CASES)
def test_one_key(encoding, width):
    for key in keys_for(encoding, 3, width):
        n_wires = ENCODINGS[encoding].n_wires(width)
        wires = tuple(range(n_wires))
        made = from_zero(load(encoding, key[None], (), wires), n_wires)
        np.testing.assert_allclose(made, encoded(encoding, key), atol=1e-14)


@pytest.mark.parametrize(("encoding", "width"), CASES)
def test_each_address_has_its_own_key(encoding, width):
    n_address, addresses = 2, np.array([3, 0, 2])
    keys = keys_for(encoding, len(addresses), width)
    n_keys = ENCODINGS[encoding].n_wires(width)
    loader = Contents(encoding, addresses, keys, n_address).loader
    full = unitary(loader, n_address + n_keys)
    for address, key in zip(addresses, keys, strict=True):
        expected = np.zeros((4, 2**n_keys), dtype=complex)
        expected[address] = encoded(encoding, key)
        np.testing.assert_allclose(full[:, address << n_keys], expected.ravel(), atol=1e-14)


@pytest.mark.parametrize(
    ("n_address", "addresses"),
    [(1, [0]), (1, [1]), (1, [0, 1]), (3, [5]), (3, [0, 2, 3, 7, 6]), (3, list(range(8)))],
)
def test_superposition_of_the_occupied(n_address, addresses):
    expected = np.zeros(2**n_address)
    expected[addresses] = len(addresses) ** -0.5
    made = from_zero(prepare(np.array(addresses), n_address), n_address)
    np.testing.assert_allclose(made, expected, atol=1e-15)


def test_keys_elsewhere():
    keys = np.array([[0.3, 0.4], [1.0, -1.0]])
    steps = load("angle", keys, (0,), (3, 2))
    assert {step.wires[-1] for step in steps} == {2, 3}


def test_the_layout_follows_from_the_keys():
    layout = Contents("amplitude", np.array([0, 3]), np.ones((2, 3)), 2, copies=3).layout
    assert layout == Registers("amplitude", 3, 2, copies=3)


def test_registers():
    layout = Registers("amplitude", 3, 2, copies=3)
    assert layout.address_wires == (0, 1)
    assert layout.key_wires == (2, 3, 4, 5, 6, 7)
    assert layout.by_copy == ((2, 3), (4, 5), (6, 7))
    assert layout.n_wires == 8
