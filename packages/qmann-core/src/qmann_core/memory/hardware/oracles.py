"""Predicates as reversible circuits: a phase where the key answers yes."""

from math import pi

from ...circuits import Operation, inverse
from ...circuits.controlled import Wires, global_phase, multi_controlled_x, phase_on
from ..keys.predicates import Equal, Masked, Reversible, Within


def phase_oracle(
    predicate: Reversible,
    key_wires: Wires,
    work_wires: Wires = (),
    angle: float = pi,
    *,
    borrowed: Wires = (),
) -> tuple[Operation, ...]:
    """Multiply by exp(i angle) where ``predicate`` holds for the bits of the key register.

    `Equal` and `Masked` are one controlled phase. `Within` counts the places that differ in the
    first work wires, turns the phase of the counts up to the distance, and counts back.

    Args:
        predicate: what is asked.
        key_wires: as many as the predicate has bits.
        work_wires: in |0> before and after; at least `least_work` of them.
        angle: in radians.
        borrowed: other wires of the register, in any state before and the same after.
    """
    bits = compared(predicate)
    if not bits:
        return global_phase(key_wires[0], angle)
    if isinstance(predicate, Within) and predicate.distance > 0:
        return _within(predicate, key_wires, work_wires, angle, borrowed)
    wires = looked_at(predicate, key_wires)
    return phase_on(bits, wires, angle, clean=work_wires, borrowed=borrowed)


def least_work(predicate: Reversible) -> int:
    """Work wires that the oracle of ``predicate`` needs: those that it counts on."""
    if isinstance(predicate, Within) and 0 < predicate.distance < predicate.width:
        return predicate.width.bit_length()
    return 0


def looked_at(predicate: Reversible, key_wires: Wires) -> Wires:
    """The key wires that ``predicate`` depends on."""
    if isinstance(predicate, Masked):
        return tuple(wire for wire, wanted in zip(key_wires, predicate.mask, strict=True) if wanted)
    return key_wires if compared(predicate) else ()


def compared(predicate: Reversible) -> tuple[int, ...]:
    """The bits that those wires are compared with; none if it holds for every key."""
    match predicate:
        case Equal(bits):
            return bits
        case Masked(bits, mask):
            return tuple(bit for bit, wanted in zip(bits, mask, strict=True) if wanted)
        case Within(bits, distance):
            return bits if distance < len(bits) else ()


def count_blocks(distance: int, n_counter: int) -> tuple[tuple[int, ...], ...]:
    """Leading bits of the counter such that it reads at most ``distance``, as disjoint blocks.

    One block for every 1 of the binary number distance + 1: the bits before it, then a 0.
    """
    bits = [((distance + 1) >> place) & 1 for place in reversed(range(n_counter))]
    return tuple((*bits[:place], 0) for place, bit in enumerate(bits) if bit)


def _within(
    predicate: Within, key_wires: Wires, work_wires: Wires, angle: float, borrowed: Wires
) -> tuple[Operation, ...]:
    n_counter = least_work(predicate)
    counter, clean = work_wires[:n_counter], work_wires[n_counter:]
    differs = tuple(
        Operation("X", (wire,)) for wire, bit in zip(key_wires, predicate.bits, strict=True) if bit
    )
    count: list[Operation] = []
    for number, wire in enumerate(key_wires, start=1):
        others = tuple(other for other in key_wires if other != wire)
        digits = counter[n_counter - number.bit_length() :]  # all that a count up to it can need
        count += _increment(wire, digits, clean, (*others, *borrowed))
    turn = tuple(
        step
        for block in count_blocks(predicate.distance, n_counter)
        for step in phase_on(
            block, counter[: len(block)], angle, clean=clean, borrowed=(*key_wires, *borrowed)
        )
    )
    return (*differs, *count, *turn, *inverse(tuple(count)), *differs)


def _increment(control: int, digits: Wires, clean: Wires, borrowed: Wires) -> tuple[Operation, ...]:
    """Add ``control`` to the binary number in ``digits``, the most significant first."""
    return tuple(
        step
        for place, digit in enumerate(digits)
        for step in multi_controlled_x(
            (control, *digits[place + 1 :]), digit, clean=clean, borrowed=borrowed
        )
    )
