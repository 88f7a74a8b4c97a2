"""What reads a window: (batch, time, feature) to (batch, time or 1, hidden)."""

import math

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint as recompute

from .classical import DenseLayer


class SequenceController(nn.Module):
    """A recurrent network as a controller: its outputs without its final state.

    With ``checkpoint``, the sequence is cut into about sqrt(time) segments, and each keeps only its
    first state and is run again in the backward pass (Chen et al., arXiv:1604.06174).
    """

    def __init__(self, recurrent: nn.Module) -> None:
        super().__init__()
        self.recurrent = recurrent

    def forward(self, x: Tensor, *, checkpoint: bool = False) -> Tensor:
        if not checkpoint:
            output: Tensor = self.recurrent(x)[0]
            return output
        state, outputs = None, []
        for segment in torch.split(x, math.isqrt(x.shape[1] - 1) + 1, dim=1):
            part, state = recompute(self.recurrent, segment, state, use_reentrant=False)
            outputs.append(part)
        return torch.cat(outputs, dim=1)


class WindowController(nn.Module):
    """A dense layer as a controller: the whole window at once, one step out."""

    def __init__(self, dense: DenseLayer) -> None:
        super().__init__()
        self.dense = dense

    def forward(self, x: Tensor, *, checkpoint: bool = False) -> Tensor:
        window = x.flatten(1)
        if checkpoint:
            output: Tensor = recompute(self.dense, window, use_reentrant=False)
        else:
            output = self.dense(window)
        return output.unsqueeze(1)
