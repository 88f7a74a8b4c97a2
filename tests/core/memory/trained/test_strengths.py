"""Strengths as functions of the overlap: against NumPy's Chebyshev polynomials."""

import math

import numpy as np
import pytest
import torch
from numpy.polynomial import chebyshev

from qmann_core.config import MemoryConfig
from qmann_core.memory.recall.question import smooth_step
from qmann_core.memory.trained.strengths import Polynomial, Threshold, strength

OVERLAPS = torch.linspace(-1, 1, 41, dtype=torch.float64).view(1, 1, -1)


def at_threshold(tau, length):
    step = Threshold(1, length).double()
    with torch.no_grad():
        step.logit.fill_(math.log(tau / (1 - tau)))
    return step


@pytest.mark.parametrize("length", [3, 5, 9, 15])
@pytest.mark.parametrize("tau", [0.02, 0.3, 0.9])
def test_threshold_is_the_fixed_point_sequence_up_to_a_factor(tau, length):
    found = at_threshold(tau, length)(OVERLAPS).flatten().detach().numpy()
    t = chebyshev.Chebyshev.basis(length)
    width = math.sqrt(1 - tau)
    fidelity = OVERLAPS.flatten().numpy() ** 2
    expected = 1 - (t(np.sqrt(1 - fidelity) / width) / t(1 / width)) ** 2
    np.testing.assert_allclose(found / found[-1], expected, atol=1e-13)


def test_threshold_matches_the_step_that_is_searched_with():
    found = at_threshold(0.2, 11)(OVERLAPS)
    fidelities = OVERLAPS.square().flatten().numpy()
    expected = torch.from_numpy(smooth_step(fidelities, 0.2, 11)).view_as(found)
    torch.testing.assert_close(found / found.max(), expected, atol=1e-13, rtol=0)


def test_long_sequences_do_not_overflow_single_precision():
    for tau in (0.01, 0.5, 0.99):
        exact = at_threshold(tau, 63)(OVERLAPS)
        single = at_threshold(tau, 63).float()(OVERLAPS.float())
        torch.testing.assert_close(single.double(), exact, atol=2e-5, rtol=0)
        assert (single >= 0).all()


def test_a_threshold_of_one_is_the_chance_that_one_of_l_tries_succeeds():
    step = Threshold(1, 7).double()
    with torch.no_grad():
        step.logit.fill_(40.0)
    found = step(OVERLAPS)
    torch.testing.assert_close(found, 1 - (1 - OVERLAPS.square()) ** 7, atol=1e-5, rtol=0)
    found.sum().backward()
    assert step.logit.grad.isfinite().all()


@pytest.mark.parametrize("length", [1, 3, 9, 23])
def test_threshold_gradients(length):
    step = Threshold(2, length).double()
    logit = torch.tensor([-2.0, 1.0], dtype=torch.float64).view(2, 1, 1).requires_grad_()
    overlap = (2 * torch.rand(2, 3, 4, dtype=torch.float64) - 1).requires_grad_()

    def run(overlap, logit):
        return torch.func.functional_call(step, {"logit": logit}, (overlap,))

    assert torch.autograd.gradcheck(run, (overlap, logit))


@pytest.mark.parametrize("degree", [2, 8])
def test_polynomials_start_as_the_squared_fidelity(degree):
    start = Polynomial(1, degree).double()(OVERLAPS)
    torch.testing.assert_close(start, OVERLAPS**4, atol=1e-14, rtol=0)


@pytest.mark.parametrize("degree", [2, 4])
def test_polynomials_of_each_bank_are_bounded_chebyshev_series(degree):
    layer = Polynomial(2, degree).double()
    with torch.no_grad():
        layer.coefficients.copy_(3 * torch.randn(2, degree // 2 + 1))
    found = layer(OVERLAPS.expand(2, 1, -1)).squeeze(1).detach().numpy()
    assert found.max() <= 1
    for bank, coefficients in zip(found, layer.coefficients.tolist(), strict=True):
        series = np.zeros(degree + 1)
        series[::2] = coefficients
        series /= max(1, np.abs(series).sum())
        values = chebyshev.chebval(OVERLAPS.flatten().numpy(), series)
        np.testing.assert_allclose(bank, values**2, atol=1e-13)


@pytest.mark.parametrize(("read", "count"), [("soft", 0), ("threshold", 3), ("polynomial", 9)])
def test_trainable_numbers_are_one_threshold_or_half_the_degree_for_each_bank(read, count):
    layer = strength(MemoryConfig(read=read, n_banks=3))
    assert sum(p.numel() for p in layer.parameters()) == count
