"""Products of cosines and sines as sums of cosines, against the products themselves."""

from itertools import product

import numpy as np
import pytest

from qmann_core.simulation.tensors.cosines import monomials, products_of_pairs


def features(cosines, u):
    return np.cos(cosines.frequencies @ u - cosines.quarter_turns * np.pi / 2)


def angles(k):
    return np.random.default_rng(k).normal(size=k)


@pytest.mark.parametrize("k", range(7))
def test_monomials(k):
    u = angles(k)
    cosines, matrix = monomials(k)
    expected = [np.prod(choice) for choice in product(*zip(np.cos(u), np.sin(u), strict=True))]
    np.testing.assert_allclose(matrix @ features(cosines, u), expected, atol=1e-14)
    assert len(cosines.quarter_turns) == 2**k


@pytest.mark.parametrize("k", range(5))
def test_pairs_of_half_angle_features(k):
    x = angles(k)
    half = features(monomials(k)[0], x / 2)
    cosines, matrix = products_of_pairs(k)
    np.testing.assert_allclose(
        matrix @ features(cosines, x), np.outer(half, half).ravel(), atol=1e-14
    )
    assert len(cosines.quarter_turns) == 3**k
