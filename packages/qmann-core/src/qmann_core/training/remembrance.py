"""What training does with the memory of a network, where it reads one."""

from typing import Any

from torch import Tensor, nn

from ..data import Samples
from ..nn import QMANN

EVERY = 50
"""Optimiser steps between two consolidations."""


class Remembrance:
    """Keeps the memory that a network reads filled with training cases as it sees them now.

    The memory holds rows of the training part alone, and each sample is answered from cases that
    were settled when it was seen: neither itself nor anything later leaks into its answer. Models
    that read no memory are left alone.
    """

    def __init__(self, model: nn.Module, train: Samples) -> None:
        self._model: QMANN | None = None
        if isinstance(model, QMANN) and model.reads_memory:
            self._model = model
        self._train = train

    def fill(self) -> None:
        """Write the training cases."""
        if self._model is not None:
            self._model.remember(self._train)

    def before_step(self, done: int) -> None:
        """Consolidate after every 50 optimiser steps."""
        if self._model is not None and done and done % EVERY == 0:
            self._model.consolidate(self._train)

    def refresh(self) -> None:
        """Encode what is remembered with the weights of now."""
        if self._model is not None:
            self._model.refresh(self._train)

    def options(self, origin: Tensor) -> dict[str, Any]:
        """Keywords that the network takes because it reads a memory."""
        return {} if self._model is None else {"at": origin}
