"""Flips and phases that many wires control, by Toffoli gates.

Work wires make them cheap. Clean ones start in |0> and end there; borrowed ones may be in any
state, and end in the same. With c controls a flip takes 2c - 3 Toffolis given c - 2 clean wires,
4c - 8 given as many borrowed ones, and about 8c given a single one; with none at all it takes a
number of gates that grows as c squared. Barenco et al., arXiv:quant-ph/9503016, lemmas 7.2 to 7.5.
"""

from collections.abc import Iterable
from math import pi

from .gates import Operation
from .parameters import Parameter

Wires = tuple[int, ...]
_FLIPS = -pi, pi


def multi_controlled_x(
    controls: Wires, target: int, *, clean: Wires = (), borrowed: Wires = ()
) -> tuple[Operation, ...]:
    """Flip ``target`` where every one of ``controls`` is 1."""
    n_controls, idle = len(controls), (*clean, *borrowed)
    if n_controls <= 2:
        return (Operation(("X", "CNOT", "Toffoli")[n_controls], (*controls, target)),)
    if len(clean) >= n_controls - 2:
        collect, flag = _conjunction(controls[:-1], clean)
        return (*collect, _toffoli(flag, controls[-1], target), *reversed(collect))
    if len(idle) >= n_controls - 2:
        return _borrowing(controls, target, idle)
    if idle:
        return _split(controls, target, idle)
    h = Operation("H", (target,))
    return (h, *_halved((*controls, target), pi, ()), h)


def multi_controlled_phase(
    wires: Wires, angle: Parameter = pi, *, clean: Wires = (), borrowed: Wires = ()
) -> tuple[Operation, ...]:
    """Multiply by exp(i angle) where every one of ``wires`` is 1.

    With the angle pi it is the multi-controlled Z: H, a multi-controlled X and H on one of the
    wires. (Without the two H it would be another gate, and a search with it never succeeds with
    a probability above one half.)
    """
    if len(wires) <= 2:
        return (_phase(wires, angle),)
    *controls, target = wires
    if angle in _FLIPS and (len(controls) == 2 or clean or borrowed):
        h = Operation("H", (target,))
        flip = multi_controlled_x(tuple(controls), target, clean=clean, borrowed=borrowed)
        return (h, *flip, h)
    if len(clean) >= len(controls) - 1:
        collect, flag = _conjunction(tuple(controls), clean)
        return (*collect, _phase((flag, target), angle), *reversed(collect))
    return _halved(wires, angle, (*clean, *borrowed))


def phase_on(
    bits: Iterable[int],
    wires: Wires,
    angle: float = pi,
    *,
    clean: Wires = (),
    borrowed: Wires = (),
) -> tuple[Operation, ...]:
    """Multiply by exp(i angle) where ``wires`` read ``bits``; everywhere if there are none."""
    flips = tuple(Operation("X", (wire,)) for wire, bit in zip(wires, bits, strict=True) if not bit)
    return (*flips, *multi_controlled_phase(wires, angle, clean=clean, borrowed=borrowed), *flips)


def reflection(
    wires: Wires, angle: float = pi, *, clean: Wires = (), borrowed: Wires = ()
) -> tuple[Operation, ...]:
    """Multiply by exp(i angle) where all ``wires`` are 0: 1 - (1 - exp(i angle)) |0><0|."""
    return phase_on([0] * len(wires), wires, angle, clean=clean, borrowed=borrowed)


def global_phase(wire: int, angle: float) -> tuple[Operation, ...]:
    """Multiply everything by exp(i angle)."""
    turn, flip = Operation("PhaseShift", (wire,), (angle,)), Operation("X", (wire,))
    return (turn, flip, turn, flip)


def _conjunction(controls: Wires, clean: Wires) -> tuple[tuple[Operation, ...], int]:
    """Toffolis after which a clean wire says whether all ``controls``, 2 or more, are 1."""
    flag = controls[0]
    steps = []
    for control, work in zip(controls[1:], clean, strict=False):
        steps.append(_toffoli(flag, control, work))
        flag = work
    return tuple(steps), flag


def _borrowing(controls: Wires, target: int, idle: Wires) -> tuple[Operation, ...]:
    """Lemma 7.2: down and up a chain of Toffolis twice, the second time without the target."""
    chain = (*idle[: len(controls) - 2], target)
    steps = [_toffoli(controls[0], controls[1], chain[0])]
    steps += [_toffoli(controls[j], chain[j - 2], chain[j - 1]) for j in range(2, len(controls))]
    down, up = steps[::-1], steps[1:]
    return (*down, *up, *down[1:], *up[:-1])


def _split(controls: Wires, target: int, idle: Wires) -> tuple[Operation, ...]:
    """Lemma 7.3: half of the controls flip a borrowed wire, which then stands for them."""
    stand_in, *others = idle
    half = (len(controls) + 1) // 2
    first, second = controls[:half], controls[half:]
    collect = multi_controlled_x(first, stand_in, borrowed=(*second, target, *others))
    flip = multi_controlled_x((*second, stand_in), target, borrowed=(*first, *others))
    return (*collect, *flip, *collect, *flip)


def _halved(wires: Wires, angle: Parameter, idle: Wires) -> tuple[Operation, ...]:
    """Lemma 7.5: with p the conjunction of the other controls, a t l p = (l + p - l^p) t a / 2."""
    if len(wires) == 2:
        return (_phase(wires, angle),)
    *rest, last, target = wires
    flip = multi_controlled_x(tuple(rest), last, borrowed=(target, *idle))
    return (
        *(_phase((last, target), 0.5 * angle), *flip, _phase((last, target), -0.5 * angle), *flip),
        *_halved((*rest, target), 0.5 * angle, (last, *idle)),
    )


def _phase(wires: Wires, angle: Parameter) -> Operation:
    if angle in _FLIPS:
        return Operation("Z" if len(wires) == 1 else "CZ", wires)
    return Operation("PhaseShift" if len(wires) == 1 else "ControlledPhaseShift", wires, (angle,))


def _toffoli(first: int, second: int, target: int) -> Operation:
    return Operation("Toffoli", (first, second, target))
