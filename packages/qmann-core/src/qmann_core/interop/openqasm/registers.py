"""The qubits of an OpenQASM program as wires."""

from typing import Any

from ...errors import CircuitError
from .expressions import Names, line, whole
from .limits import MAX_QUBITS

Wires = tuple[int, ...]


class Registers:
    """The declared qubits and their aliases, in the order of declaration.

    ``labels`` holds the program's name of every wire, for messages.
    """

    def __init__(self) -> None:
        self.labels: list[str] = []
        self._wires: dict[str, Wires | int] = {}
        self._is_physical = False

    def declare(self, statement: Any, names: Names) -> None:
        """Append ``qubit[n] q;`` or ``qubit q;``."""
        name = statement.qubit.name
        first = len(self.labels)
        if self._is_physical:
            raise CircuitError(f"{line(statement)}: {name} beside physical qubits such as $0")
        if statement.size is None:
            self._wires[name] = first
            self.labels.append(name)
            return
        size = whole(statement.size, names, "the size of a register")
        if size < 1:
            raise CircuitError(f"{line(statement)}: register {name} has {size} qubits")
        self._check_count(statement, first + size)
        self._wires[name] = tuple(range(first, first + size))
        self.labels += [f"{name}[{index}]" for index in range(size)]

    def alias(self, statement: Any, names: Names) -> None:
        """Take in ``let a = q[0:1] ++ r;``."""
        found = self.find(statement.value, names)
        if isinstance(found, tuple) and len(set(found)) < len(found):
            raise CircuitError(
                f"{line(statement)}: the alias {statement.target.name} names a qubit twice"
            )
        self._wires[statement.target.name] = found

    def find(self, node: Any, names: Names) -> Wires | int:
        """The wires that a node names: a register's as a tuple, one qubit's as a number."""
        match type(node).__name__:
            case "Identifier":
                return self._named(node)
            case "Concatenation":
                sides = (self.find(side, names) for side in (node.lhs, node.rhs))
                return tuple(
                    w for side in sides for w in ((side,) if isinstance(side, int) else side)
                )
            case "IndexExpression":
                return _indexed(node, self.find(node.collection, names), node.index, names)
            case "IndexedIdentifier":
                found = self._named(node.name)
                for index in node.indices:
                    found = _indexed(node, found, index, names)
                return found
        raise CircuitError(f"{line(node)}: {type(node).__name__} names no qubits")

    def _named(self, node: Any) -> Wires | int:
        if node.name.startswith("$"):
            return self._physical(node)
        if node.name not in self._wires:
            raise CircuitError(f"{line(node)}: the qubits {node.name!r} are not declared")
        return self._wires[node.name]

    def _physical(self, node: Any) -> int:
        if self.labels and not self._is_physical:
            raise CircuitError(f"{line(node)}: {node.name} beside declared qubits")
        self._is_physical = True
        wire = int(node.name[1:])
        self._check_count(node, wire + 1)
        self.labels += [f"${index}" for index in range(len(self.labels), wire + 1)]
        return wire

    @staticmethod
    def _check_count(node: Any, count: int) -> None:
        if count > MAX_QUBITS:
            raise CircuitError(f"{line(node)}: {count} qubits; up to {MAX_QUBITS} are read")


def _indexed(node: Any, wires: Wires | int, index: Any, names: Names) -> Wires | int:
    if isinstance(wires, int):
        raise CircuitError(f"{line(node)}: a single qubit has no index")
    if type(index).__name__ == "DiscreteSet":
        return tuple(_at(value, wires, names) for value in index.values)
    if len(index) != 1:
        raise CircuitError(f"{line(node)}: a register has one index, got {len(index)}")
    if type(index[0]).__name__ == "RangeDefinition":
        return tuple(wires[at] for at in _range(node, index[0], len(wires), names))
    return _at(index[0], wires, names)


def _at(node: Any, wires: Wires, names: Names) -> int:
    index = whole(node, names, "an index")
    if not -len(wires) <= index < len(wires):
        raise CircuitError(
            f"{line(node)}: index {index} is outside the register's 0..{len(wires) - 1}"
        )
    return wires[index]


def _range(node: Any, bounds: Any, size: int, names: Names) -> range:
    """``start:step:end``, both ends included."""
    step = 1 if bounds.step is None else whole(bounds.step, names, "a step")
    if step == 0:
        raise CircuitError(f"{line(node)}: a range with step 0")
    first, last = (0, size - 1) if step > 0 else (size - 1, 0)
    start = first if bounds.start is None else whole(bounds.start, names, "an index")
    end = last if bounds.end is None else whole(bounds.end, names, "an index")
    for bound in (start, end):
        if not -size <= bound < size:
            raise CircuitError(
                f"{line(node)}: index {bound} is outside the register's 0..{size - 1}"
            )
    return range(start % size, end % size + (1 if step > 0 else -1), step)
