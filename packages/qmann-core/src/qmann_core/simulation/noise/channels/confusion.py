"""Errors of reading wires."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .rates import Rate, check_probability, stacked


@dataclass(frozen=True)
class ReadoutConfusion:
    """A wire in |0> is read as 1 with ``p1_given_0``, one in |1> as 0 with ``p0_given_1``.

    Raises:
        CircuitError: a probability is not in [0, 1].
    """

    p1_given_0: Rate
    p0_given_1: Rate

    def __post_init__(self) -> None:
        check_probability("p1_given_0", self.p1_given_0)
        check_probability("p0_given_1", self.p0_given_1)

    def matrix(
        self, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> Float[Tensor, "read prepared"]:
        """Probability of reading the row where the column was prepared; columns add up to 1."""
        up, down = stacked((self.p1_given_0, self.p0_given_1), dtype, device).unbind()
        return torch.stack((1 - up, down, up, 1 - down)).view(2, 2)
