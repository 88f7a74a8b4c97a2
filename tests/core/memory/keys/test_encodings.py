import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmann_core import circuits
from qmann_core.circuits import Circuit
from qmann_core.errors import ConfigError, DataError
from qmann_core.memory.keys.encodings import ENCODINGS, encoding
from qmann_core.simulation import reference

WIDTHS = [("basis", 4), ("amplitude", 1), ("amplitude", 5), ("amplitude", 8)]
WIDTHS += [("angle", 1), ("angle", 3), ("angle", 5), ("iqp", 1), ("iqp", 2), ("iqp", 4)]


def _keys(name, n, width, seed=0):
    generator = np.random.default_rng(seed)
    if name == "basis":
        return generator.integers(0, 2, (n, width)).astype(np.uint8)
    return generator.standard_normal((n, width)) * 2


def _circuit_state(name, key):
    n_wires = ENCODINGS[name].n_wires(len(key))
    if name == "amplitude":
        operations = circuits.amplitude(n_wires, len(key))
    else:
        operations = circuits.encodings.ENCODINGS[name](n_wires)
    return reference.state(Circuit(n_wires, operations, ()), key.astype(float), np.zeros(0))


@pytest.mark.parametrize(("name", "width"), WIDTHS)
def test_states_are_those_of_the_circuits(name, width):
    keys = _keys(name, 5, width)
    states = encoding(name).states(keys)
    for key, state in zip(keys, states, strict=True):
        expected = _circuit_state(name, key)
        assert abs(np.vdot(expected, state)) == pytest.approx(1, abs=1e-12)  # up to a phase
        np.testing.assert_allclose(np.linalg.norm(state), 1, atol=1e-12)


@pytest.mark.parametrize(("name", "width"), WIDTHS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fidelities_are_those_of_the_states(name, width, dtype):
    each = encoding(name)
    keys = _keys(name, 40, width)
    if name != "basis":
        keys = keys.astype(dtype)
    query = keys[7]
    states = each.states(keys.astype(float) if name != "basis" else keys)
    expected = np.abs(states @ states[7].conj()) ** 2
    found = each.fidelities(query, each.encode(keys))
    assert found.dtype == np.float64
    assert found.max() <= 1
    tolerance = 1e-12 if dtype == "float64" else 2e-6
    np.testing.assert_allclose(found, expected, atol=tolerance)


def test_fidelities_of_more_entries_than_a_chunk():
    keys = np.random.default_rng(0).standard_normal((20_000, 3))
    unit = keys / np.linalg.norm(keys, axis=1, keepdims=True)
    amplitude = ENCODINGS["amplitude"]
    np.testing.assert_allclose(
        amplitude.fidelities(keys[3], amplitude.encode(keys)), (unit @ unit[3]) ** 2, atol=1e-12
    )
    angle = ENCODINGS["angle"]
    np.testing.assert_allclose(
        angle.fidelities(keys[3], angle.encode(keys)),
        np.prod(np.cos((keys - keys[3]) / 2) ** 2, axis=1),
        atol=1e-12,
    )


@given(st.floats(-300, 300), st.sampled_from(["float32", "float64"]))
def test_the_norm_of_an_amplitude_key_does_not_matter(exponent, dtype):
    if dtype == "float32":
        exponent /= 8.5  # up to 10**35
    keys = np.array([[3.0, -4.0], [1.0, 1.0]])
    scaled = (keys * 10.0**exponent).astype(dtype)
    amplitude = ENCODINGS["amplitude"]
    found = amplitude.fidelities(scaled[0], amplitude.encode(scaled))
    np.testing.assert_allclose(found, [1, 0.02], atol=1e-6)


@pytest.mark.parametrize("name", ["amplitude", "angle", "iqp"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(name, wrong):
    with pytest.raises(DataError, match="key 1 holds NaN or infinite numbers"):
        encoding(name).check(np.array([[1.0, 2.0], [wrong, 1.0]]))


def test_a_key_of_zeros_is_no_state():
    with pytest.raises(DataError, match=r"key 0 is all zeros.*so are 1 others"):
        encoding("amplitude").check(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, -0.0]]))
    encoding("angle").check(np.zeros((1, 2)))


@pytest.mark.parametrize("wrong", [2.0, 0.5, np.nan])
def test_a_bit_is_0_or_1(wrong):
    with pytest.raises(DataError, match="key 0 is not of bits 0 and 1"):
        encoding("basis").check(np.array([[1, wrong]]))


def test_unknown_encodings_and_widths_are_refused():
    with pytest.raises(ConfigError, match=r"'phase': expected one of basis, amplitude, angle, iqp"):
        encoding("phase")
    with pytest.raises(ConfigError, match="at most 10, got 11"):
        encoding("iqp").check_width(11)


@pytest.mark.parametrize(("name", "width"), WIDTHS)
def test_no_keys_have_no_fidelities(name, width):
    each = encoding(name)
    keys = _keys(name, 3, width)
    encoded = each.encode(keys[:0])
    assert encoded.shape == (0, each.encode(keys).shape[1])
    assert each.fidelities(keys[0], encoded).shape == (0,)
