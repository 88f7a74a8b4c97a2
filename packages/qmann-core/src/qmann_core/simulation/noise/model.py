"""Which channels follow which gates, and how wires are misread."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import torch
from jaxtyping import Float
from torch import Tensor

from ...circuits import AMPLITUDE_ENCODING, Operation
from ...errors import CircuitError
from .channels import ReadoutConfusion
from .powers import Channel, raised


@dataclass(frozen=True)
class NoiseModel:
    """Noise after each operation of a circuit, once, as the operation is written.

    An encoding that prepares amplitudes is free of noise; gates, the identity included, are not.

    Attributes:
        one_wire: channels that follow each gate on one wire, in order.
        two_wire: channels that follow each gate on two wires, in order: one on a single wire
            acts on each of the gate's wires, one on two wires on both, in the gate's order. Gates
            on three wires take the former only.
        readout: nothing, one confusion for all wires, or one for each wire.

    Raises:
        CircuitError: a channel of ``one_wire`` acts on two wires.

    Example:
        >>> from qmann_core.simulation import NoiseModel, depolarising
        >>> noise = NoiseModel(one_wire=(depolarising(0.001),), two_wire=(depolarising(0.01),))
    """

    one_wire: tuple[Channel, ...] = ()
    two_wire: tuple[Channel, ...] = ()
    readout: tuple[ReadoutConfusion, ...] = ()

    def __post_init__(self) -> None:
        for position, channel in enumerate(self.one_wire):
            if channel.n_wires != 1:
                raise CircuitError(
                    f"channel {position} of one_wire acts on {channel.n_wires} wires; "
                    "put it into two_wire"
                )

    def after(self, operation: Operation) -> Iterator[tuple[Channel, tuple[int, ...]]]:
        """What follows an operation: each channel with the wires that it acts on, in order.

        Raises:
            CircuitError: a channel on two wires at once after a gate on three.
        """
        wires = operation.wires
        if operation.gate == AMPLITUDE_ENCODING:
            return
        for channel in self.one_wire if len(wires) == 1 else self.two_wire:
            if channel.n_wires == 1:
                yield from ((channel, (wire,)) for wire in wires)
            elif len(wires) == 2:
                yield channel, wires
            else:
                raise CircuitError(f"{operation.gate} {too_wide(operation)}")

    def confusions(self, n_wires: int) -> tuple[ReadoutConfusion, ...]:
        """How each of ``n_wires`` is misread; empty if none is.

        Raises:
            CircuitError: they are given for another number of wires.
        """
        if len(self.readout) not in (0, 1, n_wires):
            raise CircuitError(
                f"read-out confusion is given for {len(self.readout)} wires, the circuit has "
                f"{n_wires}; give one for each, or one for all"
            )
        return self.readout * n_wires if len(self.readout) == 1 else self.readout

    def raised(self, power: float | int) -> "NoiseModel":
        """The noise of every gate to some power, that of reading as it is.

        Raises:
            CircuitError: a power below 0, or noise that has no such powers.
        """
        one, two = (
            tuple(raised(channel, power) for channel in channels)
            for channels in (self.one_wire, self.two_wire)
        )
        return NoiseModel(one, two, self.readout)

    def matrices(self, dtype: torch.dtype, device: torch.device) -> tuple[Tensor | None, ...]:
        """What follows a gate on one wire, on each wire of one on several, on both of one on two.

        The last includes what acts on each; it is there if a channel acts on two wires at once, and
        the one before if none does. None where there is no noise; else (1, 1, entry, entry).
        """
        one = [channel.transfer(dtype, device) for channel in self.one_wire]
        two = [channel.transfer(dtype, device) for channel in self.two_wire]
        if all(channel.n_wires == 1 for channel in self.two_wire):
            return _product(one), _product(two), None
        both = [matrix if len(matrix) == 16 else torch.kron(matrix, matrix) for matrix in two]
        return _product(one), None, _product(both)


def too_wide(operation: Operation) -> str:
    """Why no channel on two wires can follow an operation on three."""
    return (
        f"acts on {len(operation.wires)} wires, but the noise has a channel on two; use channels "
        "on one wire, or write the operation as gates on two wires with elementary()"
    )


def _product(matrices: list[Tensor]) -> Float[Tensor, "1 1 entry entry"] | None:
    """The matrices one after the other, the first acting first; for all gates and samples."""
    return reduce(lambda done, matrix: matrix @ done, matrices)[None, None] if matrices else None
