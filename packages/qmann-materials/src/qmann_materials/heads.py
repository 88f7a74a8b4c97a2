"""A value that may be exactly zero, such as a band gap: whether it is, and what it is if not."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from qmann_core.data import Samples
from qmann_core.nn import Head, Regression, classification_head, regression_head
from qmann_core.tasks import Outputs

_SHARE = 0.05  # of zeros from which they are told apart
_CERTAIN = 30.0  # log odds of a value that is never zero
_LEAST = 1e-3  # of the scale of the others: that of a certain zero

Raw = Float[Tensor, "batch part target"]


class ZeroOrNot(Regression):
    """The median of a mixture: 0 with chance 1 - p, and else about normal, of mean m and scale s.

    Where no target is negative and more than one in twenty is exactly zero, p is that of a
    classifier on the same kernel, and m and s are those of `Regression` on the others:

        median = 0 if p <= 1/2, else max(0, m + s z(1 - 1 / (2 p))),

    with z the quantile of the normal distribution. The scale of conformal intervals is the standard
    deviation of the mixture, sqrt(p s^2 + p (1 - p) m^2). Elsewhere it is `Regression`.
    """

    stages: Tensor

    def __init__(self, n_regressors: int, n_targets: int) -> None:
        super().__init__(n_regressors, n_targets)
        told = Samples(
            torch.zeros(1, 1), torch.zeros(1, 1), regressors=torch.zeros(1, n_regressors)
        )
        self.zero = classification_head(0, told)
        self.register_buffer("stages", torch.tensor(1))

    def wanted(self, train: Samples) -> Float[Tensor, "sample target"]:
        """The targets, and whether they are zero where that is told apart."""
        y = train.y
        return torch.cat((y, (y != 0).to(y)), dim=1) if _has_zeros(y) else y

    def fit(self, train: Samples) -> Tensor:
        """Solve for both; see `Regression.fit` for errors.

        The loss is the mean negative log likelihood of rows left out, less a constant.
        """
        two = _has_zeros(train.y)
        self.stages.fill_(1 + two)
        if not two:
            return super().fit(train)
        other = (train.y != 0)[:, 0]
        told = self.zero.fit(replace(train, y=other.unsqueeze(1).to(train.y)))
        assert told is not None
        squared = super().fit(train[other.numpy()])
        return told + other.double().mean() * squared.log() / 2

    def forward(self, features: Tensor, regressors: Tensor) -> Raw:
        value = super().forward(features, regressors)
        odds = torch.full_like(value[:, :1], _CERTAIN)
        if self.stages > 1:
            odds = self.zero(features, regressors).to(value).unsqueeze(2)
        return torch.cat((value, odds), dim=1)

    def loss(self, raw: Raw, y: Float[Tensor, "batch target"], aux: Mapping[str, Tensor]) -> Tensor:
        """Mean squared error, in units of the targets' standard deviations."""
        del aux
        return ((y - self.decode(raw)["location"]) / self.unit).square().mean()

    def decode(self, raw: Raw) -> Mapping[str, Tensor]:
        mean, log_scale, odds = raw.unbind(dim=1)
        scale = log_scale.exp()
        if self.stages < 2:
            return {"location": mean, "scale": scale}
        p = torch.sigmoid(odds.to(mean))
        shift = torch.special.ndtri((1 - 0.5 / p.clamp_min(0.5)).clamp(1e-9, 0.5))
        median = torch.where(p > 0.5, (mean + scale * shift).clamp_min(0), torch.zeros_like(mean))
        spread = (p * scale.square() + p * (1 - p) * mean.square()).sqrt()
        return {"location": median, "scale": torch.maximum(spread, _LEAST * scale)}

    def bound(
        self, outputs: Outputs, quantiles: Float[np.ndarray, "sample score probability"]
    ) -> Float[np.ndarray, "sample score probability"]:
        """Those of `Regression`; nothing below zero where zeros are told apart."""
        found = super().bound(outputs, quantiles)
        return found.clip(0) if self.stages > 1 else found


def value_head(n_features: int, samples: Samples) -> Head:
    """A location and a scale for each target, zeros told apart; see `regression_head`."""
    return regression_head(n_features, samples, ZeroOrNot)


def _has_zeros(y: Float[Tensor, "sample target"]) -> bool:
    return y.shape[1] == 1 and bool(y.min() >= 0) and float((y == 0).double().mean()) > _SHARE
