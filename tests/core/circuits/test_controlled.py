"""Controlled flips and phases against the matrices they are by definition."""

from math import pi

import numpy as np
import pytest
from unitary import bit_rows, unitary

from qmann_core.circuits.controlled import global_phase
from qmann_core.memory.hardware import (
    multi_controlled_phase,
    multi_controlled_x,
    phase_on,
    reflection,
)

HELPERS = [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (2, 0), (3, 0), (1, 1)]  # clean, borrowed


def registers(n_wires, n_clean, n_borrowed):
    """Wires in an order that is not that of the register, and its size."""
    total = n_wires + n_clean + n_borrowed
    wires = tuple(np.random.default_rng(total).permutation(total).tolist())
    clean = wires[n_wires : n_wires + n_clean]
    return total, wires[:n_wires], clean, wires[n_wires + n_clean :]


def assert_acts_as(steps, total, clean, expected):
    """``expected``: a matrix; only what starts with clean wires in |0> is looked at."""
    allowed = ~bit_rows(total)[:, list(clean)].any(axis=1)
    np.testing.assert_allclose(unitary(steps, total)[:, allowed], expected[:, allowed], atol=1e-13)


@pytest.mark.parametrize(("n_clean", "n_borrowed"), HELPERS)
@pytest.mark.parametrize("n_controls", range(6))
def test_flips(n_controls, n_clean, n_borrowed):
    if n_controls + 1 + n_clean + n_borrowed > 8:
        return
    total, wires, clean, borrowed = registers(n_controls + 1, n_clean, n_borrowed)
    *controls, target = wires
    rows = bit_rows(total)
    flipped = rows[:, controls].all(axis=1)
    images = np.arange(2**total) ^ (flipped << (total - 1 - target))
    steps = multi_controlled_x(tuple(controls), target, clean=clean, borrowed=borrowed)
    assert_acts_as(steps, total, clean, np.eye(2**total)[images])


@pytest.mark.parametrize("angle", [pi, -pi, 0.7])
@pytest.mark.parametrize(("n_clean", "n_borrowed"), HELPERS)
@pytest.mark.parametrize("n_wires", range(1, 7))
def test_phases(n_wires, n_clean, n_borrowed, angle):
    if n_wires + n_clean + n_borrowed > 8:
        return
    total, wires, clean, borrowed = registers(n_wires, n_clean, n_borrowed)
    turned = bit_rows(total)[:, list(wires)].all(axis=1)
    steps = multi_controlled_phase(wires, angle, clean=clean, borrowed=borrowed)
    assert_acts_as(steps, total, clean, np.diag(np.where(turned, np.exp(1j * angle), 1)))


@pytest.mark.parametrize("angle", [pi, 1.3])
def test_phases_of_bits_and_of_everything(angle):
    turned = (bit_rows(3)[:, [2, 0]] == (0, 1)).all(axis=1)
    expected = np.diag(np.where(turned, np.exp(1j * angle), 1))
    np.testing.assert_allclose(unitary(phase_on((0, 1), (2, 0), angle), 3), expected, atol=1e-15)
    expected = np.eye(8) * np.exp(1j * angle)
    np.testing.assert_allclose(unitary(global_phase(1, angle), 3), expected, atol=1e-15)


def test_reflection_about_zero():
    expected = np.eye(16)
    expected[0, 0] = -1
    np.testing.assert_allclose(unitary(reflection((0, 1, 2, 3)), 4), expected, atol=1e-13)


@pytest.mark.parametrize("n_wires", range(4, 8))
def test_a_phase_is_a_flip_between_two_h(n_wires):
    """The trap: without them a search never succeeds with more than one half."""
    steps = multi_controlled_phase(tuple(range(n_wires)), clean=(n_wires, n_wires + 1))
    target = n_wires - 1
    assert (steps[0].gate, steps[0].wires) == (steps[-1].gate, steps[-1].wires) == ("H", (target,))


def test_toffolis_grow_as_the_lemmas_say():
    def toffolis(n_controls, n_clean, n_borrowed):
        others = tuple(range(n_controls + 1, n_controls + 1 + n_clean + n_borrowed))
        helpers = {"clean": others[:n_clean], "borrowed": others[n_clean:]}
        steps = multi_controlled_x(tuple(range(n_controls)), n_controls, **helpers)
        assert {step.gate for step in steps} == {"Toffoli"}
        return len(steps)

    for n_controls in (5, 10, 30):
        assert toffolis(n_controls, n_controls - 2, 0) == 2 * n_controls - 3
        assert toffolis(n_controls, 0, n_controls - 2) == 4 * n_controls - 8
        assert toffolis(n_controls, 0, 1) <= 8 * n_controls
    lengths = [len(multi_controlled_phase(tuple(range(size)), 0.3)) for size in (40, 80)]
    assert lengths[1] < 4.5 * lengths[0]
