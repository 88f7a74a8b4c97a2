"""Contents that can be loaded, and contents that cannot be loaded."""

import numpy as np
import pytest

from qmann_core.errors import CircuitError, DataError
from qmann_core.memory.hardware import Contents, Registers

KEYS = np.array([[0.3, 0.4, 0.5], [1.0, -1.0, 2.0]])


def test_the_layout_follows_from_the_keys():
    layout = Contents("amplitude", np.array([0, 3]), KEYS, 2, copies=3).layout
    assert layout == Registers("amplitude", 3, 2, copies=3)


@pytest.mark.parametrize(
    ("addresses", "message"),
    [
        ([], "the memory is empty, so there is no state to prepare; write to it"),
        ([0, 4], "addresses are between 0 and 3, got 0 to 4"),
        ([-1, 2], "addresses are between 0 and 3, got -1 to 2"),
        ([2, 2], "an address occurs twice; give every key one of its own"),
        ([2], "2 keys for 1 addresses; give one for each"),
    ],
)
def test_addresses_that_cannot_be(addresses, message):
    with pytest.raises(CircuitError, match=message):
        Contents("angle", np.array(addresses, dtype=np.int64), KEYS, 2)


def test_keys_that_cannot_be():
    with pytest.raises(DataError, match="key 0 holds NaN or infinite numbers"):
        Contents("angle", np.array([0, 1]), KEYS * np.inf, 2)
    with pytest.raises(DataError, match="key 0 is not of bits 0 and 1"):
        Contents("basis", np.array([0, 1]), KEYS, 2)
    with pytest.raises(DataError, match="key 0 is all zeros"):
        Contents("amplitude", np.array([0, 1]), KEYS * [[0], [1]], 2)


def test_registers():
    layout = Registers("amplitude", 3, 2, copies=3)
    assert layout.address_wires == (0, 1)
    assert layout.key_wires == (2, 3, 4, 5, 6, 7)
    assert layout.by_copy == ((2, 3), (4, 5), (6, 7))
    assert layout.n_wires == 8


@pytest.mark.parametrize("name", ["width", "n_address", "copies"])
def test_registers_have_wires(name):
    numbers = {"width": 1, "n_address": 1, "copies": 1, name: 0}
    with pytest.raises(CircuitError, match=f"{name} is at least 1, got 0"):
        Registers("angle", **numbers)
