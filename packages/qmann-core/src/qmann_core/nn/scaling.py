"""Scaling whose statistics are learned from the training part and travel with the model."""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..base import ClassicalComponent

_LIMIT = 5.0  # in standard deviations: a crash day must not drive an angle round the circle
_BEYOND = 10.0  # of components: 0.15 times as much, the largest bandwidth, is short of pi / 2
_FAR = 1e4  # before components are taken: beyond all that is finite in a sensor

_SPAN = 7.0  # of log scales: a price that stands still has none, and 0 / 0 is no number


class Standardise(ClassicalComponent):
    """z = clip((x - mean) / deviation, -5, 5), feature by feature; 0, the mean, where x is NaN.

    The limit of 5 may be another.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, n_features: int, limit: float = _LIMIT) -> None:
        super().__init__()
        self.limit = limit
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("deviation", torch.ones(n_features))

    def fit(self, x: Float[Tensor, "*batch feature"]) -> None:
        """Learn mean and standard deviation; a constant feature keeps the deviation 1.

        A missing value, NaN, has no say in either.
        """
        rows = x.flatten(0, -2)
        there = (~rows.isnan()).sum(dim=0)
        rows = torch.where(rows.isnan(), rows.nanmean(dim=0).nan_to_num(0.0), rows)
        freedom = (there - 1).clamp_min(1).to(rows)
        deviation = rows.std(dim=0) * ((len(rows) - 1) / freedom).sqrt()
        self.mean.copy_(rows.mean(dim=0))
        self.deviation.copy_(torch.where(deviation > 0, deviation, torch.ones_like(deviation)))

    def forward(self, x: Float[Tensor, "*batch feature"]) -> Float[Tensor, "*batch feature"]:
        z = ((x - self.mean) / self.deviation).clamp(-self.limit, self.limit)
        return torch.where(z.isnan(), 0.0, z)


class Limits(ClassicalComponent):
    """A log scale, at most a margin beyond the middle 90 % of those that rows of a fit were given.

    A linear log scale has no bounds of its own: a day unlike any before it, such as a crash or a
    split that was not adjusted, would make a scale of 1e28 of it, and may be among the rows.

    Args:
        n_outputs: how many log scales.
        margin: how far beyond; 1.5 allows 4.5 times the scale that 95 % of the rows stay below.
    """

    ends: Tensor

    def __init__(self, n_outputs: int, margin: float = 1.5) -> None:
        super().__init__()
        self.margin = margin
        self.register_buffer("ends", torch.tensor([[-math.inf], [math.inf]]).repeat(1, n_outputs))

    def fit(self, seen: Float[Tensor, "row output"]) -> None:
        """Learn both ends."""
        low, high = np.quantile(seen.detach().double().cpu().numpy(), (0.05, 0.95), axis=0)
        high = high + self.margin
        ends = np.stack((np.maximum(low - self.margin, high - _SPAN), high))
        self.ends.copy_(torch.from_numpy(ends))

    def forward(self, raw: Float[Tensor, "*batch output"]) -> Float[Tensor, "*batch output"]:
        return raw.clamp(*self.ends)


class Whiten(ClassicalComponent):
    """The first principal components, each divided by its standard deviation, clipped to a limit.

    As angles clipped to pi / 2, two of them are at most pi apart, beyond which states would become
    alike again.
    """

    mean: Tensor
    axes: Tensor

    def __init__(self, n_features: int, n_components: int, limit: float = math.pi / 2) -> None:
        super().__init__()
        self.limit = limit
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("axes", torch.zeros(n_features, n_components))

    def fit(self, x: Float[Tensor, "row feature"]) -> None:
        """Learn the components; directions in which nothing varies become zero."""
        self.mean.copy_(x.mean(dim=0))
        _, values, axes = torch.linalg.svd(x - self.mean, full_matrices=False)
        n = self.axes.shape[1]
        deviation = (values / math.sqrt(len(x)))[:n]
        kept = deviation > torch.finfo(x.dtype).eps * max(1, len(x)) * x.abs().max()
        self.axes.zero_()
        scale = torch.where(kept, 1 / deviation.clamp_min(torch.finfo(x.dtype).tiny), 0.0)
        self.axes[:, : len(deviation)] = axes[:n].mT * scale

    def forward(self, x: Float[Tensor, "*batch feature"]) -> Float[Tensor, "*batch component"]:
        return ((x - self.mean) @ self.axes).clamp(-self.limit, self.limit)


class Decorrelate(ClassicalComponent):
    """As many principal components of features as there are, of unit deviation, clipped to 10.

    `Standardise` goes before, so that units have no say in what is too small to be a component.
    """

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.standardise = Standardise(n_features, _FAR)
        self.whiten = Whiten(n_features, n_features, _BEYOND)

    @property
    def mean(self) -> Tensor:
        """Of the features."""
        return self.standardise.mean

    def fit(self, x: Float[Tensor, "*batch feature"]) -> None:
        """Learn both."""
        self.standardise.fit(x)
        self.whiten.fit(self.standardise(x.flatten(0, -2)).double())

    def forward(self, x: Float[Tensor, "*batch feature"]) -> Float[Tensor, "*batch feature"]:
        z: Tensor = self.whiten(self.standardise(x))
        return z
