"""Circuits as pictures, by matplotlib (extra ``plot``)."""

import re
from collections.abc import Iterator
from os import PathLike
from typing import Any

from ...errors import CircuitError
from ..circuit import Circuit
from .layout import Column, Element, Mark, Role, gate_columns, readout_columns

_INCHES = 0.52
_GAP, _HALF, _ROW_GAP = 0.22, 0.33, 0.7
_CHARACTER, _SMALL = 0.17, 0.145
_LINE = "#444444"
_COLOURS: dict[Role, tuple[str, str]] = {
    "input": ("#fde5c8", "#b5651d"),
    "weight": ("#d9e7f6", "#1f5a99"),
    "fixed": ("#f1f1f1", "#555555"),
    "readout": ("#e2efda", "#4f7d3a"),
}
_LEGEND: dict[Role, str] = {
    "input": "reads inputs x",
    "weight": "reads weights w",
    "fixed": "fixed",
    "readout": "measured",
}


def picture(
    circuit: Circuit, path: str | PathLike[str] | None = None, *, width: float = 12.0
) -> Any:
    """``circuit`` as a matplotlib ``Figure``, saved to ``path`` if that is given.

    Gates are coloured by what they read: inputs, weights or neither. ``width`` is in inches; what
    does not fit goes on in a further row.

    Raises:
        CircuitError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise CircuitError(
            "pictures need matplotlib: install it with pip install 'qmann-core[plot]'"
        ) from error
    columns = [*gate_columns(circuit), *readout_columns(circuit)]
    rows = list(_folded(columns, width / _INCHES - 2))
    longest = max(sum(map(_width, row)) + _GAP for row in rows)
    longest = max(longest, sum(map(_legend_width, _roles(columns))))
    height = len(rows) * (circuit.n_wires + _ROW_GAP) + 0.4
    size = ((longest + 1.2) * _INCHES, height * _INCHES)
    figure = Figure(figsize=size, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-0.8, longest + 0.4), ylim=(height - 0.5, -0.5), aspect="equal")
    axes.axis("off")
    for number, row in enumerate(rows):
        pen = _Pen(axes, number * (circuit.n_wires + _ROW_GAP))
        pen.wires(circuit.n_wires, sum(map(_width, row)) + _GAP)
        left = _GAP
        for column in row:
            for element in column:
                pen.element(element, left, _width(column) - _GAP)
            left += _width(column)
    _Pen(axes, height - 1.05).legend(columns)
    if path is not None:
        figure.savefig(path, dpi=160)
    return figure


class _Pen:
    """Draws on axes; ``top`` is where wire 0 is."""

    def __init__(self, axes: Any, top: float) -> None:
        self.axes = axes
        self.top = top

    def wires(self, n_wires: int, length: float) -> None:
        """All wires and their numbers."""
        for wire in range(n_wires):
            y = self.top + wire
            self.axes.plot([0, length], [y, y], color=_LINE, lw=0.9, zorder=1)
            self.axes.text(-0.15, y, str(wire), ha="right", va="center", fontsize=9, color=_LINE)

    def element(self, element: Element, left: float, width: float) -> None:
        """One operation or observable in its column."""
        x = left + width / 2
        fill, edge = _COLOURS[element.role]
        ys = [self.top + element.span[0], self.top + element.span[-1]]
        self.axes.plot([x, x], ys, color=edge, lw=1.3, zorder=2)
        for mark, last in _merged(element):
            match mark.kind:
                case "box":
                    self._box(mark, last, (left, width), (fill, edge))
                case "target":
                    self._target(x, self.top + mark.wire, edge)
                case "swap":
                    self._sign(x, self.top + mark.wire, "x", edge)
                case _:
                    self._sign(x, self.top + mark.wire, "o", edge)

    def legend(self, columns: list[Column]) -> None:
        """What the colours say."""
        x = 0.0
        for role in _roles(columns):
            self._rectangle((x, self.top - 0.13), 0.36, 0.26, _COLOURS[role])
            meaning = _LEGEND[role]
            self.axes.text(x + 0.5, self.top, meaning, va="center", fontsize=8, color=_LINE)
            x += _legend_width(role)

    def _box(
        self, mark: Mark, last: int, place: tuple[float, float], colours: tuple[str, str]
    ) -> None:
        left, width = place
        top, bottom = self.top + mark.wire - _HALF, self.top + last + _HALF
        self._rectangle((left, top), width, bottom - top, colours)
        middle = (top + bottom) / 2
        up = 0.12 if mark.arguments else 0.0
        style = {"ha": "center", "va": "center", "zorder": 4, "color": "black"}
        self.axes.text(left + width / 2, middle - up, _pretty(mark.name), fontsize=9, **style)
        if mark.arguments:
            text = _pretty(mark.arguments)
            self.axes.text(left + width / 2, middle + 0.15, text, fontsize=7.5, **style)

    def _rectangle(
        self,
        corner: tuple[float, float],
        width: float,
        height: float,
        colours: tuple[str, str],
    ) -> None:
        from matplotlib.patches import FancyBboxPatch

        style = "round,pad=0,rounding_size=0.07"
        fill, edge = colours
        looks: dict[str, Any] = {"facecolor": fill, "edgecolor": edge, "lw": 1.0, "zorder": 3}
        self.axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=style, **looks))

    def _target(self, x: float, y: float, edge: str) -> None:
        size = {"ms": 12, "mew": 1.3, "zorder": 3}
        self.axes.plot([x], [y], "o", mfc="white", mec=edge, **size)
        self.axes.plot([x], [y], "+", mec=edge, **size)

    def _sign(self, x: float, y: float, sign: str, edge: str) -> None:
        size = 8 if sign == "x" else 6
        self.axes.plot([x], [y], sign, color=edge, ms=size, mew=1.5, zorder=3)


def _merged(element: Element) -> Iterator[tuple[Mark, int]]:
    """Marks, each with its last wire: equal boxes on neighbouring wires become one."""
    whole = element.marks[0]
    alike = all(
        (mark.kind, mark.name, mark.arguments) == ("box", whole.name, whole.arguments)
        for mark in element.marks
    )
    if alike and len(element.span) == len(element.marks) and not whole.name.startswith("<"):
        yield whole, element.span[-1]
    else:
        yield from ((mark, mark.wire) for mark in element.marks)


def _folded(columns: list[Column], width: float) -> Iterator[list[Column]]:
    row: list[Column] = []
    for column in columns:
        if row and sum(map(_width, row)) + _width(column) > width:
            yield row
            row = []
        row.append(column)
    yield row


def _roles(columns: list[Column]) -> list[Role]:
    used = {element.role for column in columns for element in column}
    return [role for role in _LEGEND if role in used]


def _legend_width(role: Role) -> float:
    return 1.0 + 0.13 * len(_LEGEND[role])


def _width(column: Column) -> float:
    return _GAP + max(_mark_width(mark) for element in column for mark in element.marks)


def _mark_width(mark: Mark) -> float:
    if mark.kind != "box":
        return 0.4
    wide = max(_CHARACTER * len(mark.name), _SMALL * len(mark.arguments))
    return max(0.66, wide + 0.2)


def _pretty(text: str) -> str:
    """Subscripts, superscripts and angle brackets in matplotlib's mathtext."""
    text = re.sub(r"<(.)>", r"⟨\1⟩", text)
    return re.sub(r"([xw])(\d+)(?:\^(\d+))?", _subscript, text)


def _subscript(match: re.Match[str]) -> str:
    name, index, power = match.groups()
    return f"${name}_{{{index}}}{'^{' + power + '}' if power else ''}$"
