"""Loaders: circuits that write addresses and keys into registers that start in |0...0>.

A loader costs O(N) gates for N addresses: without a QRAM there is no cheaper way to make many
keys available in superposition.
"""

from itertools import combinations
from math import pi

import numpy as np
from jaxtyping import Float, Int, Num

from ...circuits import Operation, inverse
from ...circuits.preparation import multiplexed, tree
from ..keys.encodings import ENCODINGS, EncodingName
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


def load_keys(
    encoding: EncodingName,
    addresses: Int[np.ndarray, " entry"],
    keys: Num[np.ndarray, "entry feature"],
    n_address: int,
    *,
    key_wires: Wires | None = None,
) -> tuple[Operation, ...]:
    """|a>|0...0> to |a>|k_a>: the rotations of the encoding, multiplexed by the address.

    Args:
        encoding: of the keys.
        addresses: of the keys, different from each other.
        keys: one a row; where no key is, that of zeros (or |0...0>) is loaded.
        n_address: wires 0 to ``n_address - 1`` hold the address.
        key_wires: where the key goes; those that follow if not given.
    """
    if key_wires is None:
        first = n_address
        key_wires = tuple(range(first, first + ENCODINGS[encoding].n_wires(keys.shape[1])))
    table = np.zeros((2**n_address, keys.shape[1]))
    table[addresses] = keys
    return _encoded(encoding, table, tuple(range(n_address)), key_wires)


def query_preparation(
    encoding: EncodingName, query: Num[np.ndarray, " feature"], wires: Wires
) -> tuple[Operation, ...]:
    """|0...0> to |q> on ``wires``."""
    return _encoded(encoding, np.asarray(query, dtype=np.float64)[None], (), wires)


def query_inverse(
    encoding: EncodingName, query: Num[np.ndarray, " feature"], wires: Wires
) -> tuple[Operation, ...]:
    """|q> to |0...0> on ``wires``: after it, the key register reads 0 with probability F."""
    return inverse(query_preparation(encoding, query, wires))


def _encoded(
    encoding: EncodingName,
    table: Float[np.ndarray, "choice feature"],
    controls: Wires,
    wires: Wires,
) -> tuple[Operation, ...]:
    """Row i of ``table`` on ``wires`` where ``controls`` read i."""
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
    table: Float[np.ndarray, "choice wire"], controls: Wires, wires: Wires
) -> tuple[Operation, ...]:
    return tuple(
        step
        for place, wire in enumerate(wires)
        for step in multiplexed("Y", controls, wire, table[:, place])
    )


def _iqp(
    table: Float[np.ndarray, "choice wire"], controls: Wires, wires: Wires
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
