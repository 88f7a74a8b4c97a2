"""Which wires hold what."""

import numpy as np

from qmann_core.memory.hardware import Contents, Registers

KEYS = np.array([[0.3, 0.4, 0.5], [1.0, -1.0, 2.0]])


def test_the_layout_follows_from_the_keys():
    layout = Contents("amplitude", np.array([0, 3]), KEYS, 2, copies=3).layout
    assert layout == Registers("amplitude", 3, 2, copies=3)


def test_registers():
    layout = Registers("amplitude", 3, 2, copies=3)
    assert layout.address_wires == (0, 1)
    assert layout.key_wires == (2, 3, 4, 5, 6, 7)
    assert layout.by_copy == ((2, 3), (4, 5), (6, 7))
    assert layout.n_wires == 8
