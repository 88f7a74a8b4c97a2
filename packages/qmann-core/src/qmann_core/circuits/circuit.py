"""A circuit as an immutable value: operations, their parameters, and what is measured."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from math import isfinite
from numbers import Integral
from textwrap import shorten
from types import UnionType

from ..errors import CircuitError
from .gates import AMPLITUDE_ENCODING, GATES, Operation
from .observables import Observable, Projector
from .parameters import Input, Parameter, Polynomial, Symbol, Weight, substitute, symbols
from .wires import check_distinct, check_in_register


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
    observables: tuple[Observable | Projector, ...]
    _sound: tuple[int, tuple[Operation, ...]] = field(default=(0, ()), repr=False, compare=False)
    """What was checked: `replace` of the observables alone does not check it again."""

    def __post_init__(self) -> None:
        if not isinstance(self.n_wires, Integral) or self.n_wires < 1:
            raise CircuitError(f"a circuit needs at least 1 wire, got n_wires={self.n_wires!r}")
        _check_kinds("observables", self.observables, Observable | Projector)
        if self._sound[0] != self.n_wires or self._sound[1] is not self.operations:
            _check_kinds("operations", self.operations, Operation)
            for position, operation in enumerate(self.operations):
                _check_operation(operation, position, self.n_wires)
            object.__setattr__(self, "_sound", (self.n_wires, self.operations))
        for position, observable in enumerate(self.observables):
            where = f"observable {position} ({_label(observable)})"
            check_in_register(observable.wires, where, self.n_wires)

    @property
    def n_inputs(self) -> int:
        """Number of inputs read: 1 + the highest index, 0 if there is none."""
        return _count(Input, self.operations)

    @property
    def n_weights(self) -> int:
        """Number of weights read: 1 + the highest index, 0 if there is none."""
        return _count(Weight, self.operations)

    @property
    def n_amplitudes(self) -> int:
        """Number of inputs that are amplitudes, those of the encoding; 0 if there is none."""
        encodes = bool(self.operations) and self.operations[0].gate == AMPLITUDE_ENCODING
        return len(self.operations[0].parameters) if encodes else 0

    def draw(self, width: int = 100) -> str:
        """The circuit as text, one line a wire, folded at ``width`` characters."""
        from .drawing import draw  # it imports this module

        return draw(self, width)

    def separable(self) -> "Circuit":
        """The entanglement-free twin: every operation on several wires is left out.

        Inputs and weights keep their meaning, so the twin takes the parameters of this circuit; it
        has fewer of them where those with the highest index were read by what is left out.

        Raises:
            CircuitError: the circuit starts with an amplitude encoding, whose states are entangled
                by themselves; there is no such twin.
        """
        kept = tuple(operation for operation in self.operations if len(operation.wires) == 1)
        left_out = {operation.gate for operation in self.operations} - {o.gate for o in kept}
        if AMPLITUDE_ENCODING in left_out:
            raise CircuitError(
                "an amplitude encoding prepares entangled states, so there is no separable twin; "
                "use an angle encoding"
            )
        return replace(self, operations=kept)


def count_weights(operations: tuple[Operation, ...]) -> int:
    """1 + the highest weight index of ``operations``, 0 if they have no weight."""
    return _count(Weight, operations)


def compose(*blocks: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """One block after the other, each with weights of its own.

    Weight indices are shifted past those of the blocks before; input indices are shared, so the
    same encoding given twice uploads the same data twice.
    """
    operations: list[Operation] = []
    shift = 0
    for block in blocks:
        operations += with_symbols(block, partial(_shifted, shift))
        shift += count_weights(block)
    return tuple(operations)


def with_symbols(
    operations: tuple[Operation, ...], replacement: Callable[[Symbol], Parameter]
) -> tuple[Operation, ...]:
    """``operations`` with every input and weight replaced, all at once."""
    return tuple(
        replace(each, parameters=tuple(substitute(p, replacement) for p in each.parameters))
        for each in operations
    )


def _shifted(shift: int, symbol: Symbol) -> Parameter:
    return Weight(symbol.index + shift) if isinstance(symbol, Weight) else symbol


def _count(kind: type[Input] | type[Weight], operations: tuple[Operation, ...]) -> int:
    indices = (
        symbol.index
        for operation in operations
        for parameter in operation.parameters
        for symbol in symbols(parameter)
        if isinstance(symbol, kind)
    )
    return 1 + max(indices, default=-1)


def _check_kinds(name: str, given: object, kind: type | UnionType) -> None:
    if not isinstance(given, tuple) or not all(isinstance(each, kind) for each in given):
        raise CircuitError(
            f"{name} of a circuit are a tuple of them, got {shorten(repr(given), 80)}"
        )


def _check_operation(operation: Operation, position: int, n_wires: int) -> None:
    where = f"operation {position} ({operation.gate})"
    if operation.gate == AMPLITUDE_ENCODING:
        _check_amplitude_encoding(operation, position, n_wires)
        return
    if not isinstance(operation.gate, str) or operation.gate not in GATES:
        known = ", ".join((*GATES, AMPLITUDE_ENCODING))
        raise CircuitError(f"{where}: unknown gate; known are {known}")
    gate = GATES[operation.gate]
    check_in_register(operation.wires, where, n_wires)
    if not isinstance(operation.parameters, tuple):
        raise CircuitError(f"{where}: parameters are a tuple, got {operation.parameters!r}")
    if len(operation.wires) != gate.n_wires:
        raise CircuitError(f"{where}: acts on {gate.n_wires} wires, got {operation.wires}")
    if len(operation.parameters) != gate.n_parameters:
        raise CircuitError(
            f"{where}: takes {gate.n_parameters} parameters, got {len(operation.parameters)}"
        )
    check_distinct(operation.wires, where)
    for parameter in operation.parameters:
        _check_parameter(parameter, where)


def _check_amplitude_encoding(operation: Operation, position: int, n_wires: int) -> None:
    where = f"operation {position} ({operation.gate})"
    n_inputs = len(operation.parameters)
    if position != 0:
        raise CircuitError(f"{where}: prepares a state from |0...0>, so it must be operation 0")
    if operation.wires != tuple(range(n_wires)):
        raise CircuitError(f"{where}: acts on all {n_wires} wires in order, got {operation.wires}")
    if not 1 <= n_inputs <= 2**n_wires:
        raise CircuitError(
            f"{where}: {n_wires} wires hold 1 to {2**n_wires} amplitudes, got {n_inputs} inputs"
        )
    if operation.parameters != tuple(map(Input, range(n_inputs))):
        raise CircuitError(f"{where}: its parameters are inputs 0..{n_inputs - 1} in order")


def _check_parameter(parameter: Parameter, where: str) -> None:
    match parameter:
        case float() | int() if isfinite(parameter):
            return
        case Input() | Weight() | Polynomial():
            for symbol in symbols(parameter):
                if not isinstance(symbol.index, Integral) or symbol.index < 0:
                    raise CircuitError(f"{where}: the index of {symbol} is negative or no number")
            return
    raise CircuitError(
        f"{where}: {parameter!r} is not an Input, a Weight, a Polynomial or a finite number"
    )


def _label(observable: Observable | Projector) -> str:
    return observable.word if isinstance(observable, Observable) else f"|{observable.bits}>"
