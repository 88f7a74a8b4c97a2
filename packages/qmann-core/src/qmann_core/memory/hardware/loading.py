"""Registers, and loaders: circuits that write addresses and keys into them, from |0...0>.

A loader costs O(N) gates for N addresses: without a QRAM there is no cheaper way to make many
keys available in superposition.
"""

from dataclasses import dataclass
from itertools import combinations
from math import pi

import numpy as np
from jaxtyping import Int, Num

from ...circuits import Operation
from ...circuits.controlled import Wires
from ...circuits.preparation import multiplexed, tree
from ..keys.encodings import ENCODINGS, EncodingName

IQP_REPEATS = 2
"""As in `qmann_core.circuits.iqp`."""


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


def prepare(addresses: Int[np.ndarray, " entry"], n_address: int) -> tuple[Operation, ...]:
    """|0...0> to the equal superposition of ``addresses`` on wires 0 to ``n_address - 1``.

    H on every wire if all addresses are occupied, else a tree of multiplexed rotations.
    """
    wires = tuple(range(n_address))
    if len(addresses) == 2**n_address:
        return tuple(Operation("H", (wire,)) for wire in wires)
    occupied = np.zeros((1, 2**n_address))
    occupied[0, addresses] = 1.0
    return tree(occupied, (), wires)


def load(
    encoding: EncodingName,
    table: Num[np.ndarray, "choice feature"],
    controls: Wires,
    wires: Wires,
) -> tuple[Operation, ...]:
    """|0...0> to the key in row i of ``table`` on ``wires``, where ``controls`` read i.

    The rotations of the encoding, multiplexed; a row of zeros is loaded where there is no key.
    """
    match encoding:
        case "amplitude":
            padded = np.zeros((len(table), 2 ** len(wires)))
            padded[:, : table.shape[1]] = table
            return tree(padded, controls, wires)
        case "iqp":
            return _iqp(table, controls, wires)
        case "basis":
            return _angles(pi * table, controls, wires)
        case "angle":
            return _angles(table, controls, wires)


def _angles(
    table: Num[np.ndarray, "choice wire"], controls: Wires, wires: Wires
) -> tuple[Operation, ...]:
    return tuple(
        step
        for place, wire in enumerate(wires)
        for step in multiplexed("Y", controls, wire, table[:, place])
    )


def _iqp(
    table: Num[np.ndarray, "choice wire"], controls: Wires, wires: Wires
) -> tuple[Operation, ...]:
    """H, RZ(x_i) and exp(-i x_i x_j ZZ / 2), which is an RZ between two CNOTs; repeated."""
    once = [Operation("H", (wire,)) for wire in wires]
    for place, wire in enumerate(wires):
        once += multiplexed("Z", controls, wire, table[:, place])
    for first, second in combinations(range(len(wires)), 2):
        cnot = Operation("CNOT", (wires[first], wires[second]))
        products = table[:, first] * table[:, second]
        once += [cnot, *multiplexed("Z", controls, wires[second], products), cnot]
    return tuple(once) * IQP_REPEATS
