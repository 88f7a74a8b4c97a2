"""Samples: what features make of records, and what every model reads."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Int64, Shaped
from torch import Tensor

from .splits import is_never, time_ahead


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
    """Last day that a sample has seen, datetime64; for data without time int64, its place in the
    order that the split has put the samples in."""
    group: Int[np.ndarray, " sample"]
    """Which series a sample belongs to, an index into ``names``."""
    names: tuple[str, ...]
    """Names of the series."""
    delay: tuple[int, ...]
    """Steps after its origin at which each target is known."""
    label: Shaped[np.ndarray, " sample"] | None = None
    """Text that names each sample, where the time does not."""
    test: Bool[np.ndarray, " sample"] | None = None
    """Which samples a split that is not one in time tests on."""

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
            label=None if self.label is None else self.label[index],
            test=None if self.test is None else self.test[index],
        )

    @property
    def dated(self) -> bool:
        """Whether the samples lie in time."""
        return bool(self.time.dtype.kind == "M")

    @property
    def reach(self) -> int:
        """Steps that ``y`` looks ahead: the embargo between training and test."""
        return max(self.delay)

    @property
    def known(self) -> Bool[np.ndarray, " sample"]:
        """Which samples have a complete target."""
        return torch.isfinite(self.y).all(dim=-1).numpy()

    @property
    def origin(self) -> Int64[Tensor, " sample"]:
        """``time`` as nanoseconds, or the place in the order."""
        return torch.from_numpy(_nanoseconds(self.time))

    @property
    def settled(self) -> Int64[Tensor, " sample"]:
        """From when on a sample's target is known, in nanoseconds; always after its origin.

        Where these samples end before that, just after the last of them: whatever is predicted
        later comes after an embargo of ``reach``.
        """
        ahead = time_ahead(self.time, self.group, self.reach)
        own = _nanoseconds(self.time)
        settled = np.where(is_never(ahead), own.max(initial=0) + 1, _nanoseconds(ahead))
        return torch.from_numpy(np.maximum(settled, own + 1))


def _nanoseconds(time: Shaped[np.ndarray, " sample"]) -> Int64[np.ndarray, " sample"]:
    return time.astype("datetime64[ns]").astype(np.int64)
