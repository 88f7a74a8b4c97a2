"""Which Pauli letters can occur where: a proof, for any number of wires, that a turn is idle.

Heisenberg picture: an observable is carried backwards through the circuit, and for each wire the
set of letters that its Pauli words can have there is kept. The same is done forwards for the words
that the state is a sum of. Both sets are too large rather than too small (letters of different
wires are taken as independent, and no cancellation is seen), so what they rule out is impossible.
A set is a number of four bits, bit k standing for letter k.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum, auto
from functools import cache
from math import pi

from ..circuits import AMPLITUDE_ENCODING, Circuit, Observable, Operation, Projector
from .steps import LETTERS, angle, anticommute, axis

Letters = tuple[int, ...]
"""For every wire, the set of letters that can occur there."""

ONLY_I, I_OR_Z, ANY = 0b0001, 0b0101, 0b1111


class Verdict(IntEnum):
    """What is known of a turn, an input or a weight; all but the last two have no effect."""

    UNUSED = auto()
    """No gate reads it."""
    UNSEEN = auto()
    """Nothing that is measured depends on its wire from there on."""
    COMMUTES = auto()
    """It commutes with what is measured."""
    PHASE = auto()
    """It gives the state it acts on a phase at most."""
    VANISHES = auto()
    """What it changes has expectation value 0."""
    ZERO = auto()
    """All derivatives that were taken are 0."""
    ALIVE = auto()
    """It changes something that is measured."""
    UNKNOWN = auto()
    """None of these is proved."""


def forwards(program: Circuit) -> list[Letters]:
    """The letters of the state before every step, and after the last."""
    letters = [(I_OR_Z,) * program.n_wires]
    for step in program.operations:
        letters.append(_carry(step, letters[-1]))
    return letters


def measured(observable: Observable | Projector, n_wires: int) -> Letters:
    """The letters of an observable; a projector is a sum of words of I and Z."""
    letters = [ONLY_I] * n_wires
    word = observable.word if isinstance(observable, Observable) else "P" * len(observable.bits)
    for wire, letter in zip(observable.wires, word, strict=True):
        letters[wire] = I_OR_Z if letter == "P" else 1 << LETTERS[letter]
    return tuple(letters)


def reach(
    program: Circuit, observable: Letters, state: Sequence[Letters]
) -> tuple[tuple[Verdict, ...], frozenset[int]]:
    """Carry an observable back through the circuit.

    Of the words that it becomes, those that the state does not contain have expectation value 0,
    whatever happens before; without them, more turns are seen to be idle.

    Returns:
        The verdict on every step, and the wires that the observable depends on, anywhere on the way
        back to the start.
    """
    words, kept = observable, observable
    cone = {wire for wire, its in enumerate(words) if its != ONLY_I}
    found: list[Verdict] = []
    for position in reversed(range(len(program.operations))):
        step, before, after = program.operations[position], state[position], state[position + 1]
        plain = _verdict(step, words, before)
        found.append(_verdict(step, kept, before) if plain >= Verdict.VANISHES else plain)
        words, kept = _carry(step, words), _carry(step, _meet(kept, after))
        cone |= {wire for wire in step.wires if words[wire] != ONLY_I}
    return tuple(reversed(found)), frozenset(cone)


def quarter_turns(turn: Operation) -> int | None:
    """The constant angle of a turn in units of pi / 2, if it is a whole number of them."""
    by = angle(turn)
    if not isinstance(by, (float, int)):
        return None
    quarters = by / (pi / 2)
    return round(quarters) if abs(quarters - round(quarters)) < 1e-12 else None


def _verdict(step: Operation, letters: Letters, before: Letters) -> Verdict:
    """The verdict on a step for words with ``letters``, in a state of words with ``before``."""
    if step.gate == AMPLITUDE_ENCODING and any(its != ONLY_I for its in letters):
        return Verdict.VANISHES if 0 in letters else Verdict.UNKNOWN
    if not axis(step):
        return Verdict.UNSEEN
    (wire,) = step.wires
    here, state = letters[wire], before[wire]
    if not state & ~(ONLY_I | 1 << axis(step)):
        return Verdict.PHASE
    if 0 in letters:
        return Verdict.VANISHES
    if here == ONLY_I:
        return Verdict.UNSEEN
    moved = [k for k in range(4) if here >> k & 1 and anticommute(k, axis(step))]
    if not moved:
        return Verdict.COMMUTES
    met = any(state >> k & 1 or state >> (k ^ axis(step)) & 1 for k in moved)
    both = _meet(letters, before)
    others = (*both[:wire], *both[wire + 1 :])
    return Verdict.UNKNOWN if met and 0 not in others else Verdict.VANISHES


def _meet(first: Letters, second: Letters) -> Letters:
    return tuple(a & b for a, b in zip(first, second, strict=True))


def _carry(step: Operation, letters: Letters) -> Letters:
    """The letters on the other side of a step; the same in both directions."""
    new = list(letters)
    match step.gate, step.wires:
        case "AmplitudeEncoding", wires:
            return (ANY,) * len(wires)
        case "H", (wire,):
            new[wire] = _image(letters[wire], lambda k: k >> 1 | (k & 1) << 1)
        case "SWAP", (first, second):
            new[first], new[second] = letters[second], letters[first]
        case gate, (first, second):
            new[first], new[second] = _pair(gate, letters[first], letters[second])
        case _, (wire,):
            new[wire] = _turned(step, letters[wire])
    return tuple(new)


def _turned(turn: Operation, letters: int) -> int:
    about = axis(turn)
    moved = _image(letters, lambda k: k ^ about if anticommute(k, about) else k)
    quarters = quarter_turns(turn)
    if quarters is None:
        return letters | moved
    return moved if quarters % 2 else letters


@cache
def _pair(gate: str, first: int, second: int) -> tuple[int, int]:
    """The sets of letters beyond a CNOT or CZ; what the two wires have in common is lost."""
    pairs = [
        _conjugate(gate, a, b)
        for a in range(4)
        for b in range(4)
        if first >> a & 1 and second >> b & 1
    ]
    return sum({1 << a for a, _ in pairs}), sum({1 << b for _, b in pairs})


def _conjugate(gate: str, first: int, second: int) -> tuple[int, int]:
    """The letters of a pair beyond a CNOT or CZ."""
    x, z = LETTERS["X"], LETTERS["Z"]
    if gate == "CZ":
        return first ^ (z if second & x else 0), second ^ (z if first & x else 0)
    return first ^ (z if second & z else 0), second ^ (x if first & x else 0)


def _image(letters: int, function: Callable[[int], int]) -> int:
    return sum({1 << function(k) for k in range(4) if letters >> k & 1})
