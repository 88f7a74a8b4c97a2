"""Samples: what features make of records, and what every model reads."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor


@dataclass(frozen=True)
class Samples:
    """Rows that a model learns from, all series together, each with its origin in time."""

    x: Float[Tensor, "sample time feature"]
    """What the controller reads."""
    skip: Float[Tensor, "sample regressor"]
    """Regressors of the head's linear part, which is fitted in closed form before training."""
    y: Float[Tensor, "sample target"]
    """Targets; NaN where the future is not known yet."""
    time: Shaped[np.ndarray, " sample"]
    """Last day that a sample has seen, datetime64."""
    group: Int[np.ndarray, " sample"]
    """Which series a sample belongs to, an index into ``names``."""
    names: tuple[str, ...]
    """Names of the series."""
    delay: tuple[int, ...]
    """Steps after its origin at which each target is known."""

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(
        self, index: Int[np.ndarray, " row"] | Bool[np.ndarray, " sample"]
    ) -> "Samples":
        rows = torch.from_numpy(np.asarray(index))
        return replace(
            self,
            x=self.x[rows],
            skip=self.skip[rows],
            y=self.y[rows],
            time=self.time[index],
            group=self.group[index],
        )

    @property
    def reach(self) -> int:
        """Steps that ``y`` looks ahead: the embargo between training and test."""
        return max(self.delay)

    @property
    def known(self) -> Bool[np.ndarray, " sample"]:
        """Which samples have a complete target."""
        return torch.isfinite(self.y).all(dim=-1).numpy()
