"""Networks that answer together."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from ..base import HybridComponent
from .heads import Head
from .network import QMANN


class Ensemble(HybridComponent):
    """Members trained from different seeds; their raw outputs are averaged."""

    def __init__(self, members: list[QMANN]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @property
    def head(self) -> Head:
        return next(iter(self)).head

    def __iter__(self) -> Iterator[QMANN]:
        return iter(self.members)  # type: ignore[arg-type]

    def forward(
        self,
        x: Float[Tensor, "batch *axis feature"],
        regressors: Float[Tensor, "batch regressor"],
        *,
        at: Int64[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "batch *output"]:
        return torch.stack([member(x, regressors, at=at) for member in self.members]).mean(dim=0)
