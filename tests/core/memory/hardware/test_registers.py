"""Which wires hold what."""

import pytest

from qmann_core.errors import CircuitError
from qmann_core.memory.hardware import Layout


def test_registers():
    layout = Layout("amplitude", 3, 2, copies=3)
    assert layout.address_wires == (0, 1)
    assert layout.key_wires == (2, 3, 4, 5, 6, 7)
    assert layout.by_copy == ((2, 3), (4, 5), (6, 7))
    assert layout.n_wires == 8


@pytest.mark.parametrize("name", ["width", "n_address", "copies"])
def test_registers_have_wires(name):
    numbers = {"width": 1, "n_address": 1, "copies": 1, name: 0}
    with pytest.raises(CircuitError, match=f"{name} is at least 1, got 0"):
        Layout("angle", **numbers)
