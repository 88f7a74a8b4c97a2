"""Scaling to mean 0 and deviation 1, where values may be missing."""

import numpy as np
import torch

from qmann_core.nn import Standardise


def test_missing_values_have_no_say_and_become_the_mean():
    rng = np.random.default_rng(0)
    x = rng.normal(3.0, 2.0, (40, 1, 3))
    x[rng.random((40, 1)) < 0.3, 1] = np.nan
    x[:, :, 2] = np.nan
    scaling = Standardise(3).double()
    scaling.fit(torch.from_numpy(x))
    np.testing.assert_allclose(scaling.mean[:2], np.nanmean(x[:, 0, :2], axis=0), rtol=1e-12)
    np.testing.assert_allclose(
        scaling.deviation[:2], np.nanstd(x[:, 0, :2], axis=0, ddof=1), rtol=1e-12
    )
    z = scaling(torch.from_numpy(x)).numpy()
    assert (z[np.isnan(x)] == 0).all()
    np.testing.assert_allclose(z[:, 0, :2].mean(axis=0), 0, atol=1e-12)


def test_without_gaps_it_is_what_it_was():
    x = torch.randn(50, 2, generator=torch.manual_seed(0))
    scaling = Standardise(2)
    scaling.fit(x)
    assert torch.equal(scaling.mean, x.mean(dim=0))
    assert torch.equal(scaling.deviation, x.std(dim=0))
