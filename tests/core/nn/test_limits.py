"""Limits of log scales: open before a fit, then near the rows of it, whatever a few of them do."""

import math

import numpy as np
import pytest
import torch

from qmann_core.nn import QLIKE, Limits, Readout


def test_before_a_fit_everything_passes():
    raw = torch.tensor([[-1e30, 2.0], [3.0, 1e30]])
    assert Limits(2)(raw).equal(raw)


@pytest.mark.parametrize("wild", [0, 4], ids=["clean", "four wild rows of 100"])
def test_a_scale_lies_at_most_a_margin_beyond_90_percent_of_the_rows(wild):
    seen = torch.linspace(-1, 1, 101, dtype=torch.float64).unsqueeze(1)
    seen[:wild] = 70.0
    limits = Limits(1, margin=1.5).double()
    limits.fit(seen)
    low, high = np.quantile(seen.numpy(), (0.05, 0.95))
    assert (low, high) == pytest.approx((-0.9, 0.9), abs=0.15)
    raw = torch.tensor([[-50.0], [low - 1.4], [0.3], [high + 1.4], [90.0]])
    expected = [low - 1.5, low - 1.4, 0.3, high + 1.4, high + 1.5]
    assert limits(raw)[:, 0].tolist() == pytest.approx(expected)


def test_where_nothing_moved_a_scale_has_a_lower_end():
    seen = torch.zeros(100, 1)
    seen[:50] = -80.0
    limits = Limits(1)
    limits.fit(seen)
    scale = limits(torch.tensor([[-math.inf]])).exp()
    assert 1e-4 < scale < 1e-2


def test_half_of_all_proxies_may_be_zero():
    """The log variance of the rest is found as if there were no others."""
    generator = torch.Generator().manual_seed(0)
    stands = (torch.arange(400) < 200).double().unsqueeze(1)
    proxy = (1 - stands) * torch.randn(400, 1, generator=generator).double().square()
    readout = Readout(QLIKE(), 1, 1).double()
    readout.fit(stands, proxy, order="time", penalties=(1e-12,))
    eta = readout(torch.tensor([[0.0], [1.0]]).double())
    assert eta.isfinite().all()
    assert float(eta[0]) == pytest.approx(math.log(proxy[200:].mean()), abs=1e-6)
    assert float(eta[1]) < -20
