"""Names that a program declares, each once."""

from collections.abc import Sequence
from typing import Any

from ...errors import CircuitError
from .expressions import line


def check_declared(statements: Sequence[Any]) -> None:
    """Refuse a name that is declared twice.

    Raises:
        CircuitError: it names it and both lines.
    """
    places: dict[str, str] = {}
    for statement in statements:
        node = _named(statement)
        if node is not None:
            _add(node.name, statement, places)
        if type(statement).__name__ == "QuantumGateDefinition":
            own: dict[str, str] = {}
            for argument in (*statement.arguments, *statement.qubits):
                _add(argument.name, statement, own)


def _named(statement: Any) -> Any:
    match type(statement).__name__:
        case "QubitDeclaration":
            return statement.qubit
        case "AliasStatement":
            return statement.target
        case "QuantumGateDefinition":
            return statement.name
        case "ClassicalDeclaration" | "ConstantDeclaration" | "IODeclaration":
            return statement.identifier
    return None


def _add(name: str, statement: Any, places: dict[str, str]) -> None:
    if name in places:
        raise CircuitError(
            f"{line(statement)}: {name} is declared twice, first in {places[name]}; use two names"
        )
    places[name] = line(statement)
