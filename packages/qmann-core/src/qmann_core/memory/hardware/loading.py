"""Loaders: circuits that write addresses and keys into registers that start in |0...0>.

A loader costs O(N) gates for N addresses: without a QRAM there is no cheaper way to make many
keys available in superposition.
"""

from itertools import combinations
from math import pi

import numpy as np
from jaxtyping import Int, Num

from ...circuits import Operation
from ...circuits.preparation import multiplexed, tree
from ..keys.encodings import EncodingName
from .controlled import Wires

IQP_REPEATS = 2
"""As in `qmann_core.circuits.iqp`."""


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
