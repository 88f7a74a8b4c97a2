"""Circuits as text."""

from ..circuit import Circuit
from .layout import Column, Mark, gate_columns, readout_columns

_SIGNS = {"control": "●", "target": "X", "phase": "Z", "swap": "x"}


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
    pieces = [_cells(column, circuit.n_wires, "─") for column in gate_columns(circuit)]
    pieces = [[f"──{cell}" for cell in cells] for cells in pieces]
    readouts = [_cells(column, circuit.n_wires, " ") for column in readout_columns(circuit)]
    first, *others = readouts or [[""] * circuit.n_wires]
    pieces.append([f"──┤ {cell}" for cell in first])
    pieces += [[f" {cell}" for cell in cells] for cells in others]
    blocks = [
        [name + "".join(cells).rstrip() for name, *cells in zip(names, *block, strict=True)]
        for block in _folded(pieces, width - len(names[0]))
    ]
    return "\n\n".join("\n".join(block) for block in blocks)


def _cells(column: Column, n_wires: int, fill: str) -> list[str]:
    """The column's text on every wire, all equally wide."""
    plain = fill if any(len(element.span) > 1 for element in column) else ""
    cells = [""] * n_wires
    for element in column:
        marks = {mark.wire: mark for mark in element.marks}
        first, last = element.span[0], element.span[-1]
        for wire in element.span:
            if wire not in marks:
                cells[wire] = "│"
            elif first == last:
                cells[wire] = plain + _text(marks[wire])
            else:
                joint = "╭" if wire == first else "╰" if wire == last else "├"
                cells[wire] = joint + _text(marks[wire])
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


def _text(mark: Mark) -> str:
    if mark.kind != "box":
        return _SIGNS[mark.kind]
    return f"{mark.name}({mark.arguments})" if mark.arguments else mark.name
