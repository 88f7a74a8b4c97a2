"""A memory of training cases beside a network: what it is filled with, and how it is asked."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from ..base import HybridComponent
from ..data import Samples
from ..memory import CaseMemory, Recalled
from .heads import Head
from .scaling import Standardise, Whiten
from .state_memory import StateMemory

Encode = Callable[[Tensor], Tensor]
"""Windows (row, time, feature) to what the controller says about them, (row, width)."""


class Recollection(HybridComponent):
    """Keeps cases by a network's features, and adds what it recalls to them if it is read.

    If the network ``reads`` it, the features, standardised as those of the cases are, are its
    query, and its answer, projected by weights that start at zero, is added to them. If not, it is
    there to show similar cases, and has nothing to train: its keys are states of fixed circuits, in
    a `StateMemory`, or the features' whitened principal components.

    Args:
        width: of the network's features.
        memory: its queries are ``width`` wide if it is read.
        reads: whether the network reads it.
    """

    def __init__(self, width: int, memory: CaseMemory, *, reads: bool) -> None:
        super().__init__()
        self.memory = memory
        self.reads = reads
        self.contrast: Standardise | Whiten | None = None
        if not isinstance(memory, StateMemory):
            self.contrast = Standardise(width) if reads else Whiten(width, memory.query_size)
        if reads:
            self.projection = nn.Linear(memory.read_size, width, bias=False)
            nn.init.zeros_(self.projection.weight)

    def forward(
        self,
        features: Float[Tensor, "batch feature"],
        at: Int64[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "batch feature"]:
        """Features with what was recalled for them; cases settled after ``at`` are not."""
        if not self.reads:
            return features
        added: Tensor = self.projection(self.memory(self._query(features), at=at))
        return features + added

    def fill(
        self,
        samples: Samples,
        encode: Encode,
        head: Head,
        level: Float[Tensor, " sample"] | None = None,
    ) -> None:
        """Write known samples in the place of all cases, evenly spread ones if there are too many.

        Each keeps the residual of the head's closed-form part as its value, which is what a network
        reads, and its targets, and its level if it has one, as evidence.
        """
        n = min(len(samples), self.memory.capacity)
        rows = np.linspace(0, len(samples) - 1, n).round().astype(np.int64)
        cases, device = samples[rows], self.memory.features.device
        regressors, y = cases.regressors.to(device), cases.y.to(device)
        payload, part = y.flatten(1), None
        if level is not None:
            part = level[torch.from_numpy(rows)]
            payload = torch.cat((payload, part.unsqueeze(1)), dim=1)
        self.memory.clear()
        self.memory.write(
            self._keys(encode(cases.x), part),
            head.residual(regressors, y),
            settled=samples.settled[torch.from_numpy(rows)].to(device),
            origin=cases.origin.to(device),
            group=torch.from_numpy(cases.unit).to(device),
            row=torch.from_numpy(rows).to(device),
            payload=payload,
        )
        if isinstance(self.memory, StateMemory):
            self.memory.sharpen()

    def refresh(self, samples: Samples, encode: Encode) -> None:
        """Encode the cases, which are rows of ``samples``, anew."""
        self.memory.refresh(lambda rows: self._keys(encode(samples.x[rows.cpu()])))

    @torch.no_grad()
    def recalled(
        self,
        features: Float[Tensor, "batch feature"],
        k: int,
        at: Int64[Tensor, " batch"],
        level: Float[Tensor, " batch"] | None = None,
    ) -> Recalled:
        """The ``k`` cases that weigh most for each query."""
        return self.memory.recalled(self._query(features, level), k, at=at.to(features.device))

    @torch.no_grad()
    def _keys(self, features: Tensor, level: Tensor | None = None) -> Tensor:
        """Contrast of all cases' features, whose statistics are learned anew."""
        if self.contrast is not None and len(features) > 1:
            self.contrast.fit(features)
        return self._query(features, level)

    def _query(self, features: Tensor, level: Tensor | None = None) -> Tensor:
        if isinstance(self.memory, StateMemory) and level is not None:
            return self.memory.with_level(features, level)
        asked: Tensor = features if self.contrast is None else self.contrast(features)
        return asked
