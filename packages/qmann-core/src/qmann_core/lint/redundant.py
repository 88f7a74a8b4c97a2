"""Wires that could be left out."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..circuits.circuit import Circuit
from .evidence import Evidence, random_point
from .excerpt import excerpt
from .finding import Finding, named
from .numeric import Point, values


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
    return excerpt(evidence.circuit).program.cost <= evidence.budget


def _unseen(evidence: Evidence) -> tuple[int, ...]:
    seen = frozenset[int]().union(*(group.reach.cone for group in evidence.groups))
    return tuple(wire for wire in range(evidence.circuit.n_wires) if wire not in seen)


def _candidates(evidence: Evidence) -> tuple[int, ...]:
    """Wires that are not measured, yet may matter to something that is."""
    if evidence.program.n_amplitudes:
        return ()
    known = {wire for observable in evidence.circuit.observables for wire in observable.wires}
    known |= set(_unseen(evidence))
    return tuple(wire for wire in range(evidence.circuit.n_wires) if wire not in known)


def _removable(evidence: Evidence) -> tuple[int, ...]:
    """Candidates that can go, one after the other, without changing a value at a random point."""
    candidates = _candidates(evidence)
    if not candidates or not _within_budget(evidence):
        return ()
    circuit = evidence.circuit
    point = random_point(circuit, np.random.default_rng(2))
    before = _values(circuit, point)
    gone: tuple[int, ...] = ()
    for wire in candidates:
        kept = tuple(o for o in circuit.operations if not {*gone, wire} & set(o.wires))
        if np.allclose(_values(replace(circuit, operations=kept), point), before, 0, 1e-9):
            gone = (*gone, wire)
    return gone


def _values(circuit: Circuit, point: Point) -> NDArray[np.float64]:
    needed = excerpt(circuit)
    return values(needed.program, needed.observables, point)
