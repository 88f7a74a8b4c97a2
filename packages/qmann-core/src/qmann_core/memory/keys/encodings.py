"""How a key becomes a quantum state, and how alike a query and many encoded keys are.

A key of ``width`` numbers is encoded once, when it is stored; a recall then costs one pass over the
encoded keys, O(entries x width). Arithmetic is in the precision of the keys; fidelities come out
in float64, at most 1.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import reduce
from itertools import combinations
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np
from jaxtyping import Complex128, Float, Float64, Inexact, Num, Shaped
from numpy.typing import NDArray

from ...errors import ConfigError, DataError

EncodingName = Literal["basis", "amplitude", "angle", "iqp"]

Keys: TypeAlias = Num[np.ndarray, "entry feature"]
Query: TypeAlias = Num[np.ndarray, "1 column"]
Encoded: TypeAlias = Num[np.ndarray, "entry column"]
States: TypeAlias = Inexact[np.ndarray, "entry amplitude"]

_CHUNK = 1 << 14
"""Entries treated at once, so that what is between two passes stays in the processor's cache."""
_GROUP = 3
"""Wires of an angle encoding kept as one product state: a matrix product for each group is faster
than a cosine for each wire, and 8 amplitudes for 3 wires are little more than 2 for each."""


class Encoding(ABC):
    """A map from keys to states, with the fidelity F = |<q|k>|^2 of two of them."""

    name: EncodingName
    widest: int | None = None
    """Most numbers in a key."""

    def n_wires(self, width: int) -> int:
        """Wires of the key register, for keys of ``width`` numbers."""
        return width

    def check_width(self, width: int) -> None:
        """Refuse keys that would take too much room.

        Raises:
            ConfigError: they do.
        """
        if self.widest is not None and width > self.widest:
            raise ConfigError(
                f"an {self.name} memory keeps 2**key_width amplitudes of each key, so key_width is "
                f"at most {self.widest}, got {width}; use the amplitude or the angle encoding"
            )

    def check(self, keys: Keys) -> None:
        """Refuse keys that have no state.

        Raises:
            DataError: NaN or infinite numbers, or what the encoding has no state for; the message
                names the first such row.
        """
        _refuse(
            np.asarray(np.isfinite(keys).all(axis=1)), "holds NaN or infinite numbers: replace them"
        )

    @abstractmethod
    def encode(self, keys: Keys) -> Encoded:
        """What is kept of each key for `fidelities`."""

    def fidelities(
        self, query: Num[np.ndarray, " feature"], encoded: Encoded
    ) -> Float[np.ndarray, " entry"]:
        """F of a query, given as a raw key, and every encoded key."""
        asked = self.encode(query[None]).astype(encoded.dtype, copy=False)
        result = np.empty(len(encoded))
        for part in chunks(len(encoded)):
            _squared(self._overlaps(asked, encoded[part]), result[part])
        return result

    @abstractmethod
    def amplitudes(self, encoded: Encoded) -> States:
        """``2**n_wires`` amplitudes of every encoded key; wire 0 is the most significant bit."""

    def states(self, keys: Keys) -> States:
        """Amplitudes of keys as they were given."""
        return self.amplitudes(self.encode(keys))

    def _overlaps(self, asked: Query, encoded: Encoded) -> Shaped[np.ndarray, " entry"]:
        """<q|k> of one encoded query and encoded keys."""
        return np.asarray(encoded @ asked[0].conj())


class Basis(Encoding):
    """Bits b as the basis state |b>: F is 1 for equal keys and 0 for others."""

    name: EncodingName = "basis"

    def check(self, keys: Keys) -> None:
        _refuse(np.asarray(np.isin(keys, (0, 1)).all(axis=1)), "is not of bits 0 and 1")

    def encode(self, keys: Keys) -> Encoded:
        return keys.astype(np.uint8, copy=False)

    def _overlaps(self, asked: Query, encoded: Encoded) -> Shaped[np.ndarray, " entry"]:
        return np.asarray((encoded == asked).all(axis=1))

    def amplitudes(self, encoded: Encoded) -> States:
        index = encoded.astype(np.int64) @ (1 << np.arange(encoded.shape[1])[::-1])
        states = np.zeros((len(encoded), 2 ** encoded.shape[1]))
        states[np.arange(len(encoded)), index] = 1.0
        return states


class Amplitude(Encoding):
    """Numbers divided by their norm as amplitudes: F = (q . k)^2 / (|q| |k|)^2."""

    name: EncodingName = "amplitude"

    def n_wires(self, width: int) -> int:
        return max(1, (width - 1).bit_length())

    def check(self, keys: Keys) -> None:
        super().check(keys)
        _refuse(np.asarray(keys.any(axis=1)), "is all zeros, which is no state: leave it out")

    def encode(self, keys: Keys) -> Encoded:
        encoded = np.empty(keys.shape, dtype=_real(keys))
        for part in chunks(len(keys)):
            numbers = keys[part].astype(np.float64)
            numbers /= np.abs(numbers).max(axis=1, keepdims=True)  # so that no square overflows
            numbers /= np.sqrt(np.einsum("ef,ef->e", numbers, numbers))[:, None]
            encoded[part] = numbers
        return encoded

    def amplitudes(self, encoded: Encoded) -> States:
        width = encoded.shape[1]
        return np.pad(encoded, ((0, 0), (0, 2 ** self.n_wires(width) - width)))


class Angle(Encoding):
    """RY(x_j) on wire j of |0...0>: F = prod_j cos^2((q_j - k_j) / 2)."""

    name: EncodingName = "angle"

    def encode(self, keys: Keys) -> Encoded:
        whole, rest = divmod(keys.shape[1], _GROUP)
        size = whole * 2**_GROUP + (2**rest if rest else 0)
        encoded = np.empty((len(keys), size), dtype=_real(keys))
        for part in chunks(len(keys)):
            angles = np.split(keys[part], range(_GROUP, keys.shape[1], _GROUP), axis=1)
            np.concatenate([_product(each) for each in angles], axis=1, out=encoded[part])
        return encoded

    def _overlaps(self, asked: Query, encoded: Encoded) -> Shaped[np.ndarray, " entry"]:
        pairs = zip(_groups(encoded), _groups(asked), strict=True)
        return np.asarray(reduce(np.multiply, (one @ other.T for one, other in pairs))[:, 0])

    def amplitudes(self, encoded: Encoded) -> States:
        return reduce(_outer, _groups(encoded))


class IQP(Encoding):
    """The complex states of `iqp_states`, of at most 10 wires."""

    name: EncodingName = "iqp"
    widest = 10

    def encode(self, keys: Keys) -> Encoded:
        dtype = np.complex64 if _real(keys) == np.float32 else np.complex128
        encoded = np.empty((len(keys), 2 ** keys.shape[1]), dtype=dtype)
        for part in chunks(len(keys), max(1, (_CHUNK << 2) // encoded.shape[1])):
            encoded[part] = iqp_states(keys[part].astype(np.float64))
        return encoded

    def amplitudes(self, encoded: Encoded) -> States:
        return encoded


ENCODINGS: Mapping[str, Encoding] = MappingProxyType(
    {each.name: each for each in (Basis(), Amplitude(), Angle(), IQP())}
)


def encoding(name: str) -> Encoding:
    """An encoding by name.

    Raises:
        ConfigError: no such encoding.
    """
    if name not in tuple(ENCODINGS):
        raise ConfigError(f"got encoding {name!r}: expected one of {', '.join(ENCODINGS)}")
    return ENCODINGS[name]


def chunks(n_entries: int, size: int = _CHUNK) -> Iterator[slice]:
    """Slices that cover ``n_entries``, ``size`` at a time."""
    return (slice(start, start + size) for start in range(0, n_entries, size))


def _refuse(fine: NDArray[np.bool_], why: str) -> None:
    if not fine.all():
        first = int(np.argmin(fine))
        others = int(np.sum(~fine)) - 1
        raise DataError(f"key {first} {why}" + (f"; so are {others} others" if others else ""))


def _real(keys: NDArray[Any]) -> np.dtype[Any]:
    return np.dtype(np.float32 if keys.dtype == np.float32 else np.float64)


def _squared(overlap: NDArray[Any], out: NDArray[np.float64]) -> None:
    """|overlap|^2 in float64, at most 1 in spite of rounding."""
    if np.iscomplexobj(overlap):
        np.add(overlap.real**2, overlap.imag**2, out=out)
    else:
        np.square(overlap, out=out, dtype=np.float64)
    np.minimum(out, 1.0, out=out)


def _groups(encoded: NDArray[Any]) -> list[NDArray[Any]]:
    """The product states of 3 wires each that an angle encoding keeps; the last has the rest."""
    starts = range(0, encoded.shape[1], 2**_GROUP)
    return [encoded[:, start : start + 2**_GROUP] for start in starts]


def _outer(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    """(entry, a) and (entry, b) amplitudes of two registers to (entry, a * b) of both."""
    return np.asarray(first[:, :, None] * second[:, None, :]).reshape(len(first), -1)


def _product(angles: NDArray[Any]) -> NDArray[Any]:
    """(entry, wire) angles of RY to (entry, 2**wire) amplitudes."""
    half = angles.astype(np.float64) / 2
    return reduce(_outer, np.stack((np.cos(half), np.sin(half)), axis=2).swapaxes(0, 1))


def iqp_states(
    keys: Float64[np.ndarray, "entry feature"],
) -> Complex128[np.ndarray, "entry amplitude"]:
    """Amplitudes of the states that the two repeats of `circuits.iqp` make of |0...0>.

    |k> = D H D H |0...0> with H on every wire and the diagonal
    D = exp(-i/2 (sum_i x_i Z_i + sum_{i<j} x_i x_j Z_i Z_j)). Havlicek et al., arXiv:1804.11326.
    """
    width = keys.shape[1]
    phase = np.exp(-0.5j * _exponent(keys))
    return np.asarray(phase * _hadamards(phase, width) / 2**width)


def _exponent(
    keys: Float64[np.ndarray, "entry feature"],
) -> Float64[np.ndarray, "entry amplitude"]:
    """sum_i x_i z_i + sum_{i<j} x_i x_j z_i z_j for every basis state z, z_i = +-1."""
    width = keys.shape[1]
    bits = np.arange(2**width)[:, None] >> np.arange(width)[::-1] & 1
    signs = 1.0 - 2.0 * bits
    exponent = np.asarray(keys @ signs.T)
    for i, j in combinations(range(width), 2):
        exponent += np.outer(keys[:, i] * keys[:, j], signs[:, i] * signs[:, j])
    return exponent


def _hadamards(
    states: Complex128[np.ndarray, "entry amplitude"], width: int
) -> Complex128[np.ndarray, "entry amplitude"]:
    """H on every wire, not normalised: 2**(width / 2) times the state that it makes."""
    for wire in range(width):
        halves = states.reshape(len(states), 2**wire, 2, -1)
        zero, one = halves[:, :, 0], halves[:, :, 1]
        states = np.stack((zero + one, zero - one), axis=2).reshape(len(states), -1)
    return states
