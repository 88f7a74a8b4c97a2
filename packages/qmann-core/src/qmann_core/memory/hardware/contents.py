"""The entries of a memory as a circuit loads them, and which wires hold what."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int, Num

from ...circuits import Operation
from ...errors import CircuitError
from ..keys.encodings import ENCODINGS, EncodingName
from .controlled import Wires
from .loading import load_keys, prepare


@dataclass(frozen=True)
class Registers:
    """Registers of a recall: the address first, its most significant bit on wire 0, then the key.

    Args:
        encoding: of the keys.
        width: features of a key.
        n_address: address wires; there are ``2**n_address`` addresses.
        copies: of the key, one after the other; b of them raise every fidelity to the power b.

    Raises:
        CircuitError: a number is not at least 1.
    """

    encoding: EncodingName
    width: int
    n_address: int
    copies: int = 1

    def __post_init__(self) -> None:
        for name in ("width", "n_address", "copies"):
            if getattr(self, name) < 1:
                raise CircuitError(f"{name} is at least 1, got {getattr(self, name)}")

    @property
    def address_wires(self) -> Wires:
        return tuple(range(self.n_address))

    @property
    def key_wires(self) -> Wires:
        """Of all copies."""
        n_keys = self.copies * ENCODINGS[self.encoding].n_wires(self.width)
        return tuple(range(self.n_address, self.n_address + n_keys))

    @property
    def by_copy(self) -> tuple[Wires, ...]:
        """The key wires of each copy."""
        size = ENCODINGS[self.encoding].n_wires(self.width)
        starts = range(0, self.copies * size, size)
        return tuple(self.key_wires[start : start + size] for start in starts)

    @property
    def n_wires(self) -> int:
        """Of address and key; work wires come after them."""
        return self.n_address + len(self.key_wires)


@dataclass(frozen=True, eq=False)
class Contents:
    """Keys at addresses; what is prepared is |M> = s^(-1/2) sum_a |a>|k_a>.

    Args:
        encoding: of the keys.
        addresses: of the s entries.
        keys: one a row.
        n_address: address wires.
        copies: of every key.

    Raises:
        CircuitError: there is no entry, an address is out of range or given twice, or there is not
            one key for each.
        DataError: a key that has no state.
    """

    encoding: EncodingName
    addresses: Int[np.ndarray, " entry"]
    keys: Num[np.ndarray, "row feature"]
    n_address: int
    copies: int = 1

    def __post_init__(self) -> None:
        _check_addresses(self.addresses, 2**self.layout.n_address)
        if len(self.keys) != len(self.addresses):
            raise CircuitError(
                f"{len(self.keys)} keys for {len(self.addresses)} addresses; give one for each"
            )
        ENCODINGS[self.encoding].check(self.keys)

    @property
    def layout(self) -> Registers:
        return Registers(self.encoding, self.keys.shape[1], self.n_address, self.copies)

    @cached_property
    def addressing(self) -> tuple[Operation, ...]:
        """|0...0> to the equal superposition of the occupied addresses."""
        return prepare(self.addresses, self.n_address)

    @cached_property
    def loader(self) -> tuple[Operation, ...]:
        """|a>|0...0> to |a>|k_a>, every copy."""
        return tuple(
            step
            for wires in self.layout.by_copy
            for step in load_keys(
                self.encoding, self.addresses, self.keys, self.n_address, key_wires=wires
            )
        )


def _check_addresses(addresses: Int[np.ndarray, " entry"], size: int) -> None:
    if not len(addresses):
        raise CircuitError("the memory is empty, so there is no state to prepare; write to it")
    low, high = addresses.min(), addresses.max()
    if low < 0 or high >= size:
        raise CircuitError(f"addresses are between 0 and {size - 1}, got {low} to {high}")
    if len(np.unique(addresses)) < len(addresses):
        raise CircuitError("an address occurs twice; give every key one of its own")
