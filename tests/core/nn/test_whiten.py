"""Whitening: unit variance without correlation, fewer components, degenerate features."""

import math

import pytest
import torch

from qmann_core.nn import Reservoir, TanhFeatures, Whiten
from qmann_core.nn.scaling import Decorrelate


def rows(n=400):
    generator = torch.Generator().manual_seed(0)
    mix = torch.randn(3, 3, generator=generator, dtype=torch.float64)
    return torch.randn(n, 3, generator=generator, dtype=torch.float64) @ mix + 5


@pytest.mark.parametrize("n_components", [1, 2, 3])
def test_components_are_uncorrelated_with_unit_variance(n_components):
    x, whiten = rows(), Whiten(3, n_components).double()
    whiten.fit(x)
    z = (x - whiten.mean) @ whiten.axes
    torch.testing.assert_close(z.T @ z / len(x), torch.eye(n_components, dtype=torch.float64))
    covariance = (x - x.mean(0)).T @ (x - x.mean(0)) / len(x)
    largest = torch.linalg.eigvalsh(covariance).flip(0)[:n_components]
    lengths = torch.linalg.vector_norm(whiten.axes, dim=0)
    torch.testing.assert_close(lengths, largest.rsqrt())


def test_angles_are_at_most_half_pi():
    whiten = Whiten(3, 3).double()
    whiten.fit(rows())
    assert whiten(100 * rows()).abs().max() == math.pi / 2


@pytest.mark.parametrize("n", [1, 2, 50])
def test_directions_without_variance_say_nothing(n):
    x = rows(n)
    x[:, 1] = 7.0
    x[:, 2] = 2 * x[:, 0]
    whiten = Whiten(3, 3).double()
    whiten.fit(x)
    z = whiten(x)
    assert z.isfinite().all()
    assert not z[:, 1:].any()
    assert bool(z[:, 0].any()) == (n > 1)


def test_features_in_any_units_become_components():
    """Of unit variance and uncorrelated, short of the limit; a missing value is as the mean."""
    x, units = rows(), torch.tensor([1e-6, 1.0, 1e6], dtype=torch.float64)
    scale, other = Decorrelate(3).double(), Decorrelate(3).double()
    scale.fit(x)
    other.fit(x * units + 3)
    z = scale(x)
    torch.testing.assert_close(z.mT @ z / len(x), torch.eye(3, dtype=torch.float64))
    torch.testing.assert_close(z, other(x * units + 3))
    torch.testing.assert_close(scale.mean, x.mean(dim=0))
    gone = x[:1].clone()
    gone[0, 1] = torch.nan
    mean = torch.where(gone.isnan(), x.mean(dim=0), gone)
    torch.testing.assert_close(scale(gone), scale(mean))
    assert scale(100 * x).abs().max() == 10


def test_a_reservoir_of_one_step_has_no_feedback_to_choose():
    features = TanhFeatures(3, 6).double()
    alone = Reservoir(features, alone=True).double()
    assert [setting[0] for setting in alone.settings] == [0.5, 0.5]
    x = rows(5)
    rest = features(torch.zeros(3, dtype=torch.float64))
    torch.testing.assert_close(alone(x[:, None])[:, 0], 0.5 * (features(x) - rest))
