"""Heads: the closed-form start, and the likelihood that training lowers."""

import numpy as np
import pytest
import torch
from scipy import optimize, stats

from qmann_core.data import Samples
from qmann_core.errors import DataError
from qmann_core.nn import LocationScale, SkipReadout, fit_log_variance


def heteroscedastic(n, seed=0):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=n), rng.normal(size=n)])
    w = np.array([0.5, 0.8, -0.4])
    return x, w, np.exp(x @ w) * rng.normal(size=n) ** 2


def test_log_variance_fit_is_the_minimum_that_a_general_optimiser_finds():
    x, _, proxy = heteroscedastic(500)
    found = fit_log_variance(torch.from_numpy(x), torch.from_numpy(proxy)).numpy()
    qlike = lambda w: np.mean(x @ w + proxy * np.exp(-x @ w))  # noqa: E731
    best = optimize.minimize(qlike, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-9})
    assert qlike(found) <= best.fun + 1e-12
    np.testing.assert_allclose(found, best.x, atol=1e-4)


def test_log_variance_fit_is_consistent():
    x, w, proxy = heteroscedastic(200_000)
    found = fit_log_variance(torch.from_numpy(x), torch.from_numpy(proxy)).numpy()
    np.testing.assert_allclose(found, w, atol=4 * np.sqrt(2 / len(x)))


def test_log_variance_of_a_constant_is_the_mean():
    proxy = torch.tensor([0.0, 1.0, 5.0], dtype=torch.float64)
    fit = fit_log_variance(torch.ones(3, 1, dtype=torch.float64), proxy)
    assert fit.exp().item() == pytest.approx(2.0, rel=1e-12)


def test_a_series_that_never_moves_is_refused():
    with pytest.raises(DataError, match=r"zero everywhere.*series is not constant"):
        fit_log_variance(torch.ones(5, 1), torch.zeros(5))
    with pytest.raises(DataError, match="all vary: expected a constant among them"):
        fit_log_variance(torch.arange(5.0).unsqueeze(1), torch.ones(5))


def samples(n=400):
    x, _, proxy = heteroscedastic(n)
    sign = np.random.default_rng(1).choice([-1.0, 1.0], n)
    y = torch.from_numpy(np.sqrt(proxy) * sign).unsqueeze(-1)
    return Samples(
        x=torch.zeros(n, 1, 1),
        regressors=torch.from_numpy(x),
        y=y,
        time=np.datetime64("2020-01-01") + np.arange(n),
        unit=np.zeros(n, dtype=np.int64),
        units=("a",),
        lead=(1,),
    )


def test_untrained_head_is_the_linear_model():
    train = samples()
    head = LocationScale(4, 3, 1).double()
    head.fit(train)
    raw = head(torch.randn(len(train), 4, dtype=torch.float64), train.regressors)
    decoded = head.decode(raw)
    weights = fit_log_variance(train.regressors, train.y[:, 0].square())
    assert torch.all(decoded["location"] == 0)
    torch.testing.assert_close(decoded["scale"][:, 0], torch.exp(train.regressors @ weights / 2))


def test_loss_is_the_student_likelihood_with_scale_as_standard_deviation():
    head = LocationScale(2, 1, 1).double()
    raw = torch.tensor([[[0.3], [0.2]], [[-0.1], [-0.5]]], dtype=torch.float64)
    y = torch.tensor([[1.0], [-2.0]], dtype=torch.float64)
    scale = raw[:, 1, 0].exp().numpy()
    nu = 2 + head.freedom.exp().item()
    law = stats.t(nu, loc=raw[:, 0, 0].numpy() * scale, scale=scale * np.sqrt((nu - 2) / nu))
    np.testing.assert_allclose(law.std(), scale)
    assert head.loss(raw, y, {}).item() == pytest.approx(-law.logpdf(y[:, 0].numpy()).mean())


def test_correction_is_bounded():
    readout = SkipReadout(1, 1, 1)
    torch.nn.init.constant_(readout.readout.weight, 1e6)
    far = readout(torch.ones(1, 1), torch.zeros(1, 1))
    assert far.item() == pytest.approx(3.0)
