"""From a QNode to a circuit."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate
from math import isclose, pi
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...circuits import AMPLITUDE_ENCODING, Circuit, Operation
from ...circuits.parameters import Input, Parameter, symbols
from ...errors import CircuitError
from ..imported import ImportedCircuit, combined
from ..polynomials import MAX_DEGREE, evaluated, recovered, shifted
from ..sdk import sdk
from .measurements import mean, rows
from .preparation import Columns, amplitude_columns, matching_columns
from .tracing import BITS, NAMES, STATES, Data, Trace, trace

EXACT_DEVICES = ("default.qubit", "default.tensor", "lightning.", "reference.qubit")
FAILURES = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a function may raise that takes a single sample, but not a batch."""

N_TRACES = 3
N_BIT_TRACES = 32  # two columns of as many random bits are hardly ever equal

_NORM = "norm 1.0"  # parts of PennyLane's messages
_ZEROS_AND_ONES = "0s and 1s"


def from_pennylane(
    qnode: Any, weight_shapes: Mapping[str, tuple[int, ...]], n_inputs: int
) -> ImportedCircuit:
    """The circuit that ``qnode`` runs, with its inputs and weights as parameters.

    The function is run with random numbers, on a batch as ``TorchLayer`` does and, if it does not
    take one, on a single sample. Templates are decomposed by PennyLane. Every angle must be a
    polynomial of inputs and weights, of degree `MAX_DEGREE` at most: its coefficients come from
    PyTorch's derivatives and are checked at further points, as is that the operations are always
    the same. Amplitudes must be inputs, in any order, and constants. Weights are numbered in the
    order of ``weight_shapes``.

    What PennyLane checks in the data is not checked again: amplitudes that it wants normalised are
    taken as they are, and a bit b of a basis state becomes ``RX(pi b)``, X for b = 1.

    Args:
        qnode: a ``qml.QNode``, or a function of operations and measurements.
        weight_shapes: the shape of every argument but ``inputs``.
        n_inputs: length of the argument ``inputs``.

    Raises:
        CircuitError: something cannot be compiled; the message names it and its position.
        ModuleNotFoundError: PennyLane is not installed.
    """
    qml = sdk("pennylane")
    if not isinstance(qnode, qml.QNode):
        qnode = qml.QNode(qnode, qml.device("default.qubit"))
    _check_device(qnode)
    failures: list[Exception] = []
    for batched in (True, False):
        try:
            with torch.inference_mode(False), torch.enable_grad():
                return _imported(_traces(qnode, weight_shapes, n_inputs, batched=batched))
        except CircuitError:
            raise
        except FAILURES as error:
            failures.append(error)
    raise CircuitError(
        f"the quantum function fails on inputs of length {n_inputs}: {failures[-1]}"
    ) from failures[-1]


def _check_device(qnode: Any) -> None:
    name = qnode.device.name
    if not name.startswith(EXACT_DEVICES):
        raise CircuitError(
            f"device {name!r} may be noisy, sampled or real hardware, but the engine is exact; "
            "give the QNode the device default.qubit if that is what it means"
        )


def _traces(
    qnode: Any, weight_shapes: Mapping[str, tuple[int, ...]], n_inputs: int, *, batched: bool
) -> list[Trace]:
    def run(data: Data, seed: int) -> Trace:
        return trace(qnode, weight_shapes, n_inputs, batched=batched, data=data, seed=seed)

    data: Data = "numbers"
    try:
        first = run(data, 0)
    except ValueError as error:
        if _NORM in str(error):
            data = "unit vectors"
        elif _ZEROS_AND_ONES in str(error):
            data = "bits"
        else:
            raise
        first = run(data, 0)
    n_traces = N_BIT_TRACES if data == "bits" else N_TRACES
    return [first, *(run(data, seed) for seed in range(1, n_traces))]


def _imported(traces: list[Trace]) -> ImportedCircuit:
    head = traces[0]
    _check_same_operations(traces)
    state = _state(traces)
    labels = _register(head, () if state is None else state.wires)
    places = {label: place for place, label in enumerate(labels)}
    operations, reads_data = _operations(traces, places, state)
    rows_of = [
        [rows(m, number, places) for number, m in enumerate(each.measurements)] for each in traces
    ]
    if any(other != rows_of[0] for other in rows_of[1:]):
        raise CircuitError("the measurements depend on the values of the inputs or weights")
    means = [mean(m, number, places) for number, m in enumerate(head.measurements)]
    sizes = tuple(len(group) for group in rows_of[0])
    first = list(accumulate(sizes, initial=0))
    outputs = [row for group in rows_of[0] for row in group]
    observables, combination = combined([*outputs, *(row for row in means if row)])
    n_amplitudes = 0 if state is None else len(state.columns)
    data = tuple(range(len(head.sample))) if reads_data else ()
    return ImportedCircuit(
        circuit=Circuit(len(labels), tuple(operations), observables),
        wires=labels,
        combination=combination,
        columns=(*state.columns, *data) if state is not None and state.moves else None,
        n_amplitudes=0 if state is None or state.normalised else n_amplitudes,
        variances=tuple(first[number] for number, row in enumerate(means) if row),
        sizes=sizes,
        layout=head.layout,
    )


class _State(NamedTuple):
    """A state preparation: the wires it acts on and what its amplitudes are."""

    step: int
    wires: tuple[Any, ...]
    columns: Columns
    normalised: bool

    @property
    def moves(self) -> bool:
        """Whether the amplitudes are others than the first columns of the data, in order."""
        return self.columns != tuple(range(len(self.columns)))


def _check_same_operations(traces: list[Trace]) -> None:
    head, *others = (each.signature for each in traces)
    for other in others:
        if other != head:
            pairs = zip(head, other, strict=False)
            equal = next((i for i, pair in enumerate(pairs) if pair[0] != pair[1]), -1)
            raise CircuitError(
                f"{traces[0].steps[equal].where}: which operations are applied depends on the "
                "values of the inputs or weights; the circuit must be the same for all"
            )


def _state(traces: list[Trace]) -> _State | None:
    steps = traces[0].steps
    found = [i for i, step in enumerate(steps) if step.operator.name in STATES]
    if not found:
        return None
    place, *further = found
    operator, where = steps[place].operator, steps[place].where
    if further:
        raise CircuitError(f"{steps[further[0]].where}: a second state preparation from inputs")
    touched = {label for step in steps[:place] for label in step.operator.wires}
    if touched & set(operator.wires):
        raise CircuitError(f"{where}: prepares a state on wires that other operations acted on")
    given = operator.hyperparameters
    normalised = bool(given["normalize"]) or given["pad_with"] is not None
    prepared = [each.steps[place].operator.parameters[0] for each in traces]
    states = [state[0] if state.ndim == 2 else state for state in prepared]  # of sample 0
    samples = [each.sample.detach().numpy() for each in traces]
    columns = None
    if all(state.is_floating_point() for state in states):
        arrays = [state.detach().numpy() for state in states]
        columns = amplitude_columns(arrays, samples, normalised=normalised)
    if columns is None:
        raise CircuitError(
            f"{where}: its amplitudes are not inputs and constants; prepare the inputs themselves, "
            "and work on them before the layer"
        )
    return _State(place, tuple(operator.wires), columns, normalised)


def _register(head: Trace, last: tuple[Any, ...]) -> tuple[Any, ...]:
    """The labels in use, in the order of the device; those of a prepared state come last.

    Its amplitudes are then the first ones of the whole register, and the others are zero.
    """
    used = {label for step in head.steps for label in step.operator.wires}
    for measurement in head.measurements:
        used |= set(measurement.wires or head.wires)
    rest = tuple(label for label in head.wires if label in used and label not in last)
    return (*rest, *last)


def _operations(
    traces: list[Trace], places: Mapping[Any, int], state: _State | None
) -> tuple[list[Operation], bool]:
    """The operations, and whether any but the state preparation reads inputs."""
    operations: list[Operation] = []
    for number, step in enumerate(traces[0].steps):
        operator = step.operator
        wires = tuple(places[label] for label in operator.wires)
        if operator.name in BITS:
            operations += _bits(traces, number, wires)
        elif operator.name not in STATES and NAMES[operator.name] != "I":
            parameters = tuple(
                _parameter(traces, number, index) for index in range(operator.num_params)
            )
            operations.append(Operation(NAMES[operator.name], wires, parameters))
    reads_data = Circuit(len(places), tuple(operations), ()).n_inputs > 0
    if state is not None:
        shift = len(state.columns) if state.moves else 0
        operations = [
            replace(each, parameters=tuple(shifted(angle, shift) for angle in each.parameters))
            for each in operations
        ]
        amplitudes = tuple(Input(index) for index in range(len(state.columns)))
        encoding = Operation(AMPLITUDE_ENCODING, tuple(range(len(places))), amplitudes)
        operations = [encoding, *operations]
    return operations, reads_data


def _bits(traces: list[Trace], number: int, wires: tuple[int, ...]) -> list[Operation]:
    """``RX(pi b)`` is X to the power of bit b, up to a global phase."""
    states = [each.steps[number].operator.parameters[0] for each in traces]
    arrays = [torch.as_tensor(state, dtype=torch.float64).numpy() for state in states]
    columns = matching_columns(arrays, [each.sample.detach().numpy() for each in traces])
    if columns is None:
        raise CircuitError(f"{traces[0].steps[number].where}: its bits are not inputs")
    angles = (
        (wire, pi * Input(column) if isinstance(column, int) else pi * column)
        for wire, column in zip(wires, columns, strict=False)
    )
    return [Operation("RX", (wire,), (angle,)) for wire, angle in angles]


def _parameter(traces: list[Trace], number: int, index: int) -> Parameter:
    head = traces[0]
    where = head.steps[number].where
    given = head.steps[number].operator.parameters[index]
    try:
        found = recovered(head.angle(given), head.point, _number, head.gradient)
    except CircuitError as error:
        raise CircuitError(f"{where}: {error}") from error
    if found is None:
        raise CircuitError(
            f"{where}: parameter {index} is not a polynomial of inputs and weights of degree "
            f"{MAX_DEGREE} at most; work on the inputs before the layer"
        )
    is_shared = head.inputs.ndim == 2 and isinstance(given, Tensor) and given.ndim == 0
    if is_shared and any(isinstance(symbol, Input) for symbol in symbols(found)):
        raise ValueError("an angle of all samples depends on the inputs of one")
    for each in traces[1:]:
        angle = _number(each.angle(each.steps[number].operator.parameters[index]))
        if not isclose(angle, evaluated(found, each.point), rel_tol=1e-9, abs_tol=1e-9):
            raise CircuitError(
                f"{where}: parameter {index} depends on inputs or weights in a way that PyTorch "
                "does not differentiate, or not as a polynomial"
            )
    return found


def _number(angle: Tensor | float) -> float:
    return float(angle.detach()) if isinstance(angle, Tensor) else angle
