"""A circuit as an immutable value: operations, their parameters, and what is measured."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import NamedTuple

from ..errors import CircuitError


@dataclass(frozen=True)
class Input:
    """A parameter that differs from sample to sample: column ``index`` of the inputs."""

    index: int


@dataclass(frozen=True)
class Weight:
    """A parameter shared by the batch: entry ``index`` of the weights."""

    index: int


Parameter = Input | Weight | float


class Signature(NamedTuple):
    """How many wires a gate acts on and how many parameters it takes."""

    n_wires: int
    n_parameters: int


GATES: Mapping[str, Signature] = {
    **dict.fromkeys(("I", "X", "Y", "Z", "H", "S", "T"), Signature(1, 0)),
    **dict.fromkeys(("RX", "RY", "RZ", "PhaseShift"), Signature(1, 1)),
    "Rot": Signature(1, 3),
    **dict.fromkeys(("CNOT", "CZ", "SWAP"), Signature(2, 0)),
}
AMPLITUDE_ENCODING = "AmplitudeEncoding"


@dataclass(frozen=True)
class Operation:
    """One gate on some wires.

    Gates are those of `GATES`, defined as in PennyLane: ``RX(t) = exp(-i t X / 2)``,
    ``Rot(a, b, c) = RZ(c) RY(b) RZ(a)``, ``PhaseShift(t) = diag(1, exp(i t))``; the first wire of
    CNOT is the control. ``AmplitudeEncoding``, first in its circuit and on all n wires, prepares
    the state whose amplitudes are its ``2**n`` inputs, normalised.
    """

    gate: str
    wires: tuple[int, ...]
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True)
class Observable:
    """A Pauli word: the letter at position k acts on wire ``wires[k]``."""

    word: str
    wires: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.word or set(self.word) - set("IXYZ"):
            raise CircuitError(f"a Pauli word has letters I, X, Y, Z; got {self.word!r}")
        if len(self.word) != len(self.wires):
            raise CircuitError(
                f"Pauli word {self.word!r} needs {len(self.word)} wires, got {self.wires}"
            )
        _check_distinct(self.wires, f"observable {self.word!r}")


@dataclass(frozen=True)
class Circuit:
    """Operations on ``n_wires`` wires that start in |0...0>, and the observables measured.

    Wire 0 is the most significant bit of an amplitude's index. A circuit is a value: it compares
    and hashes by its content.

    Raises:
        CircuitError: an unknown gate, a wrong number of wires or parameters, a wire outside the
            register or named twice, a parameter that is not one; the message names the position.
    """

    n_wires: int
    operations: tuple[Operation, ...]
    observables: tuple[Observable, ...]

    def __post_init__(self) -> None:
        if self.n_wires < 1:
            raise CircuitError(f"a circuit needs at least 1 wire, got n_wires={self.n_wires}")
        for position, operation in enumerate(self.operations):
            _check_operation(operation, position, self.n_wires)
        for position, observable in enumerate(self.observables):
            where = f"observable {position} ({observable.word})"
            _check_in_register(observable.wires, where, self.n_wires)

    @property
    def n_inputs(self) -> int:
        """Number of inputs read: 1 + the highest index, 0 if there is none."""
        return 1 + max((p.index for p in self._parameters() if isinstance(p, Input)), default=-1)

    @property
    def n_weights(self) -> int:
        """Number of weights read: 1 + the highest index, 0 if there is none."""
        return count_weights(self.operations)

    def separable(self) -> "Circuit":
        """The entanglement-free twin: every operation on several wires is left out.

        Inputs and weights keep their meaning, so both circuits take the same parameters.

        Raises:
            CircuitError: the circuit starts with an amplitude encoding, whose states are entangled
                by themselves; there is no such twin.
        """
        if any(operation.gate == AMPLITUDE_ENCODING for operation in self.operations):
            raise CircuitError(
                "an amplitude encoding prepares entangled states, so there is no separable twin; "
                "use an angle encoding"
            )
        kept = tuple(operation for operation in self.operations if len(operation.wires) == 1)
        return replace(self, operations=kept)

    def _parameters(self) -> Iterator[Parameter]:
        return (p for operation in self.operations for p in operation.parameters)


def count_weights(operations: tuple[Operation, ...]) -> int:
    """1 + the highest weight index of ``operations``, 0 if they have no weight."""
    indices = (p.index for op in operations for p in op.parameters if isinstance(p, Weight))
    return 1 + max(indices, default=-1)


def compose(*blocks: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """One block after the other, each with weights of its own.

    Weight indices are shifted past those of the blocks before; input indices are shared, so the
    same encoding given twice uploads the same data twice.
    """
    operations: list[Operation] = []
    shift = 0
    for block in blocks:
        operations += [_shift_weights(operation, shift) for operation in block]
        shift += count_weights(block)
    return tuple(operations)


def _shift_weights(operation: Operation, shift: int) -> Operation:
    parameters = tuple(
        Weight(p.index + shift) if isinstance(p, Weight) else p for p in operation.parameters
    )
    return replace(operation, parameters=parameters)


def _check_operation(operation: Operation, position: int, n_wires: int) -> None:
    where = f"operation {position} ({operation.gate})"
    if operation.gate == AMPLITUDE_ENCODING:
        _check_amplitude_encoding(operation, position, n_wires)
        signature = Signature(n_wires, 2**n_wires)
    elif operation.gate in GATES:
        signature = GATES[operation.gate]
    else:
        known = ", ".join((*GATES, AMPLITUDE_ENCODING))
        raise CircuitError(f"{where}: unknown gate; known are {known}")
    if len(operation.wires) != signature.n_wires:
        raise CircuitError(f"{where}: acts on {signature.n_wires} wires, got {operation.wires}")
    if len(operation.parameters) != signature.n_parameters:
        raise CircuitError(
            f"{where}: takes {signature.n_parameters} parameters, got {len(operation.parameters)}"
        )
    _check_in_register(operation.wires, where, n_wires)
    _check_distinct(operation.wires, where)
    for parameter in operation.parameters:
        _check_parameter(parameter, where)


def _check_amplitude_encoding(operation: Operation, position: int, n_wires: int) -> None:
    where = f"operation {position} ({operation.gate})"
    if position != 0:
        raise CircuitError(f"{where}: prepares a state from |0...0>, so it must be operation 0")
    if operation.wires != tuple(range(n_wires)):
        raise CircuitError(f"{where}: acts on all {n_wires} wires in order, got {operation.wires}")
    if operation.parameters != tuple(Input(index) for index in range(2**n_wires)):
        raise CircuitError(f"{where}: its parameters are inputs 0..{2**n_wires - 1} in order")


def _check_in_register(wires: tuple[int, ...], where: str, n_wires: int) -> None:
    outside = [wire for wire in wires if not 0 <= wire < n_wires]
    if outside:
        raise CircuitError(f"{where}: wire {outside[0]} is outside the register 0..{n_wires - 1}")


def _check_distinct(wires: tuple[int, ...], where: str) -> None:
    if len(set(wires)) != len(wires):
        raise CircuitError(f"{where}: a wire is named twice in {wires}")


def _check_parameter(parameter: Parameter, where: str) -> None:
    match parameter:
        case Input(index) | Weight(index) if index < 0:
            raise CircuitError(f"{where}: the index of {parameter} is negative")
        case Input() | Weight():
            return
        case float() | int() if isfinite(parameter):
            return
    raise CircuitError(f"{where}: {parameter!r} is not an Input, a Weight or a finite number")
