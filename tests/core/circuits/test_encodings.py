"""Encodings against closed forms of the states that they prepare."""

import inspect

import numpy as np
import pytest

from qmann_core.circuits import ENCODINGS, Circuit, amplitude, angle, hadamard_angle, pauli, z_each
from qmann_core.errors import CircuitError
from qmann_core.simulation.reference import expectations, state

X = np.array([0.3, -1.2, 2.5])
NONE = np.zeros(0)
BLOCH = tuple(pauli(letter, (wire,)) for wire in range(3) for letter in "XYZ")


def bloch(operations):
    """Bloch vectors of three wires, (wire, axis)."""
    return expectations(Circuit(3, operations, BLOCH), X, NONE).reshape(3, 3)


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ("X", [0 * X, -np.sin(X), np.cos(X)]),
        ("Y", [np.sin(X), 0 * X, np.cos(X)]),
        ("Z", [0 * X, 0 * X, 1 + 0 * X]),
    ],
)
def test_angle_turns_the_bloch_vector_about_its_axis(axis, expected):
    np.testing.assert_allclose(bloch(angle(3, axis=axis)), np.stack(expected, 1), atol=1e-14)


def test_hadamard_angle_reads_minus_sine():
    expected = np.stack([np.cos(X), 0 * X, -np.sin(X)], 1)
    np.testing.assert_allclose(bloch(hadamard_angle(3)), expected, atol=1e-14)


def test_amplitude_is_the_normalised_input():
    values = np.arange(-3.0, 5.0)
    made = state(Circuit(3, amplitude(3), z_each(3)), values, NONE)
    np.testing.assert_allclose(made, values / np.sqrt((values**2).sum()), rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "n_inputs"), [("angle", 4), ("hadamard_angle", 4), ("amplitude", 16)]
)
def test_width_of_the_input(name, n_inputs):
    assert Circuit(4, ENCODINGS[name](4), z_each(4)).n_inputs == n_inputs


def test_unknown_axis():
    with pytest.raises(CircuitError, match="axis is 'X', 'Y' or 'Z', got 'W'"):
        inspect.unwrap(angle)(2, axis="W")  # past the check of annotations
