"""A circuit as the linter reads it: turns about one axis of one wire, and Clifford gates.

A Pauli letter is a number of two bits, the X part and the Z part (I 0, X 1, Z 2, Y 3): up to a
sign, the product of two letters is their exclusive or.
"""

from collections.abc import Iterable
from dataclasses import replace

from ..circuits import AMPLITUDE_ENCODING, GATES, Circuit, Operation, Parameter, elementary

LETTERS = {"I": 0, "X": 1, "Z": 2, "Y": 3}
_AXES = {f"R{letter}": LETTERS[letter] for letter in "XYZ"}


def program(circuit: Circuit) -> Circuit:
    """The circuit in RX, RY and RZ with one angle each, H, CNOT, CZ and SWAP.

    It is equal to the original up to a global phase; only an encoding of amplitudes stays.
    """
    steps = (step for operation in circuit.operations for step in elementary(operation))
    parts = tuple(part for step in steps for part in _turns(step))
    return replace(circuit, operations=parts)


def axis(step: Operation) -> int:
    """The letter that a step turns about; 0 if it is no turn."""
    return _AXES.get(step.gate, 0)


def angle(step: Operation) -> Parameter:
    """By how much a turn turns; 0 if it is none."""
    return step.parameters[0] if step.gate in _AXES else 0.0


def anticommute(first: int, second: int) -> bool:
    """Whether two letters anticommute."""
    return first != second and first != 0 and second != 0


def encodes_amplitudes(steps: Circuit) -> bool:
    """Whether the circuit does not start in |0...0>."""
    return any(step.gate == AMPLITUDE_ENCODING for step in steps.operations[:1])


def cost(steps: Circuit) -> int:
    """Gates, and one for the start, times amplitudes."""
    return (1 + len(steps.operations)) << steps.n_wires


def packed(steps: Circuit, wires: Iterable[int], observables: Iterable[int]) -> Circuit:
    """The steps on ``wires`` alone and some of the observables, on a register of those wires."""
    place = {wire: new for new, wire in enumerate(sorted(wires))}
    kept = (step for step in steps.operations if place.keys() >= set(step.wires))
    moved = (replace(step, wires=tuple(place[wire] for wire in step.wires)) for step in kept)
    measured = (steps.observables[index] for index in observables)
    seen = (replace(one, wires=tuple(place[wire] for wire in one.wires)) for one in measured)
    return Circuit(len(place), tuple(moved), tuple(seen))


def _turns(step: Operation) -> tuple[Operation, ...]:
    if step.gate == AMPLITUDE_ENCODING:
        return (step,)
    gate = GATES[step.gate]
    if not gate.axes:
        return () if gate.name == "I" else (step,)
    angles = step.parameters if gate.angle is None else (gate.angle,)
    return tuple(
        Operation(f"R{letter}", step.wires, (by,))
        for letter, by in zip(gate.axes, angles, strict=True)
    )
