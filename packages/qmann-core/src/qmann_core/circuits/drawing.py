"""Circuits and their parameters as text."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from math import pi

from .circuit import Circuit
from .gates import GATES, Operation
from .observables import Observable, Projector, probabilities
from .parameters import Input, Parameter, Polynomial, Symbol, Term, Weight

_SIGNS = {"target": "X", "phase": "Z", "swap": "x"}

Element = Mapping[int, str]
"""An operation or an observable: what it shows on its wires, which a line joins."""
Column = tuple[Element, ...]
"""Elements side by side, whose spans do not overlap."""


def draw(circuit: Circuit, width: int = 100) -> str:
    """``circuit`` as text: one line a wire, the observables at the end.

    ``x0`` is input 0 and ``w3`` weight 3; marks joined by a line are one gate or one observable,
    whose letters are multiplied. Lines longer than ``width`` go on in a further block.

    Example:
        >>> from qmann_core.circuits import Circuit, angle, chen_v0, compose, z_each
        >>> print(draw(Circuit(2, compose(angle(2), chen_v0(2, 1)), z_each(2))))
        0: ──RY(x0)──╭●──RY(w0)──┤ <Z>
        1: ──RY(x1)──╰X──RY(w1)──┤ <Z>
    """
    names = [f"{wire}: ".rjust(len(f"{circuit.n_wires - 1}: ")) for wire in range(circuit.n_wires)]
    pieces = [
        [f"──{cell}" for cell in cells]
        for cells in _columns(map(_gate, circuit.operations), circuit.n_wires, "─")
    ]
    readouts = _columns(_readouts(circuit.observables), circuit.n_wires, " ")
    first, *others = readouts or [[""] * circuit.n_wires]
    pieces.append([f"──┤ {cell}" for cell in first])
    pieces += [[f" {cell}" for cell in cells] for cells in others]
    blocks = [
        [name + "".join(cells).rstrip() for name, *cells in zip(names, *block, strict=True)]
        for block in _folded(pieces, width - len(names[0]))
    ]
    return "\n\n".join("\n".join(block) for block in blocks)


def _columns(elements: Iterable[Element], n_wires: int, fill: str) -> list[list[str]]:
    """The text of every column, each element as far to the left as those before it allow."""
    free = [0] * n_wires
    columns: list[Column] = []
    for element in elements:
        at = max(free[wire] for wire in _span(element))
        columns += [()] if at == len(columns) else []
        columns[at] = (*columns[at], element)
        for wire in _span(element):
            free[wire] = at + 1
    return [_cells(column, n_wires, fill) for column in columns]


def _span(element: Element) -> range:
    """The wires from its first to its last."""
    return range(min(element), max(element) + 1)


def _cells(column: Column, n_wires: int, fill: str) -> list[str]:
    """The column's text on every wire, all equally wide."""
    plain = fill if any(len(_span(element)) > 1 for element in column) else ""
    cells = [""] * n_wires
    for element in column:
        first, last = min(element), max(element)
        for wire in _span(element):
            if wire not in element:
                cells[wire] = "│"
            elif first == last:
                cells[wire] = plain + element[wire]
            else:
                joint = "╭" if wire == first else "╰" if wire == last else "├"
                cells[wire] = joint + element[wire]
    return [cell.ljust(max(map(len, cells)), fill) for cell in cells]


def _folded(pieces: list[list[str]], width: int) -> list[list[list[str]]]:
    """The pieces in blocks of at most ``width`` characters; one that is wider stands alone."""
    blocks: list[list[list[str]]] = [[]]
    used = 0
    for piece in pieces:
        if blocks[-1] and used + len(piece[0]) > width:
            blocks.append([])
            used = 0
        blocks[-1].append(piece)
        used += len(piece[0])
    return blocks


def _gate(operation: Operation) -> Element:
    arguments = _listed(operation.parameters)
    if operation.gate not in GATES:
        return dict.fromkeys(operation.wires, f"Amplitudes({arguments})")
    gate = GATES[operation.gate]
    boxed = f"{gate.label}({arguments})" if arguments else gate.label
    shown = dict.fromkeys(operation.wires, _SIGNS.get(gate.sign, boxed))
    return shown | dict.fromkeys(operation.wires[: gate.n_controls], "●")


def _readouts(observables: tuple[Observable | Projector, ...]) -> Iterator[Element]:
    """The observables; a complete set of probabilities is one element."""
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
        yield dict(zip(observable.wires, names, strict=True))
        position += 1


def parameter_label(parameter: Parameter) -> str:
    """``x0``, ``w3``, ``π/2``, ``2 x0 x1 - 0.5``.

    Example:
        >>> parameter_label(2 * Input(0) * Input(1) - pi / 2)
        '2 x0 x1 - π/2'
    """
    match parameter:
        case Input() | Weight():
            return _symbol(parameter)
        case Polynomial(constant, terms):
            signed = [_term(term) for term in terms]
            signed += [_signed(constant)] if constant else []
            text = " ".join(f"{sign} {size}" for sign, size in signed)
            return text.removeprefix("+ ") if text[0] == "+" else "-" + text[2:]
    sign, size = _signed(float(parameter))
    return size if sign == "+" else "-" + size


def _listed(parameters: tuple[Parameter, ...]) -> str:
    """``x0, w1, 0.5``; ``x0..x7`` where there are many in a row."""
    if len(parameters) > 3 and parameters == tuple(map(Input, range(len(parameters)))):
        return f"x0..x{len(parameters) - 1}"
    return ", ".join(map(parameter_label, parameters))


def _symbol(symbol: Symbol) -> str:
    return f"{'x' if isinstance(symbol, Input) else 'w'}{symbol.index}"


def _term(term: Term) -> tuple[str, str]:
    sign, size = _signed(term.coefficient)
    factors = " ".join(_powers(term.factors))
    return sign, factors if size == "1" else f"{size} {factors}"


def _powers(factors: tuple[Symbol, ...]) -> Iterable[str]:
    for factor in dict.fromkeys(factors):
        power = factors.count(factor)
        yield _symbol(factor) if power == 1 else f"{_symbol(factor)}^{power}"


def _signed(value: float) -> tuple[str, str]:
    """The sign and size of a number; a simple fraction of π is written as one."""
    sign, size = "-" if value < 0 else "+", abs(value)
    share = Fraction(size / pi).limit_denominator(16)
    if share and abs(float(share) * pi - size) < 1e-12 * size:
        top = "π" if share.numerator == 1 else f"{share.numerator}π"
        return sign, top if share.denominator == 1 else f"{top}/{share.denominator}"
    return sign, f"{size:.4g}"
