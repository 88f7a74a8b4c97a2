"""The entries of a memory as a circuit loads them, and which wires hold what."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Num

from ...circuits import Operation
from ..keys.encodings import ENCODINGS, EncodingName
from .controlled import Wires
from .loading import load, prepare


@dataclass(frozen=True)
class Registers:
    """Registers of a recall: the address first, its most significant bit on wire 0, then the key.

    Args:
        encoding: of the keys.
        width: features of a key.
        n_address: address wires; there are ``2**n_address`` addresses.
        copies: of the key, one after the other; b of them raise every fidelity to the power b.
    """

    encoding: EncodingName
    width: int
    n_address: int
    copies: int = 1

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
    """

    encoding: EncodingName
    addresses: Int[np.ndarray, " entry"]
    keys: Num[np.ndarray, "row feature"]
    n_address: int
    copies: int = 1

    @property
    def layout(self) -> Registers:
        return Registers(self.encoding, self.keys.shape[1], self.n_address, self.copies)

    @property
    def addressing(self) -> tuple[Operation, ...]:
        """|0...0> to the equal superposition of the occupied addresses."""
        return prepare(self.addresses, self.n_address)

    @property
    def loader(self) -> tuple[Operation, ...]:
        """|a>|0...0> to |a>|k_a>, every copy."""
        layout = self.layout
        table = np.zeros((2**self.n_address, layout.width))
        table[self.addresses] = self.keys
        return tuple(
            step
            for wires in layout.by_copy
            for step in load(self.encoding, table, layout.address_wires, wires)
        )
