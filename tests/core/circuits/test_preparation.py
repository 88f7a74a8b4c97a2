"""Multiplexed rotations against block-diagonal matrices."""

import numpy as np
import pytest
from unitary import unitary

from qmann_core.circuits.preparation import multiplexed
from qmann_core.simulation.reference import gate_matrix


@pytest.mark.parametrize("axis", ["Y", "Z"])
@pytest.mark.parametrize("n_controls", range(5))
def test_one_block_for_every_choice(axis, n_controls):
    angles = np.random.default_rng(n_controls).normal(scale=3, size=2**n_controls)
    steps = multiplexed(axis, tuple(range(n_controls)), n_controls, angles)
    size = 2 ** (n_controls + 1)
    expected = np.zeros((size, size), dtype=complex)
    for choice, angle in enumerate(angles):
        block = slice(2 * choice, 2 * choice + 2)
        expected[block, block] = gate_matrix("R" + axis, [angle])
    np.testing.assert_allclose(unitary(steps, n_controls + 1), expected, atol=1e-14)
    n_cnots = 2**n_controls if n_controls else 0
    assert [step.gate for step in steps].count("CNOT") == n_cnots == len(steps) - len(angles)


def test_wires_in_any_order():
    angles = np.array([0.1, 0.2, 0.3, 0.4])
    full = unitary(multiplexed("Y", (2, 0), 1, angles), 3)
    for choice, angle in enumerate(angles):
        at = (choice >> 1) | (choice & 1) << 2  # wire 2 is the choice's high bit, wire 0 the low
        pair = [at, at | 2]
        np.testing.assert_allclose(full[np.ix_(pair, pair)], gate_matrix("RY", [angle]), atol=1e-15)
