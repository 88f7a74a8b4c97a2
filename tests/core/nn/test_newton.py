"""Newton's method finds what a general optimiser does, also from where whole steps overshoot."""

import numpy as np
import pytest
import torch
from scipy import optimize
from slopes import by_autograd

from qmann_core.errors import DataError
from qmann_core.nn.newton import newton

X = torch.from_numpy(np.random.default_rng(0).normal(size=(40, 3)))


def poisson(w):
    """Mean negative log likelihood of counts; its Hessian grows without bound."""
    return (torch.exp(X @ w) - torch.arange(40) % 4 * (X @ w)).mean()


def test_slopes_by_autograd_are_those_by_hand():
    w = torch.tensor([0.3, -0.2, 0.5], dtype=torch.float64)
    rate, count = torch.exp(X @ w), torch.arange(40) % 4
    with torch.no_grad():  # as heads are fitted
        gradient, hessian = by_autograd(poisson)(w)
    torch.testing.assert_close(gradient, X.T @ (rate - count) / 40)
    torch.testing.assert_close(hessian, X.T @ (rate[:, None] * X) / 40)


@pytest.mark.parametrize("start", [0.0, 3.0, -5.0])
def test_the_minimum_is_that_of_a_general_optimiser(start):
    begin = torch.full((3,), start, dtype=torch.float64)
    found = newton(poisson, by_autograd(poisson), begin, least=lambda _: 1e-14)
    best = optimize.minimize(lambda w: float(poisson(torch.from_numpy(w))), np.zeros(3), tol=1e-10)
    np.testing.assert_allclose(found, best.x, atol=1e-6)
    assert float(by_autograd(poisson)(found)[0].abs().max()) < 1e-7


def test_steps_that_overshoot_are_halved():
    """From 3 on, sqrt(1 + w^2) has whole steps to -w^3: ever further away."""

    def value(w):
        return torch.sqrt(1 + w.square()).sum()

    start = torch.tensor([3.0], dtype=torch.float64)
    gradient, hessian = by_autograd(value)(start)
    assert float(start - gradient / hessian[0]) == pytest.approx(-27)
    found = newton(value, by_autograd(value), start, least=lambda _: 1e-15)
    assert abs(float(found)) < 1e-6


def test_the_decrease_that_counts_as_none_is_the_callers():
    steps = []

    def slopes(w):
        steps.append(w)
        return by_autograd(poisson)(w)

    start = torch.zeros(3, dtype=torch.float64)
    newton(poisson, slopes, start, least=lambda now: abs(now))
    assert len(steps) == 1


@pytest.mark.parametrize(
    "value",
    [
        lambda w: (w[0] + w[1]).square(),  # collinear
        lambda w: (w / 0).square().sum(),  # not finite
    ],
    ids=["collinear", "not finite"],
)
def test_without_a_minimum_it_says_so(value):
    start = torch.ones(2, dtype=torch.float64)
    with pytest.raises(DataError, match="the linear model has no minimum: are regressors collinea"):
        newton(value, by_autograd(value), start, least=lambda _: 1e-9)
