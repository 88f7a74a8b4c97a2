"""Elementary functions of compiled code against NumPy's."""

import numpy as np
import pytest
from numba import njit

from qmann_core.kernels import functions
from qmann_core.kernels.simd import load, store, total

LANES = (0,) * 8


@njit
def cosines(x, out, lanes):
    c, s = functions.half_angle(load(x, 0, lanes))
    store(out, 0, c)
    store(out, len(lanes), s)


@njit
def others(x, out, lanes):
    v = load(x, 0, lanes)
    store(out, 0, functions.exp(v))
    store(out, 8, functions.sigmoid(v))
    store(out, 16, functions.tanh(v))
    out[24] = total(v)


@pytest.mark.parametrize(("kind", "error"), [(np.float32, 2e-7), (np.float64, 1e-15)])
def test_cosine_and_sine_of_half_an_angle(kind, error):
    generator = np.random.default_rng(0)
    for scale in (1e-3, 1.0, 10.0, 1e4):
        x = (scale * generator.normal(size=8)).astype(kind)
        out = np.empty(16, kind)
        cosines(x, out, LANES)
        half = x.astype(np.float64) / 2
        sign = np.sign(np.cos(half) * out[:8] + np.sin(half) * out[8:])
        bound = error * max(1, scale * np.finfo(np.float64).eps / error)
        np.testing.assert_allclose(sign * out[:8], np.cos(half), atol=bound, rtol=0)
        np.testing.assert_allclose(sign * out[8:], np.sin(half), atol=bound, rtol=0)


@pytest.mark.parametrize(("kind", "error"), [(np.float32, 3e-7), (np.float64, 5e-16)])
def test_exponential_and_its_kin(kind, error):
    x = np.array([-80, -5.5, -0.3, 0, 1e-3, 0.7, 9, 80], kind)
    out = np.empty(25, kind)
    others(x, out, LANES)
    wide = x.astype(np.float64)
    np.testing.assert_allclose(out[:8], np.exp(wide), rtol=error)
    np.testing.assert_allclose(out[8:16], 1 / (1 + np.exp(-wide)), rtol=2 * error)
    np.testing.assert_allclose(out[16:24], np.tanh(wide), atol=error)
    rounding = len(x) * np.finfo(kind).eps * np.abs(wide).sum()
    np.testing.assert_allclose(out[24], wide.sum(), atol=rounding)


def test_exponential_saturates_instead_of_overflowing():
    x = np.array([-1e30, 1e30, -800, 800, 0, 0, 0, 0], np.float64)
    out = np.empty(25, np.float64)
    others(x, out, LANES)
    np.testing.assert_allclose(out[8:12], [0, 1, 0, 1], atol=1e-300)
    np.testing.assert_allclose(out[16:20], [-1, 1, -1, 1])
