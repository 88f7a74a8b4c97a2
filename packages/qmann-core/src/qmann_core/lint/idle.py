"""Inputs, weights and observables that nothing comes of."""

from collections.abc import Iterator

import numpy as np

from ..circuits.parameters import Input, Symbol, Weight
from .evidence import NOTHING, Evidence, random_point, values
from .finding import Code, Finding, named
from .support import Verdict

_REASONS = {
    Verdict.UNUSED: ("no gate reads {them}", "number {them} without gaps"),
    Verdict.UNSEEN: (
        "from {their} gates on, nothing that is measured depends on the wires of these",
        "entangle these wires with measured ones, or measure them",
    ),
    Verdict.COMMUTES: (
        "{their} gates commute with everything that is measured after them",
        "turn about another axis, or put gates about another axis after",
    ),
    Verdict.PHASE: (
        "{their} gates give the state that they act on a phase at most",
        "turn about another axis, or put gates about another axis before",
    ),
    Verdict.VANISHES: (
        "what {their} gates change has expectation value 0, whatever the parameters",
        "turn about another axis, or measure another one",
    ),
    Verdict.ZERO: (
        "what {their} gates change cancels or vanishes (derivatives at 3 random points are 0)",
        "change one of these gates, or what is measured",
    ),
}
"""Why something is idle, and a way out."""


def is_idle(verdict: Verdict) -> bool:
    """Whether a parameter is known to have no effect."""
    return verdict < Verdict.ALIVE


def idle_parameters(found: dict[Symbol, Verdict]) -> list[Finding]:
    """Inputs, then weights, that no observable depends on; those with the same reason together."""
    inputs = [verdict for symbol, verdict in found.items() if isinstance(symbol, Input)]
    end = ". The circuit returns the same for every sample" if all(map(is_idle, inputs)) else ""
    return [
        *_by_reason(found, Input, "blind-input", "input", end=end),
        *_by_reason(found, Weight, "dead-weight", "weight", start="leave the gates out, or "),
    ]


def blind_observables(evidence: Evidence, found: dict[Symbol, Verdict]) -> list[Finding]:
    """Observables that no input changes, where an input changes others."""
    inputs = [symbol for symbol in found if isinstance(symbol, Input)]
    if not any(found[symbol] is Verdict.ALIVE for symbol in inputs):
        return []
    blind = tuple(sorted({*_same_for_every_input(evidence), *_out_of_reach(evidence)}))
    if not blind:
        return []
    message = (
        f"{named('observable', blind)} {'does' if len(blind) == 1 else 'do'} not depend on any "
        "input; measure another axis or other wires, or entangle them before"
    )
    return [Finding("blind-observable", blind, message)]


def undecided_observables(evidence: Evidence) -> tuple[int, ...]:
    """Observables that may be the same for every input."""
    known = {index for excerpt in evidence.excerpts for index in excerpt.indices}
    positions = _input_positions(evidence)
    return tuple(
        index
        for group in evidence.groups
        if any(group.verdicts[position] is Verdict.UNKNOWN for position in positions)
        and not (evidence.is_free and any(group.meets(position) for position in positions))
        for index in group.observables
        if index not in known
    )


def _by_reason(
    found: dict[Symbol, Verdict],
    kind: type[Symbol],
    code: Code,
    noun: str,
    *,
    start: str = "",
    end: str = "",
) -> Iterator[Finding]:
    """The idle ones of a kind by their verdict; the way out has a start, the message an end."""
    for verdict, (why, way_out) in _REASONS.items():
        idle = tuple(s.index for s, its in found.items() if isinstance(s, kind) and its is verdict)
        if idle:
            change, them, their = (
                ("changes", "it", "its") if len(idle) == 1 else ("change", "them", "their")
            )
            reason = f"{why}; {'' if verdict is Verdict.UNUSED else start}{way_out}{end}"
            said = reason.format(them=them, their=their)
            yield Finding(code, idle, f"{named(noun, idle)} {change} nothing measured: {said}")


def _same_for_every_input(evidence: Evidence) -> list[int]:
    """Observables whose value is the same at two random points with the same weights."""
    rng = np.random.default_rng(1)
    first, (inputs, _) = (random_point(evidence.circuit, rng) for _ in range(2))
    blind = []
    for part in evidence.excerpts:
        moved = values(part.circuit, first) - values(part.circuit, (inputs, first[1]))
        blind += [
            index
            for index, by in zip(part.indices, moved.tolist(), strict=True)
            if abs(by) < NOTHING
        ]
    return blind


def _out_of_reach(evidence: Evidence) -> list[int]:
    positions = _input_positions(evidence)
    return [
        index
        for group in evidence.groups
        if all(group.verdicts[position] is not Verdict.UNKNOWN for position in positions)
        for index in group.observables
    ]


def _input_positions(evidence: Evidence) -> list[int]:
    return [p for symbol, at in evidence.turns.items() if isinstance(symbol, Input) for p in at]
