"""What the field uses beside it: PCA with textbook limits, a multivariate EWMA, a random detector.

Each is learned from the normal rows of a fold.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from qmann_core.data import Folds, Samples
from qmann_core.tasks import Outputs

from .head import Components, Table, Values

_KEPT = 0.85  # of the variance, by principal components
_CONFIDENCE = 0.99  # of both limits of PCA
_WEIGHT = 0.1  # of the newest row
_TINY = 1e-12


def pca_limits(train: Table, rows: Table, n_components: int | None = None) -> tuple[Values, Values]:
    """T2 and SPE of principal components, each over its textbook limit at 99 %.

    T2 has the limit a (n^2 - 1) / (n (n - a)) F(a, n - a) and SPE that of Jackson and Mudholkar
    (1979, doi:10.1080/00401706.1979.10489779), of the eigenvalues left out.

    Args:
        train: rows of normal operation.
        rows: of which they are told.
        n_components: a; by default as many as have 85 % of the variance.
    """
    mean, deviation = train.mean(axis=0), train.std(axis=0, ddof=1)
    deviation = np.where(deviation > 0, deviation, 1.0)
    z, new = (train - mean) / deviation, (rows - mean) / deviation
    values, axes = np.linalg.eigh(np.cov(z.T))
    values, axes, n = np.maximum(values[::-1], 0), axes[:, ::-1], len(train)
    shares = values.cumsum() / values.sum()
    a = n_components or min(int(np.searchsorted(shares, _KEPT)) + 1, len(values) - 1)
    scores = new @ axes
    t2 = (np.square(scores[:, :a]) / np.maximum(values[:a], _TINY)).sum(axis=1)
    spe = np.square(scores[:, a:]).sum(axis=1)
    t2_limit = a * (n**2 - 1) / (n * (n - a)) * stats.f.ppf(_CONFIDENCE, a, n - a)
    one, two, three = (np.sum(values[a:] ** k) for k in (1, 2, 3))
    h = 1 - 2 * one * three / (3 * two**2)
    c = stats.norm.ppf(_CONFIDENCE)
    root = 1 + c * np.sqrt(2 * two * h**2) / one + two * h * (h - 1) / one**2
    return t2 / t2_limit, spe / (one * root ** (1 / h))


def pca(_records: Any, samples: Samples, folds: Folds, _application: Any) -> Outputs:
    """The larger of `pca_limits`, which are its limits, of each row alone."""

    def of(train: Table, rows: Table) -> Values:
        return np.asarray(np.log(np.maximum(*pca_limits(train, rows))))

    return {
        **_each(of, samples, folds, samples.aux["reading"]),
        "limit": np.zeros((len(samples), 1)),
    }


def mewma(_records: Any, samples: Samples, folds: Folds, _application: Any) -> Outputs:
    """Hotelling's T2 of exponentially weighted rows (Lowry et al. 1992, doi:10.2307/1269551).

    The covariance is that of weighted normal rows, so that rows may depend on each other.
    """

    def of(train: Table, rows: Table) -> Values:
        return Components.of(train).log_distance(rows)[:, 0]

    return _each(of, samples, folds, samples.x[:, 0])


def pca_ewma(_records: Any, samples: Samples, folds: Folds, _application: Any) -> Outputs:
    """Hotelling's T2 of all principal components of rows, its logarithm weighted along them."""

    def of(train: Table, rows: Table) -> Values:
        part = Components.of(train)
        centre = np.median(part.log_distance(train)[:, 0])
        return np.asarray(part.log_distance(rows)[:, 0] - centre)

    found = _each(of, samples, folds, samples.aux["reading"])
    return {**found, "weight": np.full((len(samples), 1), _WEIGHT)}


def random_rows(_records: Any, samples: Samples, _folds: Folds, application: Any) -> Outputs:
    """A random number for each row: what chance finds."""
    drawn = np.random.default_rng(application.split_seed).standard_normal((len(samples), 1))
    return {"location": drawn, "weight": np.ones((len(samples), 1))}


def _each(
    of: Callable[[Table, Table], Values],
    samples: Samples,
    folds: Folds,
    told: Float[Tensor, "row sensor"],
) -> Outputs:
    """What is told of rows by normal ones of each fold; a missing reading is as it usually is."""
    normal, x = samples.y[:, 0].numpy() == 0, told.double().numpy()
    x = np.where(np.isnan(x), np.nanmean(x[normal], axis=0), x)
    location = np.empty((len(samples), 1))
    for fold in folds:
        train = fold.train[normal[fold.train]]
        rows = np.arange(len(samples)) if fold is folds[0] else fold.test
        location[rows, 0] = of(x[train], x[rows])
    return {"location": location, "weight": np.ones_like(location)}
