"""Scaling whose statistics are learned from the training part and travel with the model."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..base import ClassicalComponent

_LIMIT = 5.0  # in standard deviations: a crash day must not drive an angle round the circle


class Standardise(ClassicalComponent):
    """z = clip((x - mean) / deviation, -5, 5), feature by feature."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("deviation", torch.ones(n_features))

    def fit(self, x: Float[Tensor, "*batch feature"]) -> None:
        """Learn mean and standard deviation; a constant feature keeps the deviation 1."""
        rows = x.flatten(0, -2)
        deviation = rows.std(dim=0)
        self.mean.copy_(rows.mean(dim=0))
        self.deviation.copy_(torch.where(deviation > 0, deviation, torch.ones_like(deviation)))

    def forward(self, x: Float[Tensor, "*batch feature"]) -> Float[Tensor, "*batch feature"]:
        return ((x - self.mean) / self.deviation).clamp(-_LIMIT, _LIMIT)
