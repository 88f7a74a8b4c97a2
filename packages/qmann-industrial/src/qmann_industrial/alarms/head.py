"""How far a row is from normal operation: Hotelling's T2 and the residual of what circuits say."""

from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.signal import lfilter
from torch import Tensor
from torch.nn import functional

from qmann_core.data import Samples
from qmann_core.nn import Aux, Head, OneSided
from qmann_core.tasks import Outputs

WEIGHTS = (0.1, 0.2, 0.4, 1.0)  # of the newest row
FLOORS = (1e-6, 1e-4, 1e-2, 1e-1)  # of a variance, in units of the largest one
_PARTS = 5  # that are left out in turn
_RATE = 0.02  # of false alarms, at which settings are compared
_TINY = 1e-12

Values = Float[np.ndarray, " row"]
Table = Float[np.ndarray, "row feature"]


def smoothed(values: Values, sequence: Int[np.ndarray, " row"], weight: float) -> Values:
    """Exponentially weighted means g_t = (1 - w) g_(t-1) + w v_t of each sequence, from g = 0."""
    if weight == 1:
        return values
    found = np.empty(len(values))
    for rows in along_each(sequence):
        found[rows] = lfilter([weight], [1, weight - 1], values[rows])
    return found


def along_each(sequence: Int[np.ndarray, " row"]) -> list[Int[np.ndarray, " row"]]:
    """Rows of each sequence, in their order."""
    order = np.argsort(sequence, kind="stable")
    found = np.split(order, np.flatnonzero(np.diff(sequence[order])) + 1)
    return found if len(order) else []


def along(outputs: Outputs, samples: Samples) -> Values:
    """What a model says of rows, `smoothed` with its weight along their sequences."""
    sequence = samples.aux["sequence"].numpy()
    weight = float(outputs["weight"].flat[0])
    return smoothed(outputs["location"][:, 0], sequence, weight)


class Deviation(OneSided, Head):
    """log(d^2 / m), how far a row is from normal operation, m the median of d^2 there.

        d^2 = sum over components of t_i^2 / max(v_i, e) = T2 + SPE / e

    of features f of fixed circuits, with t = V (f - mean) their principal components and v their
    variances in normal operation: Hotelling's T2 of those with a variance above e, and the squared
    prediction error of the others (the combined index of Yue and Qin 2001,
    doi:10.1021/ie000141+). Features are not standardised, e is a share of the largest variance.
    The mean, exponentially weighted with w along rows, is what an alarm goes by; conformal limits
    are of that in normal operation. Both e and w miss least of the injected faults (target 1), at
    2 % of false alarms, in parts of the training rows that are left out in turn.
    """

    names = ("location", "weight")
    region = "limit"
    tail_share = 0.1
    mean: Tensor
    axes: Tensor
    settings: Tensor

    def __init__(self, n_features: int, samples: Samples) -> None:
        super().__init__()
        width = samples.regressors.shape[1] + n_features
        self.register_buffer("mean", torch.zeros(width).double())
        self.register_buffer("axes", torch.zeros(width, width).double())
        self.register_buffer("settings", torch.tensor((0.0, WEIGHTS[1])).double())

    def ordinary(self, train: Samples) -> Samples:
        """Rows of normal operation."""
        return train[train.y[:, 0].numpy() == 0]

    def fit(self, train: Samples) -> Tensor:
        """Solve; the loss is the share of injected rows that is missed, of parts left out."""
        features, injected = train.regressors.double().numpy(), train.y[:, 0].numpy() > 0
        units, sequence = np.unique(train.unit), train.aux["sequence"].numpy()
        part = np.searchsorted(units, train.unit) * _PARTS // len(units)
        away = np.empty((len(train), len(FLOORS)))
        for k in np.unique(part):
            out = part == k
            away[out] = Components.of(features[~out & ~injected]).log_distance(features[out])
        found = []
        alone = len(np.unique(sequence)) == len(train)
        for (floor, row), weight in product(enumerate(away.T), WEIGHTS[-1:] if alone else WEIGHTS):
            centre = np.median(row[~injected])
            level = smoothed(row - centre, sequence, weight)
            limit = np.quantile(level[~injected], 1 - _RATE)
            missed = float((level[injected] <= limit).mean()) if injected.any() else 0.0
            found.append((missed, floor, centre, weight))
        missed, floor, centre, weight = min(found)
        normal = Components.of(features[~injected])
        self.mean.copy_(torch.from_numpy(normal.mean))
        self.axes.copy_(torch.from_numpy(normal.axes * np.sqrt(normal.inverse[:, floor])))
        self.settings.copy_(torch.tensor((centre, weight)))
        return torch.tensor(missed)

    def forward(
        self, features: Float[Tensor, "batch feature"], regressors: Float[Tensor, "batch regressor"]
    ) -> Float[Tensor, "batch 1"]:
        said = torch.cat((features, regressors), dim=1).double()
        squared = ((said - self.mean) @ self.axes).square().sum(dim=1, keepdim=True)
        found: Tensor = squared.clamp_min(_TINY).log() - self.settings[0]
        return found

    def loss(
        self, raw: Float[Tensor, "batch 1"], y: Float[Tensor, "batch 1"], aux: Aux
    ) -> Float[Tensor, ""]:
        del aux
        return functional.binary_cross_entropy_with_logits(raw, y.to(raw))

    def decode(self, raw: Float[Tensor, "batch 1"]) -> dict[str, Tensor]:
        return {"location": raw, "weight": self.settings[1].expand(len(raw), 1)}

    def nonconformity(
        self, outputs: Outputs, samples: Samples
    ) -> Float[np.ndarray, "sample score"]:
        """What an alarm goes by in normal operation; injected faults have no score."""
        scores = np.where(samples.y[:, 0].numpy() == 0, along(outputs, samples), np.nan)
        return scores[:, None]

    def bound(
        self, outputs: Outputs, quantiles: Float[np.ndarray, "sample score probability"]
    ) -> Float[np.ndarray, "sample probability"]:
        del outputs
        return quantiles[:, 0]


class Components(NamedTuple):
    """Principal components of rows of normal operation.

    By eigenvalues of the covariance, which there are where features depend on each other, too.
    """

    mean: Float[np.ndarray, " feature"]
    axes: Float[np.ndarray, "feature component"]
    inverse: Float[np.ndarray, "component floor"]
    """1 / max(v, e) of their variances v and each of the ``FLOORS`` e."""

    @classmethod
    def of(cls, normal: Table) -> "Components":
        """Those of rows."""
        variances, axes = np.linalg.eigh(np.cov(normal.T))
        floors = np.maximum(np.multiply(FLOORS, variances[-1]), _TINY)
        return cls(normal.mean(axis=0), axes, 1 / np.maximum(variances[:, None], floors))

    def log_distance(self, rows: Table) -> Float[np.ndarray, "row floor"]:
        """The logarithm of d^2 of other rows, with each of the floors."""
        squared = np.square((rows - self.mean) @ self.axes) @ self.inverse
        return np.asarray(np.log(np.maximum(squared, _TINY)))
