"""Which input of an OpenQASM program is which input or weight of the circuit."""

import re
from collections.abc import Sequence
from typing import Any

from ...circuits.parameters import Input, Symbol, Weight
from ...errors import CircuitError
from .expressions import Names, Value, line, whole
from .limits import MAX_STEPS

_NAME = re.compile(r"_?([xw])_?(\d+)_?")
_ARRAY = re.compile(r"_?([xw])_?")
_KINDS: dict[str, type[Input] | type[Weight]] = {"x": Input, "w": Weight}


def declared_inputs(
    statements: Sequence[Any],
    constants: Names,
    input_names: Sequence[str] | None,
    weight_names: Sequence[str] | None,
) -> dict[str, Value | tuple[Value, ...]]:
    """The symbol, or tuple of symbols, of everything that is declared ``input``."""
    found: dict[str, Symbol | tuple[Symbol, ...]] = {}
    sizes = {node.identifier.name: _size(node, constants) for node in statements}
    for names, kind, argument in (
        (input_names, Input, "input_names"),
        (weight_names, Weight, "weight_names"),
    ):
        found |= _given(names or (), kind, argument, sizes)
    open_kinds = {
        letter for letter, names in (("x", input_names), ("w", weight_names)) if names is None
    }
    for node in statements:
        name = node.identifier.name
        if name not in found:
            found[name] = _guessed(node, sizes[name], open_kinds)
    _check_distinct(found)
    return dict(found)


def _size(node: Any, constants: Names) -> int | None:
    """The length of an array, None for a number."""
    kind, size = node.type, None
    if type(kind).__name__ == "ArrayType" and len(kind.dimensions) == 1:
        size = whole(kind.dimensions[0], constants, "the length of an array")
        if not 0 < size <= MAX_STEPS:
            raise CircuitError(
                f"{line(node)}: array {node.identifier.name} of length {size}; expected 1 to "
                f"{MAX_STEPS}"
            )
        kind = kind.base_type
    if type(kind).__name__ not in ("FloatType", "AngleType"):
        raise CircuitError(
            f"{line(node)}: input {node.identifier.name} is a float, an angle or an array of "
            f"them in one dimension; got {type(node.type).__name__}"
        )
    return size


def _given(
    names: Sequence[str],
    kind: type[Input] | type[Weight],
    argument: str,
    sizes: dict[str, int | None],
) -> dict[str, Symbol | tuple[Symbol, ...]]:
    """Symbols by the names that the caller gave, in their order."""
    found: dict[str, Symbol | tuple[Symbol, ...]] = {}
    first = 0
    for name in names:
        if name not in sizes:
            declared = ", ".join(sizes) or "none"
            raise CircuitError(
                f"{argument} has {name!r}, which the program does not declare as an input; "
                f"it declares {declared}"
            )
        if name in found:
            raise CircuitError(f"{argument} has {name!r} twice")
        size = sizes[name]
        found[name] = _symbols(kind, first, size)
        first += 1 if size is None else size
    return found


def _guessed(node: Any, size: int | None, open_kinds: set[str]) -> Symbol | tuple[Symbol, ...]:
    """A symbol by the program's own name for it."""
    name = node.identifier.name
    match = (_NAME if size is None else _ARRAY).fullmatch(name)
    if match is None or match[1] not in open_kinds:
        raise CircuitError(
            f"{line(node)}: input {name} is neither x<number> nor w<number>; "
            "say what it is in input_names= or weight_names="
        )
    return _symbols(_KINDS[match[1]], int(match[2]) if size is None else 0, size)


def _symbols(
    kind: type[Input] | type[Weight], first: int, size: int | None
) -> Symbol | tuple[Symbol, ...]:
    """The first of a kind, or an array of them."""
    if size is None:
        return kind(first)
    return tuple(kind(index) for index in range(first, first + size))


def _check_distinct(found: dict[str, Symbol | tuple[Symbol, ...]]) -> None:
    owner: dict[Symbol, str] = {}
    for name, its in found.items():
        for symbol in its if isinstance(its, tuple) else (its,):
            if symbol in owner:
                raise CircuitError(f"the inputs {owner[symbol]} and {name} are both {symbol}")
            owner[symbol] = name
