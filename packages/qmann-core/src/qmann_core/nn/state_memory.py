"""A memory of what fixed circuits were in: cases under the states of their blocks."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from ..base import HybridComponent
from ..config import MemoryConfig
from ..memory import CaseMemory
from ..memory.trained.strengths import raised
from .projected import fidelity

_SAMPLE = 256  # cases by which sharpness is chosen
_NEAR = 0.99  # part of the cases that are to be far from a case


class StateMemory(CaseMemory, HybridComponent):
    """Cases read by the `fidelity` F of the states that fixed circuits were in, simulated.

    Nothing is trained. Weights are proportional to F^c, c copies of each key: so many that the
    weight of a case falls by a factor e from itself to the nearest hundredth of the others. Where a
    head has a size, another block of n wires, all turned by RY(l) with its level l, is part of the
    state: it takes cos(d / 2)^2n off the fidelity of cases whose levels are d apart, so that cases
    are of the size of what is predicted. Their levels are the last number of their payload.

    Args:
        query_size: width of states side by side, real and imaginary parts in turn.
        value_size: width of a case's value.
        config: its capacity.
        payload_size: width of what is kept for evidence and never read.
        n_amplitudes: of the state of a block.
        has_level: whether there is one; its block is not counted by ``query_size``, nor its number
            by ``payload_size``.
    """

    copies: Tensor

    def __init__(
        self,
        query_size: int,
        value_size: int,
        config: MemoryConfig,
        *,
        payload_size: int = 0,
        n_amplitudes: int,
        has_level: bool = False,
    ) -> None:
        config = config.model_copy(update={"n_banks": 1})
        width = query_size + 2 * n_amplitudes * has_level
        super().__init__(width, value_size, config, payload_size=payload_size + has_level)
        self.n_amplitudes, self.has_level = n_amplitudes, has_level
        self.register_buffer("copies", torch.tensor(1))

    @torch.no_grad()
    def sharpen(self) -> None:
        """Choose the number of copies for the cases that are stored."""
        held = self.features[None, : self.n_cases]
        some = held[:, :: max(1, self.n_cases // _SAMPLE)]
        # of the others: the nearest to a case is itself
        far = 1 - self.compare(some, held).quantile(_NEAR * (1 - 1 / self.n_cases))
        self.copies.fill_(round(float(1 / far.clamp_min(1e-6))))

    def with_level(
        self, states: Float[Tensor, "row part"], level: Float[Tensor, " row"]
    ) -> Float[Tensor, "row feature"]:
        """The states, and beside them the block that is turned by the level."""
        wire = torch.stack((torch.cos(level / 2), torch.sin(level / 2)), dim=1)
        block = torch.ones_like(wire[:, :1])
        for _ in range(round(math.log2(self.n_amplitudes))):
            block = (block.unsqueeze(2) * wire.unsqueeze(1)).flatten(1)
        real = torch.stack((block, torch.zeros_like(block)), dim=2).flatten(1)
        return torch.cat((states, real), dim=1)

    def encode(self, features: Float[Tensor, "row feature"]) -> Float[Tensor, "1 row feature"]:
        """States as they are."""
        return features.unsqueeze(0)

    def compare(
        self, queries: Float[Tensor, "1 batch code"], keys: Float[Tensor, "1 slot code"]
    ) -> Float[Tensor, "1 batch slot"]:
        """In double precision: many copies make rounding of a fidelity near 1 that of a weight."""
        a, b = queries[0].double(), keys[0].double()
        return fidelity(a, b, n_amplitudes=self.n_amplitudes).unsqueeze(0)

    def strengths(
        self,
        queries: Float[Tensor, "1 batch code"],
        keys: Float[Tensor, "1 slot code"],
        readable: Float[Tensor, "#batch slot"] | None,
    ) -> Float[Tensor, "1 batch slot"]:
        return raised(self.compare(queries, keys), readable, int(self.copies)).to(queries)
