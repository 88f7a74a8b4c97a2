"""Attention over the steps of a window."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ..base import ClassicalComponent
from ..data.numbers import whole
from ..errors import ConfigError


class AttentionMechanism(ClassicalComponent):
    """Scaled dot-product attention of one query over a sequence (Vaswani et al., arXiv:1706.03762).

    context = concat_h softmax(q_h k_h^T / sqrt(d)) v_h, with d = context_size / n_heads.

    Args:
        size: width of query and sequence.
        context_size: width of the context, divisible by ``n_heads``.
        n_heads: number of heads.

    Raises:
        ConfigError: ``context_size`` is not divisible by ``n_heads``.
    """

    def __init__(self, size: int, context_size: int = 64, *, n_heads: int = 1) -> None:
        super().__init__()
        whole("size", size)
        if whole("context_size", context_size) % whole("n_heads", n_heads):
            raise ConfigError(
                f"context_size {context_size} is not divisible by n_heads {n_heads}: "
                "choose a multiple"
            )
        self.n_heads = n_heads
        self.query = nn.Linear(size, context_size)
        self.key = nn.Linear(size, context_size, bias=False)  # softmax would cancel a bias
        self.value = nn.Linear(size, context_size)

    def forward(
        self,
        query: Float[Tensor, "batch size"],
        sequence: Float[Tensor, "batch time size"],
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> tuple[Float[Tensor, "batch context"], Float[Tensor, "batch head time"]]:
        """Context and weights; steps where ``mask`` is True are left out."""
        q = self._split(self.query(query))
        k = self._split(self.key(sequence))
        v = self._split(self.value(sequence))
        scores = torch.einsum("bhd,bthd->bht", q, k) / math.sqrt(q.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(mask.unsqueeze(1), -math.inf)
        weights = scores.softmax(dim=-1)
        return torch.einsum("bht,bthd->bhd", weights, v).flatten(-2), weights

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:-1], self.n_heads, x.shape[-1] // self.n_heads)
