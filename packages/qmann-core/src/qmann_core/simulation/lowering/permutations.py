"""CNOT, CZ and SWAP gates: permutations of amplitudes with signs, and what they make of words."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...circuits import Observable, Operation


@dataclass(frozen=True)
class SignedPermutation:
    """``new[d] = sign[d] * old[source[d]]``: CNOT, CZ and SWAP gates, one after the other.

    Bit b of ``source[d]`` is the parity of d under a mask, linear over two elements, so the table
    is doubled wire by wire; each CZ flips the sign where two such parities are odd.
    """

    operations: tuple[Operation, ...]
    n_wires: int

    @property
    def inverse(self) -> "SignedPermutation":
        """The permutation that undoes this one: each of the gates undoes itself."""
        return SignedPermutation(self.operations[::-1], self.n_wires)

    @property
    def source(self) -> NDArray[np.int32]:
        """Where the amplitudes come from, worked out anew at each call."""
        images = [0] * self.n_wires  # of the index with bit b alone
        masks, _ = self._masks
        for wire, mask in enumerate(masks):
            for bit in range(self.n_wires):
                images[bit] |= (mask >> bit & 1) << (self.n_wires - 1 - wire)
        table = np.zeros(1, dtype=np.int32)
        for image in images:
            table = np.concatenate([table, table ^ np.int32(image)])
        return table

    @property
    def sign(self) -> NDArray[np.int8]:
        """1 or -1 for every amplitude, worked out anew at each call."""
        odd = np.zeros(2**self.n_wires, dtype=np.int8)
        _, pairs = self._masks
        tables = {mask: parities(mask, self.n_wires) for pair in pairs for mask in set(pair)}
        for one, two in pairs:
            odd ^= tables[one] & tables[two]
        return np.asarray(1 - 2 * odd, dtype=np.int8)

    @property
    def has_signs(self) -> bool:
        """Whether a sign can be -1."""
        return any(operation.gate == "CZ" for operation in self.operations)

    @cached_property
    def _masks(self) -> tuple[list[int], list[tuple[int, int]]]:
        """The mask of every wire of ``source``, and pairs of masks of the CZ."""
        masks = [1 << (self.n_wires - 1 - wire) for wire in range(self.n_wires)]
        pairs: list[tuple[int, int]] = []
        for operation in reversed(self.operations):  # from the last gate's output to the input
            first, second = operation.wires
            match operation.gate:
                case "CNOT":
                    masks[second] ^= masks[first]
                case "SWAP":
                    masks[first], masks[second] = masks[second], masks[first]
                case _:
                    pairs.append((masks[first], masks[second]))
        return masks, pairs


def parities(mask: int, n_bits: int) -> NDArray[np.int8]:
    """The parity of ``d & mask`` for every d of ``n_bits`` bits."""
    table = np.zeros(1, dtype=np.int8)
    for bit in range(n_bits):
        table = np.concatenate([table, table ^ np.int8(mask >> bit & 1)])
    return table


class Word(NamedTuple):
    """A Pauli word as bits: (P psi)[d] = i**power * (-1)**parity(signs & d) * psi[d ^ flips]."""

    flips: int
    signs: int
    power: int


def word(observable: Observable, before: SignedPermutation) -> Word:
    """``observable`` measured after a permutation, as a word measured before it.

    CNOT, CZ and SWAP take words to words (Gottesman, arXiv:quant-ph/9807006).
    """
    n_wires = before.n_wires
    places = [n_wires - 1 - wire for wire in observable.wires]  # wire 0 is the highest bit
    letters = list(zip(places, observable.word, strict=True))
    x = sum(1 << place for place, letter in letters if letter in "XY")
    z = sum(1 << place for place, letter in letters if letter in "ZY")
    odd = 0
    for operation in reversed(before.operations):
        a, b = (n_wires - 1 - wire for wire in operation.wires)
        xa, za, xb, zb = x >> a & 1, z >> a & 1, x >> b & 1, z >> b & 1
        match operation.gate:
            case "CNOT":
                odd ^= xa & zb & (xb ^ za ^ 1)
                x, z = x ^ xa << b, z ^ zb << a
            case "SWAP":
                x ^= (xa ^ xb) << a | (xa ^ xb) << b
                z ^= (za ^ zb) << a | (za ^ zb) << b
            case _:
                odd ^= xa & xb & (za ^ zb)
                z ^= xb << a | xa << b
    return Word(x, z, (3 * (x & z).bit_count() + 2 * odd) % 4)  # Y = -i (-1)**d
