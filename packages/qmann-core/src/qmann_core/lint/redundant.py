"""Wires that could be left out."""

from dataclasses import replace

import numpy as np
from torch import Tensor

from .evidence import NOTHING, Evidence, Point, random_point, values
from .finding import Finding, named
from .steps import cost, encodes_amplitudes, packed, program


def redundant_wires(evidence: Evidence) -> list[Finding]:
    """Wires that nothing measured depends on, and others without which all values are the same."""
    findings = []
    for wires, why in (
        (_unseen(evidence), "nothing that is measured depends on"),
        (_removable(evidence), "all values are the same without"),
    ):
        if wires:
            them = "them" if len(wires) > 1 else "it"
            gates = f"{them} and the gates on {them}"
            message = f"{named('wire', wires)}: {why} {gates}; leave {gates} out"
            findings.append(Finding("redundant-wire", wires, message))
    return findings


def undecided_wires(evidence: Evidence) -> tuple[int, ...]:
    """Wires that are not measured and may be redundant."""
    return () if _within_budget(evidence) else _candidates(evidence)


def _within_budget(evidence: Evidence) -> bool:
    return cost(evidence.whole.circuit) <= evidence.budget


def _unseen(evidence: Evidence) -> tuple[int, ...]:
    seen = frozenset[int]().union(*(group.cone for group in evidence.groups))
    return tuple(wire for wire in range(evidence.circuit.n_wires) if wire not in seen)


def _candidates(evidence: Evidence) -> tuple[int, ...]:
    """Wires that are not measured, yet may matter to something that is."""
    if encodes_amplitudes(evidence.program):
        return ()
    known = {wire for observable in evidence.circuit.observables for wire in observable.wires}
    known |= set(_unseen(evidence))
    return tuple(wire for wire in range(evidence.circuit.n_wires) if wire not in known)


def _removable(evidence: Evidence) -> tuple[int, ...]:
    """Candidates that can go, one after the other, without changing a value at a random point."""
    candidates = _candidates(evidence)
    if not candidates or not _within_budget(evidence):
        return ()
    point = random_point(evidence.circuit, np.random.default_rng(2))
    before = _values(evidence, frozenset(), point)
    gone = frozenset[int]()
    for wire in candidates:
        after = _values(evidence, gone | {wire}, point)
        if (after - before).abs().max() <= NOTHING:
            gone |= {wire}
    return tuple(sorted(gone))


def _values(evidence: Evidence, gone: frozenset[int], point: Point) -> Tensor:
    """The values without the wires in ``gone`` and the operations on them."""
    circuit = evidence.circuit
    kept = tuple(o for o in circuit.operations if gone.isdisjoint(o.wires))
    steps = program(replace(circuit, operations=kept))
    left = frozenset(evidence.whole.wires) - gone
    return values(packed(steps, left, evidence.whole.indices), point)
