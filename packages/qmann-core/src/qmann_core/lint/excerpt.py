"""The part of a circuit that some observables depend on."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..circuits.circuit import Circuit
from ..circuits.observables import Observable, Projector
from .steps import Program, program
from .support import Letters, forwards, measured, reach


@dataclass(frozen=True)
class Excerpt:
    """Some observables, and the steps that they depend on, on wires of their own.

    ``indices`` are those of the observables in the circuit; their values are the same in both.
    """

    indices: tuple[int, ...]
    observables: tuple[Observable | Projector, ...]
    program: Program


def alike(circuit: Circuit) -> dict[Letters, tuple[int, ...]]:
    """The observables by the letters that they have on the wires."""
    found: dict[Letters, tuple[int, ...]] = {}
    for index, observable in enumerate(circuit.observables):
        letters = measured(observable, circuit.n_wires)
        found[letters] = (*found.get(letters, ()), index)
    return found


def excerpt(circuit: Circuit, indices: Iterable[int] | None = None) -> Excerpt:
    """What the observables with ``indices``, or all of them, depend on.

    An encoding of amplitudes keeps all wires.
    """
    steps = program(circuit)
    everything = frozenset(range(circuit.n_wires))
    kept = tuple(range(len(circuit.observables)) if indices is None else sorted(indices))
    observables = [circuit.observables[index] for index in kept]
    wires = everything if steps.n_amplitudes else _wires(observables, steps)
    place = {wire: new for new, wire in enumerate(sorted(wires))}
    moved = tuple(replace(o, wires=tuple(place[w] for w in o.wires)) for o in observables)
    return Excerpt(kept, moved, steps.without(everything - wires).packed(wires))


def _wires(observables: list[Observable | Projector], steps: Program) -> frozenset[int]:
    different = {measured(observable, steps.n_wires) for observable in observables}
    named = {wire for observable in observables for wire in observable.wires}
    state = forwards(steps)
    return frozenset(named).union(*(reach(steps, its, state).cone for its in different))
