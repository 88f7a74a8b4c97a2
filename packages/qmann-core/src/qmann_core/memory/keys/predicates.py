"""What a hard recall asks of a binary key; each predicate has a reversible circuit, too.

The circuits are in `hardware.oracles`: they compute the same answer on the key register, from the
key alone, which is what makes it recall and not a list of matches worked out beforehand.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, UInt8

from ...errors import DataError


@runtime_checkable
class Predicate(Protocol):
    """A yes-or-no question about a binary key."""

    @property
    def width(self) -> int:
        """Number of bits of the keys it is about."""
        ...

    def matches(self, keys: UInt8[np.ndarray, "entry bit"]) -> Bool[np.ndarray, " entry"]:
        """Which of ``keys``, one a row and bits 0 or 1, it holds for."""
        ...


@dataclass(frozen=True)
class _AboutBits:
    bits: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_bits("bits", self.bits)

    @property
    def width(self) -> int:
        """Number of bits of the keys it is about."""
        return len(self.bits)

    def _differs(self, keys: UInt8[np.ndarray, "entry bit"]) -> Bool[np.ndarray, "entry bit"]:
        if keys.shape[1] != self.width:
            raise DataError(
                f"keys have {keys.shape[1]} bits and the predicate asks about {self.width}; "
                "give as many bits as a key has"
            )
        return np.asarray(keys != np.array(self.bits, dtype=np.uint8))


@dataclass(frozen=True)
class Equal(_AboutBits):
    """The key is ``bits``."""

    def matches(self, keys: UInt8[np.ndarray, "entry bit"]) -> Bool[np.ndarray, " entry"]:
        return ~np.asarray(self._differs(keys).any(axis=1))


@dataclass(frozen=True)
class Masked(_AboutBits):
    """The key is ``bits`` wherever ``mask`` is 1; its other bits may be anything."""

    mask: tuple[int, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_bits("mask", self.mask)
        if len(self.mask) != len(self.bits):
            raise DataError(
                f"mask has {len(self.mask)} bits and bits has {len(self.bits)}; "
                "give one bit of mask for each of bits"
            )

    def matches(self, keys: UInt8[np.ndarray, "entry bit"]) -> Bool[np.ndarray, " entry"]:
        differs = self._differs(keys) & np.array(self.mask, dtype=bool)
        return ~np.asarray(differs.any(axis=1))


@dataclass(frozen=True)
class Within(_AboutBits):
    """The key differs from ``bits`` in at most ``distance`` places (Hamming distance)."""

    distance: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.distance < 0:
            raise DataError(f"distance is at least 0, got {self.distance}; 0 asks for equality")

    def matches(self, keys: UInt8[np.ndarray, "entry bit"]) -> Bool[np.ndarray, " entry"]:
        return np.asarray(np.count_nonzero(self._differs(keys), axis=1) <= self.distance)


Reversible = Equal | Masked | Within
"""Those whose reversible circuit is known, and how they age."""


def as_bits(values: str | Iterable[object]) -> tuple[int, ...]:
    """A string such as ``"0110"``, a sequence or an array of zeros and ones as a tuple of int.

    Raises:
        DataError: something in it is neither 0 nor 1; the message names the position.
    """
    bits = []
    for position, value in enumerate(values):
        number = {"0": 0, "1": 1}.get(value) if isinstance(value, str) else value
        if number not in (0, 1):
            raise DataError(f"bit {position} is {value!r}; a bit is 0 or 1")
        bits.append(int(number == 1))
    return tuple(bits)


def _check_bits(name: str, bits: tuple[int, ...]) -> None:
    if not bits:
        raise DataError(f"{name} is empty; a predicate asks about at least 1 bit")
    wrong = [position for position, bit in enumerate(bits) if bit not in (0, 1)]
    if wrong:
        raise DataError(f"{name}: bit {wrong[0]} is {bits[wrong[0]]!r}; a bit is 0 or 1")
