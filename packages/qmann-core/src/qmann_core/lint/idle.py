"""Inputs, weights and observables that nothing comes of."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..circuits.parameters import Input, Symbol, Weight
from .evidence import NOTHING, Evidence, Verdict, random_point, values
from .finding import Finding, named
from .support import Effect


@dataclass(frozen=True)
class _Reason:
    why: str
    way_out: str


_REASONS = {
    Verdict.UNUSED: _Reason("no gate reads {them}", "number {them} without gaps"),
    Verdict.UNSEEN: _Reason(
        "from {their} gates on, nothing that is measured depends on the wires of these",
        "entangle these wires with measured ones, or measure them",
    ),
    Verdict.COMMUTES: _Reason(
        "{their} gates commute with everything that is measured after them",
        "turn about another axis, or put gates about another axis after",
    ),
    Verdict.PHASE: _Reason(
        "{their} gates give the state that they act on a phase at most",
        "turn about another axis, or put gates about another axis before",
    ),
    Verdict.VANISHES: _Reason(
        "what {their} gates change has expectation value 0, whatever the parameters",
        "turn about another axis, or measure another one",
    ),
    Verdict.ZERO: _Reason(
        "what {their} gates change cancels or vanishes (derivatives at 3 random points are 0)",
        "change one of these gates, or what is measured",
    ),
}


def is_idle(verdict: Verdict) -> bool:
    """Whether a parameter is known to have no effect."""
    return verdict in _REASONS


def idle_inputs(found: dict[Symbol, Verdict]) -> list[Finding]:
    """Inputs that no observable depends on, those with the same reason together."""
    inputs = [verdict for symbol, verdict in found.items() if isinstance(symbol, Input)]
    end = ". The circuit returns the same for every sample" if all(map(is_idle, inputs)) else ""
    return [
        Finding("blind-input", idle, f"{why}; {way_out}{end}")
        for _, idle, why, way_out in _by_reason(found, Input, "input")
    ]


def idle_weights(found: dict[Symbol, Verdict]) -> list[Finding]:
    """Weights that no observable depends on, those with the same reason together."""
    return [
        Finding(
            "dead-weight",
            idle,
            f"{why}; {'' if verdict is Verdict.UNUSED else 'leave the gates out, or '}{way_out}",
        )
        for verdict, idle, why, way_out in _by_reason(found, Weight, "weight")
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
        if any(group.effect(position) is Effect.POSSIBLE for position in positions)
        and not (evidence.is_free and any(group.meets(position) for position in positions))
        for index in group.observables
        if index not in known
    )


def _by_reason(
    found: dict[Symbol, Verdict], kind: type[Symbol], noun: str
) -> Iterator[tuple[Verdict, tuple[int, ...], str, str]]:
    """The idle ones of a kind by their verdict, with the reason and a way out."""
    for verdict, reason in _REASONS.items():
        idle = tuple(s.index for s, its in found.items() if isinstance(s, kind) and its is verdict)
        if idle:
            one = len(idle) == 1
            words = {"them": "it", "their": "its"} if one else {"them": "them", "their": "their"}
            start = f"{named(noun, idle)} {'changes' if one else 'change'} nothing measured"
            why, way_out = (text.format(**words) for text in (reason.why, reason.way_out))
            yield verdict, idle, f"{start}: {why}", way_out


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
        if all(group.effect(position) < Effect.POSSIBLE for position in positions)
        for index in group.observables
    ]


def _input_positions(evidence: Evidence) -> list[int]:
    return [p for symbol, at in evidence.turns.items() if isinstance(symbol, Input) for p in at]
