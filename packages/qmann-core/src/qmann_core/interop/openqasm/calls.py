"""A gate call of an OpenQASM program as operations: definitions written out, modifiers applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import CircuitError
from .controls import controlled, inverse
from .expressions import Names, angle, line, whole
from .gates import BUILTINS, Phase, Steps
from .limits import MAX_CONTROLS, Budget

Wires = tuple[int, ...]
Definitions = Mapping[str, Any]
"""The ``gate`` statements by the name that they define."""


@dataclass(frozen=True)
class Scope:
    """What a call may refer to.

    Attributes:
        names: constants, inputs, weights and a gate's own angles.
        definitions: the gates that the program defines.
        budget: of steps.
        active: the definitions that are being written out.
    """

    names: Names
    definitions: Definitions
    budget: Budget
    active: tuple[str, ...] = ()


def expand(call: Any, wires: Wires, scope: Scope) -> Steps:
    """The steps of a call, a ``QuantumGate`` or ``QuantumPhase``, on ``wires``, one for a qubit."""
    if len(set(wires)) != len(wires):
        raise CircuitError(f"{line(call)}: {title(call)} acts twice on the same qubit")
    scope.budget.spend(1, line(call))
    return _modified(call, call.modifiers, wires, scope)


def title(call: Any) -> str:
    """The gate's name."""
    return "gphase" if type(call).__name__ == "QuantumPhase" else str(call.name.name)


def _modified(call: Any, modifiers: list[Any], wires: Wires, scope: Scope) -> Steps:
    """The call with ``modifiers``, of which the first is the outermost."""
    if not modifiers:
        return _bare(call, wires, scope)
    first, *others = modifiers
    kind = first.modifier.name
    if kind == "inv":
        return inverse(_modified(call, others, wires, scope))
    if kind == "pow":
        times = whole(first.argument, scope.names, f"the power of {title(call)}")
        steps = _modified(call, others, wires, scope)
        scope.budget.spend(len(steps) * abs(times), line(call))
        return (steps if times > 0 else inverse(steps)) * (abs(times) if steps else 0)
    count = 1 if first.argument is None else whole(first.argument, scope.names, "a control count")
    if not 1 <= count <= len(wires):
        raise CircuitError(f"{line(call)}: {count} controls of {len(wires)} qubits")
    if count > MAX_CONTROLS:
        raise CircuitError(f"{line(call)}: {count} controls; up to {MAX_CONTROLS} are written out")
    steps = controlled(_modified(call, others, wires[count:], scope), wires[:count])
    if kind == "ctrl":
        return steps
    flips = tuple(step for wire in wires[:count] for step in BUILTINS["x"].steps((), (wire,)))
    return (*flips, *steps, *flips)


def _bare(call: Any, wires: Wires, scope: Scope) -> Steps:
    """The call without modifiers."""
    name = title(call)
    if name == "gphase":
        _check_count(call, "qubits", 0, len(wires))
        return (Phase(angle(call.argument, scope.names)),)
    if call.duration is not None:
        raise CircuitError(f"{line(call)}: {name} has a duration, which means nothing here")
    angles = tuple(angle(argument, scope.names) for argument in call.arguments)
    if name in scope.definitions:
        return _written_out(call, angles, wires, scope)
    if name not in BUILTINS:
        raise CircuitError(f"{line(call)}: the gate {name} is neither defined nor in stdgates.inc")
    gate = BUILTINS[name]
    _check_count(call, "angles", gate.n_angles, len(angles))
    _check_count(call, "qubits", gate.n_wires, len(wires))
    return gate.steps(angles, wires)


def _written_out(call: Any, angles: tuple[Any, ...], wires: Wires, scope: Scope) -> Steps:
    """The body of a definition, for these angles and wires."""
    name = title(call)
    if name in scope.active:
        raise CircuitError(f"{line(call)}: the gate {name} calls itself")
    definition = scope.definitions[name]
    _check_count(call, "angles", len(definition.arguments), len(angles))
    _check_count(call, "qubits", len(definition.qubits), len(wires))
    own = {node.name: angle for node, angle in zip(definition.arguments, angles, strict=True)}
    place = {node.name: wire for node, wire in zip(definition.qubits, wires, strict=True)}
    inner = Scope({**scope.names, **own}, scope.definitions, scope.budget, (*scope.active, name))
    steps: Steps = ()
    for statement in definition.body:
        match type(statement).__name__:
            case "QuantumGate" | "QuantumPhase":
                on = tuple(_own_wire(node, place) for node in statement.qubits)
                steps += expand(statement, on, inner)
            case "QuantumBarrier":
                pass
            case kind:
                raise CircuitError(f"{line(statement)}: {kind} in the gate {name}")
    return steps


def _own_wire(node: Any, place: Mapping[str, int]) -> int:
    name = str(getattr(node, "name", ""))
    if name not in place:
        raise CircuitError(f"{line(node)}: a gate's body acts on the qubits of the gate alone")
    return place[name]


def _check_count(call: Any, what: str, expected: int, got: int) -> None:
    if expected != got:
        raise CircuitError(f"{line(call)}: {title(call)} takes {expected} {what}, got {got}")
