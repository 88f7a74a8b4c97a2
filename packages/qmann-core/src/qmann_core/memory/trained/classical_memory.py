"""The quantum memory's classical twin: the same cases, read by softmax attention."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ...base import ClassicalComponent
from ...config import MemoryConfig
from .banks import CaseMemory


class ClassicalMemory(CaseMemory, ClassicalComponent):
    """Cases read by w = softmax(beta q . k / sqrt(d)), a modern Hopfield network's update.

    q and k are W_b x of query and case, with one trained matrix W_b of d = ``n_qubits`` rows per
    bank where the quantum memory's encoding is "learned", and the features themselves otherwise.
    beta is ``copies``, and trained in each bank where the quantum memory's read is: so both have
    the same number of parameters, except for a polynomial's further coefficients.
    Ramsauer et al., arXiv:2008.02217.

    Args are those of `QuantumMemory`.

    Raises:
        ConfigError: a size that is not positive.
    """

    def __init__(
        self, query_size: int, value_size: int, config: MemoryConfig, *, payload_size: int = 0
    ) -> None:
        super().__init__(query_size, value_size, config, payload_size=payload_size)
        self.projection = self._projection(1.0)
        self.log_sharpness: nn.Parameter | None = None
        if config.read != "soft":
            self.log_sharpness = nn.Parameter(torch.zeros(config.n_banks, 1, 1))

    def encode(self, features: Float[Tensor, "row feature"]) -> Float[Tensor, "bank row code"]:
        """Each bank's projection."""
        if self.projection is None:
            return features.expand(self.config.n_banks, -1, -1)
        return features @ self.projection.mT

    def compare(
        self, queries: Float[Tensor, "bank batch code"], keys: Float[Tensor, "bank slot code"]
    ) -> Float[Tensor, "bank batch slot"]:
        """exp(-|q - k|^2 / 4), which product states at nearby angles have as their fidelity."""
        squares = queries.square().sum(-1).unsqueeze(-1) + keys.square().sum(-1).unsqueeze(-2)
        return torch.exp((queries @ keys.mT / 2 - squares / 4).clamp_max(0.0))

    def strengths(
        self,
        queries: Float[Tensor, "bank batch code"],
        keys: Float[Tensor, "bank slot code"],
        readable: Float[Tensor, "#batch slot"] | None,
    ) -> Float[Tensor, "bank batch slot"]:
        """The softmax over the cases that may be read."""
        queries = queries * (self.config.copies / queries.shape[-1] ** 0.5)
        if self.log_sharpness is not None:
            queries = queries * self.log_sharpness.exp()
        scores = queries @ keys.mT
        if readable is None:
            return scores.softmax(dim=-1)
        lowest = torch.finfo(scores.dtype).min  # not -inf, of which softmax makes NaN in empty rows
        return scores.masked_fill(readable == 0, lowest).softmax(dim=-1) * readable
