"""What is drawn where, the same for text and pictures."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ..circuit import AMPLITUDE_ENCODING, Circuit, Operation
from ..observables import Observable, Projector, probabilities
from ..parameters import Input, Parameter, Weight, symbols
from .labels import listed

Role = Literal["input", "weight", "fixed", "readout"]
Kind = Literal["box", "control", "target", "phase", "swap"]


@dataclass(frozen=True)
class Mark:
    """What an operation shows on one wire.

    ``kind`` is "box" (with ``name`` and ``arguments``), "control", "target" (of a CNOT), "phase"
    (of a CZ) or "swap".
    """

    wire: int
    kind: Kind
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True)
class Element:
    """An operation or an observable: its marks from top to bottom, joined by a line."""

    marks: tuple[Mark, ...]
    role: Role

    @property
    def span(self) -> range:
        """The wires from its first to its last."""
        return range(self.marks[0].wire, self.marks[-1].wire + 1)


Column = tuple[Element, ...]
"""Elements side by side, whose spans do not overlap."""


def gate_columns(circuit: Circuit) -> list[Column]:
    """The operations, each as far to the left as those before it allow."""
    return _packed(map(_gate, circuit.operations), circuit.n_wires)


def readout_columns(circuit: Circuit) -> list[Column]:
    """The observables; a complete set of probabilities is one element."""
    return _packed(_readouts(circuit.observables), circuit.n_wires)


def _packed(elements: Iterable[Element], n_wires: int) -> list[Column]:
    free = [0] * n_wires
    columns: list[Column] = []
    for element in elements:
        at = max(free[wire] for wire in element.span)
        columns += [()] if at == len(columns) else []
        columns[at] = (*columns[at], element)
        for wire in element.span:
            free[wire] = at + 1
    return columns


_CONTROLS = {"CNOT": 1, "CY": 1, "CZ": 1, "CH": 1, "CRX": 1, "CRY": 1, "CRZ": 1, "CRot": 1}
_CONTROLS |= {"ControlledPhaseShift": 1, "Toffoli": 2, "CSWAP": 1}
_NAMES = {
    "Adjoint(S)": "S†",
    "Adjoint(T)": "T†",
    "Adjoint(SX)": "SX†",
    "SX": "SX",
    "ISWAP": "iSWAP",
    "IsingXX": "XX",
    "IsingYY": "YY",
    "IsingZZ": "ZZ",
    "ControlledPhaseShift": "PhaseShift",
    AMPLITUDE_ENCODING: "Amplitudes",
}
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("CNOT", "Toffoli"), "target"),
    **dict.fromkeys(("SWAP", "CSWAP"), "swap"),
    "CZ": "phase",
}


def _gate(operation: Operation) -> Element:
    n_controls = _CONTROLS.get(operation.gate, 0)
    name = _NAMES.get(operation.gate, operation.gate[n_controls:])
    kind = _KINDS.get(operation.gate, "box")
    arguments = listed(operation.parameters)
    marks = [Mark(wire, "control") for wire in operation.wires[:n_controls]]
    marks += [Mark(wire, kind, name, arguments) for wire in operation.wires[n_controls:]]
    return Element(_sorted(marks), _role(operation.parameters))


def _role(parameters: tuple[Parameter, ...]) -> Role:
    read = [symbol for parameter in parameters for symbol in symbols(parameter)]
    if any(isinstance(symbol, Input) for symbol in read):
        return "input"
    return "weight" if any(isinstance(symbol, Weight) for symbol in read) else "fixed"


def _readouts(observables: tuple[Observable | Projector, ...]) -> Iterator[Element]:
    position = 0
    while position < len(observables):
        observable = observables[position]
        names: Iterable[str]
        if isinstance(observable, Observable):
            names = (f"<{letter}>" for letter in observable.word)
        else:
            complete = probabilities(observable.wires)
            if observables[position : position + len(complete)] == complete:
                names = ("Probs" for _ in observable.wires)
                position += len(complete) - 1
            else:
                names = (f"P({bit})" for bit in observable.bits)
        marks = [Mark(w, "box", name) for w, name in zip(observable.wires, names, strict=True)]
        yield Element(_sorted(marks), "readout")
        position += 1


def _sorted(marks: list[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(marks, key=lambda mark: mark.wire))
