"""Encodings against closed forms and PennyLane's templates of the states that they prepare."""

from itertools import product

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmann_core.circuits import (
    ENCODINGS,
    Circuit,
    Input,
    Operation,
    Weight,
    amplitude,
    angle,
    basis,
    compose,
    hadamard_angle,
    hardware_efficient,
    iqp,
    pauli,
    reuploading,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.simulation.reference import expectations, state

X = np.array([0.3, -1.2, 2.5])
NONE = np.zeros(0)
BLOCH = tuple(pauli(letter, (wire,)) for wire in range(3) for letter in "XYZ")


def bloch(operations):
    """Bloch vectors of three wires, (wire, axis)."""
    return expectations(Circuit(3, operations, BLOCH), X, NONE).reshape(3, 3)


def made(n_wires, operations, inputs, weights=NONE):
    return state(Circuit(n_wires, operations, ()), np.array(inputs), np.array(weights))


def pennylanes(n_wires, *templates):
    tape = qml.tape.QuantumScript(templates, [qml.state()])
    device = qml.device("default.qubit", wires=n_wires)
    return qml.execute([tape], device)[0]


def assert_same_ray(one, other):
    np.testing.assert_allclose(abs(np.vdot(one, other)), 1, atol=1e-12)


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


@given(st.lists(st.floats(-4, 4), min_size=6, max_size=6))
@settings(max_examples=20)
def test_two_axes_are_latitude_and_longitude(values):
    first, second = np.array(values).reshape(2, 3)
    circuit = Circuit(3, angle(3, axis="YZ"), BLOCH)
    sphere = [np.sin(first) * np.cos(second), np.sin(first) * np.sin(second), np.cos(first)]
    vectors = expectations(circuit, np.array(values), NONE).reshape(3, 3)
    np.testing.assert_allclose(vectors, np.stack(sphere, 1), atol=1e-13)


def test_hadamard_angle_reads_minus_sine():
    expected = np.stack([np.cos(X), 0 * X, -np.sin(X)], 1)
    np.testing.assert_allclose(bloch(hadamard_angle(3)), expected, atol=1e-14)


def test_amplitude_is_the_normalised_input():
    values = np.arange(-3.0, 5.0)
    expected = values / np.sqrt((values**2).sum())
    np.testing.assert_allclose(made(3, amplitude(3), values), expected, rtol=1e-14)


@pytest.mark.parametrize("n_inputs", [1, 3, 5, 8])
def test_a_short_amplitude_encoding_is_padded(n_inputs):
    values = 1.0 + np.arange(n_inputs)
    embedding = qml.AmplitudeEmbedding(values, range(3), pad_with=0.0, normalize=True)
    encoded = made(3, amplitude(3, n_inputs), values)
    np.testing.assert_allclose(encoded, pennylanes(3, embedding), atol=1e-14)


@pytest.mark.parametrize(("n_wires", "n_repeats"), [(1, 1), (2, 3), (3, 1), (4, 2)])
def test_iqp_is_pennylanes(n_wires, n_repeats):
    features = np.linspace(-1.1, 2.3, n_wires)
    embedding = qml.IQPEmbedding(features, range(n_wires), n_repeats=n_repeats)
    encoded = made(n_wires, iqp(n_wires, n_repeats), features)
    np.testing.assert_allclose(encoded, pennylanes(n_wires, embedding), atol=1e-13)


@pytest.mark.parametrize("bits", list(product([0, 1], repeat=3)))
def test_basis_is_pennylanes(bits):
    assert_same_ray(
        made(3, basis(3), np.array(bits, float)), pennylanes(3, qml.BasisEmbedding(bits, range(3)))
    )


def test_reuploading_alternates_data_and_layers():
    layers = [strongly_entangling(2, 1), hardware_efficient(2, 0)]
    uploaded = reuploading(angle(2, axis="X"), layers)
    assert uploaded == compose(angle(2, axis="X"), layers[0], angle(2, axis="X"), layers[1])
    assert Circuit(2, uploaded, z_each(2)).n_weights == 6 + 4


def test_scaled_reuploading_gives_each_input_a_weight_per_repetition():
    turn = (Operation("RX", (0,), (Weight(0),)),)
    uploaded = reuploading(angle(2), [turn, turn], scaled=True)
    assert [operation.parameters[0] for operation in uploaded] == [
        *(Input(0) * Weight(0), Input(1) * Weight(1), Weight(2)),
        *(Input(0) * Weight(3), Input(1) * Weight(4), Weight(5)),
    ]


def test_scaled_reuploading_at_one_is_reuploading():
    layers = [hardware_efficient(3, 1)] * 2
    weights = np.linspace(-1, 2, 2 * 12)
    scaled = np.concatenate([np.ones(3), weights[:12], np.ones(3), weights[12:]])
    plain = made(3, reuploading(iqp(3), layers), X, weights)
    np.testing.assert_allclose(
        made(3, reuploading(iqp(3), layers, scaled=True), X, scaled), plain, atol=1e-13
    )


@pytest.mark.parametrize("n_repeats", [1, 2, 4])
def test_reuploading_adds_a_frequency_per_repetition(n_repeats):
    layers = [strongly_entangling(1, 1)] * n_repeats
    circuit = Circuit(1, reuploading(angle(1), layers), z_each(1))
    grid = 2 * np.pi * np.arange(16) / 16
    weights = np.linspace(0.4, 2.9, 3 * n_repeats)
    curve = [expectations(circuit, np.array([x]), weights)[0] for x in grid]
    spectrum = np.abs(np.fft.rfft(curve)) / 16
    assert spectrum[n_repeats] > 1e-3
    np.testing.assert_allclose(spectrum[n_repeats + 1 :], 0, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "n_inputs"),
    [("angle", 4), ("hadamard_angle", 4), ("amplitude", 16), ("iqp", 4), ("basis", 4)],
)
def test_width_of_the_input(name, n_inputs):
    assert Circuit(4, ENCODINGS[name](4), z_each(4)).n_inputs == n_inputs


@pytest.mark.parametrize("axis", ["W", "", "YA"])
def test_unknown_axis(axis):
    with pytest.raises(CircuitError, match=rf"such as 'YZ'; got '{axis}'"):
        angle(2, axis=axis)


@pytest.mark.parametrize("n_inputs", [0, 9])
def test_too_few_or_too_many_amplitudes(n_inputs):
    with pytest.raises(
        CircuitError, match=rf"3 wires hold 1 to 8 amplitudes, got n_i.*={n_inputs}"
    ):
        amplitude(3, n_inputs)


def test_no_repetition():
    with pytest.raises(CircuitError, match="n_repeats is at least 1, got 0"):
        iqp(3, 0)


def test_nothing_to_upload_before():
    with pytest.raises(CircuitError, match="re-uploading needs at least 1 layer, got none"):
        reuploading(angle(2), [])


def test_amplitudes_cannot_be_uploaded_again():
    with pytest.raises(CircuitError, match="cannot be uploaded again; use an encoding by angles"):
        reuploading(amplitude(2), [hardware_efficient(2, 1)])
