"""Powers of channels: noise that is there twice, half as much, or not at all."""

import math
from dataclasses import dataclass
from typing import NoReturn

import torch
from jaxtyping import Float
from torch import Tensor

from ...errors import CircuitError
from .channels import PauliChannel, Relaxation


@dataclass(frozen=True)
class RaisedPauli:
    """The power of a Pauli channel: each word keeps so much, to the power of ``power``, of itself.

    A channel only where that is one; a simulation works with it in any case.

    Raises:
        CircuitError: a channel that leaves nothing of a word, or its negative.
    """

    channel: PauliChannel
    power: float | int

    def __post_init__(self) -> None:
        kept = self.channel.transfer(torch.float64).diagonal().min()
        if not kept > 1e-9:
            raise CircuitError(
                f"got a power of a Pauli channel that keeps {float(kept):.2g} of some word: "
                "expected less noise than leaves nothing"
            )

    @property
    def n_wires(self) -> int:
        """Wires that it acts on."""
        return self.channel.n_wires

    def kraus(
        self, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> NoReturn:
        """None: a power need not be a channel.

        Raises:
            CircuitError: always.
        """
        del dtype, device
        raise CircuitError(
            "a power of a Pauli channel has no Kraus operators: expected noise of whole channels; "
            "use backend('exact', noise=...), which needs none"
        )

    def transfer(
        self, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> Float[Tensor, "entry entry"]:
        """Diagonal."""
        return (self.channel.transfer(dtype, device).diagonal() ** self.power).diag()


def raised(
    channel: PauliChannel | Relaxation | RaisedPauli, power: float | int
) -> RaisedPauli | Relaxation:
    """A channel to some power: twice the same is the power 2, none is the power 0.

    Raises:
        CircuitError: a power below 0 or infinite, or a channel that has no such powers.
    """
    if not 0 <= power < math.inf:
        raise CircuitError(f"got the power {power:g} of a channel: expected a number from 0")
    if isinstance(channel, PauliChannel):
        return RaisedPauli(channel, power)
    if isinstance(channel, RaisedPauli):
        return RaisedPauli(channel.channel, channel.power * power)
    kept = (1 - channel.decay) ** power
    return Relaxation(1 - kept, channel.coherence**power, channel.excited_population)


Channel = PauliChannel | Relaxation | RaisedPauli
