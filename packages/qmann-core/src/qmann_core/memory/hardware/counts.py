"""Gates of each part of a recall circuit, counted without building it.

Every function counts what the function of nearly the same name emits; the tests hold them equal.
"""

from dataclasses import dataclass
from math import comb

from ..keys.predicates import Predicate, Within
from .loading import IQP_REPEATS, KeyEncoding, n_key_wires
from .oracles import compared, count_blocks, least_work


@dataclass(frozen=True)
class GateCounts:
    """Gates on one wire, on two, and Toffolis (each is 6 CNOTs and 9 gates on one wire)."""

    one_wire: int = 0
    two_wire: int = 0
    toffoli: int = 0

    @property
    def total(self) -> int:
        return self.one_wire + self.two_wire + self.toffoli

    def __add__(self, other: "GateCounts") -> "GateCounts":
        return GateCounts(
            self.one_wire + other.one_wire,
            self.two_wire + other.two_wire,
            self.toffoli + other.toffoli,
        )

    def __mul__(self, times: int) -> "GateCounts":
        return GateCounts(self.one_wire * times, self.two_wire * times, self.toffoli * times)


def multi_controlled_x(n_controls: int, *, clean: int = 0, borrowed: int = 0) -> GateCounts:
    """2c - 3 Toffolis with c - 2 clean wires, 4c - 8 with as many borrowed ones, else more."""
    idle = clean + borrowed
    if n_controls <= 2:
        return (GateCounts(1), GateCounts(0, 1), GateCounts(0, 0, 1))[n_controls]
    if clean >= n_controls - 2:
        return GateCounts(toffoli=2 * n_controls - 3)
    if idle >= n_controls - 2:
        return GateCounts(toffoli=4 * n_controls - 8)
    if idle:
        half = (n_controls + 1) // 2
        second = n_controls - half + 1
        collect = multi_controlled_x(half, borrowed=second + idle - 1)
        return (collect + multi_controlled_x(second, borrowed=half + idle - 1)) * 2
    return GateCounts(2) + _halved(n_controls + 1, 0)


def multi_controlled_phase(
    n_wires: int, *, half_turn: bool = True, clean: int = 0, borrowed: int = 0
) -> GateCounts:
    """By pi (``half_turn``), two H and a multi-controlled X; by other angles a little more."""
    if n_wires <= 2:
        return GateCounts(n_wires == 1, n_wires == 2)
    if half_turn and (n_wires == 3 or clean or borrowed):
        return GateCounts(2) + multi_controlled_x(n_wires - 1, clean=clean, borrowed=borrowed)
    if clean >= n_wires - 2:
        return GateCounts(0, 1, 2 * n_wires - 4)
    return _halved(n_wires, clean + borrowed)


def phase_on(
    bits: tuple[int, ...], *, half_turn: bool = True, clean: int = 0, borrowed: int = 0
) -> GateCounts:
    """A controlled phase, and two X for every 0."""
    turn = multi_controlled_phase(len(bits), half_turn=half_turn, clean=clean, borrowed=borrowed)
    return turn + GateCounts(2 * bits.count(0))


def reflection(
    n_wires: int, *, half_turn: bool = True, clean: int = 0, borrowed: int = 0
) -> GateCounts:
    """A controlled phase between X on every wire."""
    return phase_on((0,) * n_wires, half_turn=half_turn, clean=clean, borrowed=borrowed)


def multiplexed(n_controls: int) -> GateCounts:
    """2^c rotations and, with controls, as many CNOTs."""
    return GateCounts(2**n_controls, 2**n_controls if n_controls else 0)


def prepare(n_entries: int, n_address: int) -> GateCounts:
    """H on every wire of a full memory, else 2^n - 1 rotations and 2^n - 2 CNOTs."""
    full = n_entries == 2**n_address
    return GateCounts(n_address) if full else GateCounts(2**n_address - 1, 2**n_address - 2)


def load_keys(encoding: KeyEncoding, width: int, n_address: int) -> GateCounts:
    """One multiplexed rotation a wire; for amplitudes 2^m - 1 in all, for IQP also one a pair."""
    n_keys = n_key_wires(encoding, width)
    if encoding == "amplitude":
        levels = (multiplexed(n_address + place) for place in range(n_keys))
        return sum(levels, GateCounts())
    each = multiplexed(n_address)
    if encoding == "iqp":
        pairs = (each + GateCounts(0, 2)) * comb(n_keys, 2)
        return (GateCounts(n_keys) + each * n_keys + pairs) * IQP_REPEATS
    return each * n_keys


def query_inverse(encoding: KeyEncoding, width: int) -> GateCounts:
    """The loader of a key that no address controls."""
    return load_keys(encoding, width, 0)


def phase_oracle(
    predicate: Predicate, *, half_turn: bool = True, n_work: int = 0, borrowed: int = 0
) -> GateCounts:
    """A controlled phase; for `Within`, counting up, a phase for each block, and counting down."""
    bits = compared(predicate)
    if not bits:
        return GateCounts(4)
    if isinstance(predicate, Within) and predicate.distance > 0:
        return _within(predicate, half_turn, n_work, borrowed)
    return phase_on(bits, half_turn=half_turn, clean=n_work, borrowed=borrowed)


def _within(predicate: Within, half_turn: bool, n_work: int, borrowed: int) -> GateCounts:
    width, n_counter = predicate.width, least_work(predicate)
    clean = n_work - n_counter
    total = GateCounts(2 * sum(predicate.bits))
    for number in range(1, width + 1):
        for n_controls in range(1, number.bit_length() + 1):
            flip = multi_controlled_x(n_controls, clean=clean, borrowed=width - 1 + borrowed)
            total += flip * 2
    for block in count_blocks(predicate.distance, n_counter):
        total += phase_on(block, half_turn=half_turn, clean=clean, borrowed=width + borrowed)
    return total


def _halved(n_wires: int, idle: int) -> GateCounts:
    if n_wires == 2:
        return GateCounts(0, 1)
    flip = multi_controlled_x(n_wires - 2, borrowed=1 + idle)
    return flip * 2 + GateCounts(0, 2) + _halved(n_wires - 1, idle + 1)
