"""Fits are exact on their own curves, smooth, and fall back where they make no sense."""

from itertools import product
from math import log

import pytest
import torch

from qmann_core.circuits import pauli, probabilities, projector
from qmann_core.mitigation import extrapolation
from qmann_core.mitigation.extrapolation import asymptotes, best, exponential, weights

LIMITS = torch.tensor([0.0, 0.25], dtype=torch.float64)
SIGNALS = torch.tensor([[0.7, -0.2], [-0.3, 0.6]], dtype=torch.float64)  # (row, observable)
CURVES = {
    "linear": lambda s: 1 - 0.1 * s,
    "richardson": lambda s: 1 - 0.1 * s + 0.02 * s**2,
    "exponential": lambda s: torch.pow(0.8, s),
    "poly_exponential": lambda s: (-0.3 * s + 0.01 * s**2).exp(),
}


def fitted(name, scales, values, limits=LIMITS):
    degrees = {"linear": 1, "richardson": len(scales) - 1}
    if name in degrees:
        return extrapolation.polynomial(scales, values, degrees[name])
    return getattr(extrapolation, name)(scales, values, limits).values


def on_curve(name, scales):
    sizes = torch.stack(
        [CURVES[name](torch.tensor(scale, dtype=torch.float64)) for scale in scales]
    )
    return LIMITS + sizes[:, None, None, None] * SIGNALS


def noisy(values, error, n_replicates=200):
    """The values as measured, and as they might have been."""
    generator = torch.Generator().manual_seed(5)
    spread = torch.randn(
        len(values), n_replicates, *values.shape[2:], generator=generator, dtype=torch.float64
    )
    return torch.cat([values, values + error * spread], dim=1)


@pytest.mark.parametrize(
    ("name", "scales"),
    [
        *product(["linear", "exponential"], [(1, 3)]),
        *product(CURVES, [(1, 3, 5), (1, 1.5, 2.2, 4)]),
    ],
)
def test_a_fit_is_exact_on_its_own_curve(name, scales):
    expected = (LIMITS + SIGNALS)[None]
    found = fitted(name, scales, on_curve(name, scales))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("scales", "degree", "amplification"),
    [((1, 3), 1, 2.5), ((1, 3, 5), 2, 5.21875), ((1, 3, 5), 1, 1.4583333333)],
)
def test_what_a_polynomial_does_to_the_variance(scales, degree, amplification):
    assert weights(scales, degree).square().sum().item() == pytest.approx(amplification)
    assert weights(scales, degree).sum().item() == pytest.approx(1)


@pytest.mark.parametrize("name", [*CURVES, "best"])
@pytest.mark.parametrize("n_replicates", [0, 3])
def test_derivatives(name, n_replicates):
    scales = (1, 3, 5)
    values = noisy(on_curve("poly_exponential", scales), 0.002, n_replicates).requires_grad_()
    assert torch.autograd.gradcheck(lambda each: fitted(name, scales, each), values)


def test_derivatives_are_finite_where_a_signal_is_none():
    values = LIMITS.expand(3, 1, 2, 2).clone().requires_grad_()
    for name in (*CURVES, "best"):
        found = fitted(name, (1, 3, 5), values)
        torch.testing.assert_close(found, values[0])
        (gradient,) = torch.autograd.grad(found.sum(), values)
        assert gradient.isfinite().all(), name


@pytest.mark.parametrize(
    ("signals", "error"),
    [
        ([0.02, -0.01], 0.0),  # it changes its sign
        ([0.04, 0.03], 0.02),  # nothing but noise
        ([0.5, 0.01], 0.01),  # of which one is
    ],
)
def test_a_line_where_an_exponential_makes_no_sense(signals, error):
    values = noisy(torch.tensor(signals).double()[:, None, None, None], error)
    found, said = exponential((1, 3), values, LIMITS[:1])
    torch.testing.assert_close(found, extrapolation.linear((1, 3), values))
    assert said == (
        "1 of 1 values by a line: their signal changes sign or is below 3 standard errors",
    )


@pytest.mark.parametrize("name", ["exponential", "poly_exponential"])
def test_a_decay_is_clamped(name):
    values = torch.tensor([0.1, 1e-5, 1e-6]).double()[:, None, None, None]
    assert fitted(name, (1, 3, 5), values, LIMITS[:1]).item() <= 0.1 * 10.001


@pytest.mark.parametrize(
    ("curve", "error", "taken"),
    [
        ("poly_exponential", 0.0, "poly_exponential"),
        ("poly_exponential", 0.01, "exponential"),
        ("poly_exponential", 0.3, "linear"),
        ("richardson", 0.3, "linear"),
    ],
)
def test_the_best_fit_by_the_spread(curve, error, taken):
    scales = (1, 3, 5)
    values = noisy(on_curve(curve, scales), error)
    found, (said,) = best(scales, values, LIMITS)
    torch.testing.assert_close(found, fitted(taken, scales, values))
    assert said.startswith(f"of the values 4 {taken.replace('_', '-')} (")


def test_richardson_where_an_exact_signal_changes_its_sign():
    values = torch.tensor([0.2, 0.05, -0.03]).double()[:, None, None, None]
    found, (said,) = best((1, 3, 5), values, LIMITS[:1])
    torch.testing.assert_close(found, extrapolation.polynomial((1, 3, 5), values, 2))
    assert "1 Richardson" in said


def test_what_noise_leaves():
    observables = (pauli("ZX"), pauli("II"), projector("01"), *probabilities((2,)))
    assert asymptotes(observables).tolist() == [0, 1, 0.25, 0.5, 0.5]


def test_two_scales_are_a_closed_form():
    """``b = y1 (y1 / y3)^(1/2)``."""
    values = torch.tensor([0.6, 0.4]).double()[:, None, None, None]
    found = exponential((1, 3), values, LIMITS[:1]).values.log().item()
    assert found == pytest.approx(1.5 * log(0.6) - 0.5 * log(0.4))
