"""Pauli words and their shorthands."""

import pytest

from qmann_core.circuits import Observable, pauli, z_each
from qmann_core.errors import CircuitError


def test_z_on_the_first_wires():
    assert z_each(3) == (Observable("Z", (0,)), Observable("Z", (1,)), Observable("Z", (2,)))
    assert z_each(3, 1) == (Observable("Z", (0,)),)


def test_word_on_wires_named_or_counted():
    assert pauli("XY", (2, 0)) == Observable("XY", (2, 0))
    assert pauli("XYZ") == Observable("XYZ", (0, 1, 2))


@pytest.mark.parametrize("k", [0, 4])
def test_more_or_fewer_than_there_are(k):
    with pytest.raises(CircuitError, match=rf"between 1 and the 3 wires there are, got {k}"):
        z_each(3, k)
