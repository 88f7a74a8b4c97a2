import numpy as np
import pytest

from qmann_core.memory.keys.encodings import encoding
from qmann_core.memory.keys.statistics import Statistics, crosstalk, entropy_bits

CASES = [("basis", 3), ("amplitude", 4), ("amplitude", 3), ("angle", 4), ("iqp", 2)]


def _keys(name, n, width, seed=0):
    generator = np.random.default_rng(seed)
    if name == "basis":
        return generator.integers(0, 2, (n, width)).astype(np.uint8)
    return generator.standard_normal((n, width))


def _schmidt_entropy(states):
    """From the singular values of the state |M>, as a matrix of address and key."""
    singular = np.linalg.svd(states / np.sqrt(len(states)), compute_uv=False) ** 2
    present = singular[singular > 1e-15]
    return -np.sum(present * np.log2(present))


@pytest.mark.parametrize(("name", "width"), CASES)
@pytest.mark.parametrize("n", [2, 5, 40])
def test_entropy_is_that_of_the_schmidt_coefficients(name, width, n):
    each, keys = encoding(name), _keys(name, n, width)
    found = entropy_bits(each, each.encode(keys), width)
    assert found == pytest.approx(_schmidt_entropy(each.states(keys)), abs=1e-10)


@pytest.mark.parametrize(("name", "width"), CASES)
@pytest.mark.parametrize("n", [2, 5, 40])
def test_crosstalk_is_of_all_pairs(name, width, n):
    each, keys = encoding(name), _keys(name, n, width)
    states = each.states(keys)
    fidelity = np.abs(states @ states.conj().T) ** 2
    others = fidelity[~np.eye(n, dtype=bool)]
    mean, largest = crosstalk(each, each.encode(keys), width)
    assert mean == pytest.approx(others.mean(), abs=1e-12)
    assert largest == pytest.approx(others.max(), abs=1e-12)


@pytest.mark.parametrize("name", ["basis", "amplitude", "angle", "iqp"])
def test_equal_keys_are_not_entangled(name):
    each = encoding(name)
    keys = np.ones((7, 3), dtype=np.uint8 if name == "basis" else float)
    encoded = each.encode(keys)
    assert entropy_bits(each, encoded, 3) == pytest.approx(0, abs=1e-12)
    assert crosstalk(each, encoded, 3) == pytest.approx((1, 1))


@pytest.mark.parametrize("name", ["basis", "amplitude", "angle"])
def test_orthogonal_keys_are_entangled_by_log2_of_their_number(name):
    each = encoding(name)
    keys = np.eye(8) if name == "amplitude" else np.array(list(np.ndindex(2, 2, 2)), dtype=float)
    if name == "angle":
        keys = keys * np.pi
    encoded = each.encode(keys)
    assert entropy_bits(each, encoded, keys.shape[1]) == pytest.approx(3, abs=1e-12)
    assert crosstalk(each, encoded, keys.shape[1]) == pytest.approx((0, 0), abs=1e-12)


@pytest.mark.parametrize(("name", "width"), [("amplitude", 6), ("basis", 12), ("angle", 5)])
def test_the_mean_from_the_purity_is_that_of_the_pairs(name, width):
    each, keys = encoding(name), _keys(name, 5000, width)
    mean, largest = crosstalk(each, each.encode(keys), width)
    states = each.states(keys)
    fidelity = (states @ states.T) ** 2
    assert mean == pytest.approx((fidelity.sum() - 5000) / (5000 * 4999), rel=1e-9)
    assert largest is None


def test_random_directions_have_the_mean_fidelity_of_their_dimension():
    keys = np.random.default_rng(0).standard_normal((4000, 16)).astype(np.float32)
    each = encoding("amplitude")
    mean, _ = crosstalk(each, each.encode(keys), 16)
    assert mean == pytest.approx(1 / 16, rel=0.01)
    assert entropy_bits(each, each.encode(keys), 16) == pytest.approx(4, abs=0.01)


def test_what_would_take_too_long_is_left_out():
    each = encoding("angle")
    keys = _keys("angle", 5000, 12)
    assert entropy_bits(each, each.encode(keys), 12) is None
    assert crosstalk(each, each.encode(keys), 12) == (None, None)
    text = str(Statistics(5000, 8192, 13, 12, None, None, None))
    assert "5000 of 8192" in text
    assert "not worked out: too many entries" in text


def test_none_and_one_entry():
    each = encoding("amplitude")
    for n in (0, 1):
        encoded = each.encode(np.ones((n, 2)))
        assert entropy_bits(each, encoded, 2) == 0
        assert crosstalk(each, encoded, 2) == (0, 0)
