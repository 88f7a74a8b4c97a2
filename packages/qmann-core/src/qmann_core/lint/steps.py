"""A circuit as the linter reads it: turns about one axis of one wire, and Clifford gates.

A Pauli letter is a number of two bits, the X part and the Z part (I 0, X 1, Z 2, Y 3): up to a
sign, the product of two letters is their exclusive or.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import pi

from ..circuits.circuit import AMPLITUDE_ENCODING, Circuit, Operation
from ..circuits.decomposition import elementary
from ..circuits.parameters import Parameter

LETTERS = {"I": 0, "X": 1, "Z": 2, "Y": 3}


@dataclass(frozen=True)
class Turn:
    """``exp(-i angle P / 2)`` where P is the letter ``axis`` on ``wire``."""

    axis: int
    wire: int
    angle: Parameter

    @property
    def wires(self) -> tuple[int, ...]:
        """The wire, as a tuple."""
        return (self.wire,)


@dataclass(frozen=True)
class Clifford:
    """H, CNOT, CZ or SWAP: a permutation of the Pauli words, up to their signs."""

    gate: str
    wires: tuple[int, ...]


Step = Turn | Clifford


@dataclass(frozen=True)
class Program:
    """The steps of a circuit, equal to it up to a global phase.

    ``n_amplitudes`` is the number of inputs that are amplitudes of the initial state; it is 0 where
    that is |0...0>.
    """

    n_wires: int
    n_amplitudes: int
    steps: tuple[Step, ...]

    @property
    def cost(self) -> int:
        """Gates, and one for the start, times amplitudes."""
        return (1 + len(self.steps)) << self.n_wires

    def without(self, wires: Iterable[int]) -> "Program":
        """The program without the steps that touch ``wires``, on as many wires."""
        gone = frozenset(wires)
        return replace(self, steps=tuple(s for s in self.steps if gone.isdisjoint(s.wires)))

    def packed(self, wires: Iterable[int]) -> "Program":
        """The same steps, which touch no wire but ``wires``, on a register of those alone."""
        place = {wire: new for new, wire in enumerate(sorted(wires))}
        steps = tuple(
            replace(step, wire=place[step.wire])
            if isinstance(step, Turn)
            else replace(step, wires=tuple(place[wire] for wire in step.wires))
            for step in self.steps
        )
        return Program(len(place), self.n_amplitudes, steps)


def program(circuit: Circuit) -> Program:
    """The steps of ``circuit``."""
    operations = [step for operation in circuit.operations for step in elementary(operation)]
    encoded = [len(o.parameters) for o in operations if o.gate == AMPLITUDE_ENCODING]
    steps = tuple(step for operation in operations for step in _steps(operation))
    return Program(circuit.n_wires, sum(encoded), steps)


def anticommute(first: int, second: int) -> bool:
    """Whether two letters anticommute."""
    return first != second and first != 0 and second != 0


_AXES = {"RX": "X", "RY": "Y", "RZ": "Z", "PhaseShift": "Z", "Rot": "ZYZ"}
_CONSTANTS = {"X": ("X", pi), "Y": ("Y", pi), "Z": ("Z", pi), "S": ("Z", pi / 2)}
_CONSTANTS["T"] = ("Z", pi / 4)


def _steps(operation: Operation) -> tuple[Step, ...]:
    if operation.gate in ("I", AMPLITUDE_ENCODING):
        return ()
    if operation.gate in ("H", "CNOT", "CZ", "SWAP"):
        return (Clifford(operation.gate, operation.wires),)
    (wire,) = operation.wires
    if operation.gate in _CONSTANTS:
        axis, angle = _CONSTANTS[operation.gate]
        return (Turn(LETTERS[axis], wire, angle),)
    turns = zip(_AXES[operation.gate], operation.parameters, strict=True)
    return tuple(Turn(LETTERS[axis], wire, angle) for axis, angle in turns)
