"""Blocks of operations that undo themselves: an ansatz and its mirror image."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from ..circuits import (
    AMPLITUDE_ENCODING,
    GATES,
    Circuit,
    Input,
    Operation,
    Parameter,
    Symbol,
    Weight,
    symbols,
)
from ..circuits.circuit import count_weights
from ..errors import CircuitError


def mirrored(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """A block for `identity_blocks`: the operations, then what undoes them, with own weights.

    Of n weights, weight ``n + i`` undoes weight i where it is its negative.

    Raises:
        CircuitError: an operation that reads inputs or polynomials, or has no inverse gate.
    """
    shift = count_weights(operations)
    undone = [_inverse(operation, k, shift) for k, operation in enumerate(operations)]
    return operations + tuple(reversed(undone))


def _inverse(operation: Operation, position: int, shift: int) -> Operation:
    def opposite(parameter: Parameter) -> Parameter:
        match parameter:
            case Weight(index):
                return Weight(index + shift)
            case float() | int():
                return -parameter
        raise CircuitError(
            f"{_named(position, operation)} reads {parameter}; only gates of plain weights and "
            "numbers are mirrored"
        )

    gate = _undone_by(operation)
    if gate is None:
        raise CircuitError(f"{_named(position, operation)}: no gate undoes it")
    return replace(operation, gate=gate, parameters=tuple(map(opposite, _reordered(operation))))


def identity_pairs(circuit: Circuit) -> list[tuple[int, int]]:
    """Weights (i, j) such that the trainable operations are the identity where w_j = -w_i.

    Trainable are the operations before, between and after those that read inputs. Fixed gates on
    single wires that are left over belong to an encoding (the H of `hadamard_angle`) or turn the
    wires before they are measured: they may stay.

    Raises:
        CircuitError: an operation that nothing undoes; the message names it.
    """
    uses = Counter(symbol for operation in circuit.operations for symbol in _symbols(operation))
    pairs: list[tuple[int, int]] = []
    runs = groupby(enumerate(circuit.operations), key=lambda numbered: _encodes(numbered[1]))
    for stretch in [list(run) for encodes, run in runs if not encodes]:
        if not any(count_weights((operation,)) for _, operation in stretch):
            continue
        standing: list[tuple[int, Operation]] = []
        for position, operation in stretch:
            # Each meets the last still standing on its wires; both go, as brackets that close.
            wires = set(operation.wires)
            touching = (k for k, (_, other) in enumerate(standing) if wires & set(other.wires))
            last = max(touching, default=None)
            found = None if last is None else _opposed(standing[last][1], operation, uses)
            if last is None or found is None:
                standing.append((position, operation))
            else:
                del standing[last]
                pairs += found
        for position, operation in standing:
            if count_weights((operation,)) or len(operation.wires) > 1:
                raise CircuitError(
                    f"{_named(position, operation)}: no later operation undoes it, so there is no "
                    "identity block; build the circuit of mirrored(...) blocks, or start from "
                    "'small_angles'"
                )
    return pairs


def _opposed(
    first: Operation, second: Operation, uses: Counter[Symbol]
) -> list[tuple[int, int]] | None:
    """Weights to be made opposite so that ``second`` undoes ``first``; None if it never does."""
    if first.wires != second.wires or _undone_by(first) != second.gate:
        return None
    pairs = []
    for one, other in zip(_reordered(first), second.parameters, strict=True):
        if isinstance(one, Weight) and isinstance(other, Weight):
            if one == other or uses[one] > 1 or uses[other] > 1:
                return None
            pairs.append((one.index, other.index))
        elif other != -one:
            return None
    return pairs


def _undone_by(operation: Operation) -> str | None:
    """The one gate that undoes an operation, at the right angles."""
    is_one = operation.gate in GATES and operation.gate != "ISWAP"
    return GATES[operation.gate].undone_by if is_one else None


def _reordered(operation: Operation) -> Iterator[Parameter]:
    """The parameters in the order in which the inverse gate takes their negatives."""
    return (operation.parameters[k] for k in GATES[operation.gate].order)


def _encodes(operation: Operation) -> bool:
    reads_inputs = any(isinstance(symbol, Input) for symbol in _symbols(operation))
    return reads_inputs or operation.gate == AMPLITUDE_ENCODING


def _symbols(operation: Operation) -> Iterator[Symbol]:
    return (symbol for parameter in operation.parameters for symbol in symbols(parameter))


def _named(position: int, operation: Operation) -> str:
    return f"operation {position} ({operation.gate} on {operation.wires})"
