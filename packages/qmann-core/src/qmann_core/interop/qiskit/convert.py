"""Qiskit's circuits as ours: instructions by name, all others by their definitions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isclose
from typing import Any

import numpy as np

from ...circuits import GATES, Circuit, Operation
from ...circuits.parameters import Input, Parameter, Symbol, Weight
from ...errors import CircuitError
from ..imported import ImportedCircuit, Row, combined, pauli_word, summed
from ..polynomials import MAX_DEGREE, evaluated, recovered
from ..sdk import sdk

_NAMES: Mapping[str, str] = {
    **{gate.qiskit: gate.name for gate in GATES.values()},
    "u1": "PhaseShift",
    "cu1": "ControlledPhaseShift",
    "u3": "U3",
}
"""Our name of every gate of Qiskit's that is ours too, in the same conventions."""

SKIPPED = ("id", "barrier", "delay", "global_phase")
MAX_MATRIX_QUBITS = 6  # an operator given as a matrix becomes up to 4**qubits Pauli words


def from_qiskit(
    circuit: Any,
    input_params: Iterable[Any] | None = None,
    weight_params: Iterable[Any] | None = None,
    observables: Any = None,
) -> ImportedCircuit:
    """The circuit that ``EstimatorQNN`` would run, qubit q on wire q.

    Qubits that nothing acts on and nothing reads are left out. Composite instructions are replaced
    by their definitions. Angles must be polynomials of the parameters, of degree `MAX_DEGREE` at
    most.

    Args:
        circuit: a ``QuantumCircuit`` without measurements.
        input_params: those of its parameters that are data, in order.
        weight_params: those that are trained, in order.
        observables: a ``SparsePauliOp`` or another operator, a label, or a list of them, one for
            each output; ``None`` is Z on all qubits.

    Raises:
        CircuitError: something cannot be compiled; the message names it and its position.
        ModuleNotFoundError: Qiskit is not installed.
    """
    if not isinstance(circuit, sdk("qiskit").QuantumCircuit):
        raise CircuitError(f"got {type(circuit).__name__} as circuit: expected a QuantumCircuit")
    symbols = _symbols(circuit, input_params, weight_params)
    steps = list(_steps(circuit, range(circuit.num_qubits)))
    if observables is None:
        observables = _z_on_all(circuit)
    each_output = observables if isinstance(observables, list | tuple) else [observables]
    measured = [_sparse(each, number, circuit) for number, each in enumerate(each_output)]
    used = {qubit for _, _, qubits, _ in steps for qubit in qubits}
    used |= {qubit for terms in measured for _, qubits, _ in terms for qubit in qubits}
    labels = tuple(sorted(used)) or (0,)
    places = {qubit: place for place, qubit in enumerate(labels)}
    operations = tuple(
        Operation(
            gate,
            tuple(places[qubit] for qubit in qubits),
            tuple(_parameter(angle, where, index, symbols) for index, angle in enumerate(angles)),
        )
        for where, gate, qubits, angles in steps
    )
    found, combination = combined(
        [_row(terms, number, places) for number, terms in enumerate(measured)]
    )
    return ImportedCircuit(
        circuit=Circuit(len(labels), operations, found),
        wires=labels,
        combination=combination,
        sizes=(1,) * len(measured),
    )


def _symbols(
    circuit: Any, input_params: Iterable[Any] | None, weight_params: Iterable[Any] | None
) -> dict[Any, Symbol]:
    inputs, weights = list(input_params or ()), list(weight_params or ())
    symbols: dict[Any, Symbol] = {
        **{parameter: Input(index) for index, parameter in enumerate(inputs)},
        **{parameter: Weight(index) for index, parameter in enumerate(weights)},
    }
    if len(symbols) < len(inputs) + len(weights):
        raise CircuitError("a parameter is listed twice among input_params and weight_params")
    known = set(circuit.parameters)
    unbound = sorted(parameter.name for parameter in known - set(symbols))
    if unbound:
        raise CircuitError(
            f"parameters {', '.join(unbound)} of the circuit are neither input_params nor "
            "weight_params; list them or assign numbers to them"
        )
    absent = sorted(parameter.name for parameter in set(symbols) - known)
    if absent:
        raise CircuitError(f"parameters {', '.join(absent)} are not in the circuit")
    return symbols


Step = tuple[str, str, tuple[int, ...], Sequence[Any]]
"""Where, gate, qubits, angles."""


def _steps(circuit: Any, qubits: Sequence[int], inside: str = "") -> Iterator[Step]:
    for position, instruction in enumerate(circuit.data):
        operation = instruction.operation
        where = inside or f"operation {position} ({operation.name})"
        acted = tuple(qubits[circuit.find_bit(qubit).index] for qubit in instruction.qubits)
        if operation.name in SKIPPED:
            continue
        if operation.name in _NAMES and _is_standard(operation):
            yield where, _NAMES[operation.name], acted, operation.params
        elif _is_unitary(operation) and operation.definition is not None:
            yield from _steps(operation.definition, acted, where)
        else:
            inner = "" if f"({operation.name})" in where else f", which needs {operation.name},"
            raise CircuitError(
                f"{where}{inner} cannot be compiled: the engine has no such gate and Qiskit no "
                "unitary definition of it; remove measurements, resets and control flow"
            )


def _is_standard(operation: Any) -> bool:
    """Whether a gate is Qiskit's own, rather than somebody's who gave it the same name."""
    module = sdk("qiskit").circuit
    return operation.base_class not in (module.Gate, module.ControlledGate)


def _is_unitary(operation: Any) -> bool:
    module = sdk("qiskit").circuit
    return isinstance(operation, module.Gate) or not (
        isinstance(operation, module.ControlFlowOp | module.Measure | module.Reset)
        or operation.num_clbits
    )


def _parameter(angle: Any, where: str, index: int, symbols: Mapping[Any, Symbol]) -> Parameter:
    if angle in symbols:
        return symbols[angle]
    if not isinstance(angle, sdk("qiskit").circuit.ParameterExpression):
        return float(angle)
    used = {parameter: symbols[parameter] for parameter in angle.parameters}
    here = _point(used, 0.0)

    def gradient(expression: Any) -> dict[Symbol, Any]:
        slopes = {symbol: _gradient(expression, parameter) for parameter, symbol in used.items()}
        return {symbol: slope for symbol, slope in slopes.items() if _value(slope, used, here)}

    found = None
    if _is_polynomial_on_a_line(angle, used):
        found = recovered(angle, here, lambda f: _value(f, used, here), gradient)
    if found is None or not _agree(angle, found, used):
        raise CircuitError(
            f"{where}: parameter {index}, {angle}, is not a polynomial of degree {MAX_DEGREE} at "
            "most; work on the inputs before the layer"
        )
    return found


def _is_polynomial_on_a_line(angle: Any, used: Mapping[Any, Symbol]) -> bool:
    """Whether the differences of order ``MAX_DEGREE + 1`` vanish: derivatives may be very long."""
    places = [0.25 * step for step in range(MAX_DEGREE + 2)]
    values = np.array([_value(angle, used, _point(used, place)) for place in places])
    last, largest = np.diff(values, n=MAX_DEGREE + 1).item(), np.abs(values).max().item()
    return bool(abs(last) <= 1e-10 * largest)


def _agree(angle: Any, found: Parameter, used: Mapping[Any, Symbol]) -> bool:
    points = [_point(used, place) for place in (0.3, -16.0, 16.0)]  # both signs of each
    return all(
        isclose(_value(angle, used, point), evaluated(found, point), rel_tol=1e-9, abs_tol=1e-9)
        for point in points
    )


def _value(expression: Any, used: Mapping[Any, Symbol], point: Mapping[Symbol, float]) -> float:
    """The value of an expression, or of the number that a derivative may be."""
    values = {p: point[used[p]] for p in getattr(expression, "parameters", ())}
    number = complex(expression.bind(values) if values else expression)
    return number.real if number.imag == 0 else float("nan")


def _gradient(expression: Any, parameter: Any) -> Any:
    present = parameter in getattr(expression, "parameters", ())
    return expression.gradient(parameter) if present else 0.0


def _point(used: Mapping[Any, Symbol], place: float) -> dict[Symbol, float]:
    """A point on a line; where ``place`` is 0, odd multiples of 1/16, whose products are exact."""
    starts = ((2 * (7 * number % 32) - 31) / 16 for number in range(len(used)))
    slopes = ((2 * (5 * number % 16) - 15) / 8 for number in range(len(used)))
    return {
        symbol: start + place * slope
        for symbol, start, slope in zip(used.values(), starts, slopes, strict=True)
    }


def _z_on_all(circuit: Any) -> str:
    """Z on the qubits of the circuit as it was before it was laid out on a device."""
    n_qubits = n_wires = int(circuit.num_qubits)
    if circuit.layout is not None:
        n_qubits = len(circuit.layout.initial_index_layout(filter_ancillas=True))
    return "I" * (n_wires - n_qubits) + "Z" * n_qubits


Terms = list[tuple[str, Sequence[int], Any]]
"""Letters, qubits, and a coefficient, which may be a parameter until it is looked at."""


def _sparse(observable: Any, number: int, circuit: Any) -> Terms:
    info = sdk("qiskit").quantum_info
    where = f"observable {number}"
    if isinstance(observable, str | info.Pauli):
        observable = info.SparsePauliOp(observable)
    if isinstance(observable, info.SparseObservable):
        observable = info.SparsePauliOp.from_sparse_observable(observable)
    if isinstance(observable, info.Operator) and observable.num_qubits <= MAX_MATRIX_QUBITS:
        observable = info.SparsePauliOp.from_operator(observable)
    if not isinstance(observable, info.SparsePauliOp):
        raise CircuitError(
            f"{where} is a {type(observable).__name__}; use a SparsePauliOp, a Pauli, a label, or "
            f"an Operator on at most {MAX_MATRIX_QUBITS} qubits"
        )
    if observable.num_qubits != circuit.num_qubits:
        raise CircuitError(
            f"{where} is on {observable.num_qubits} qubits, but the circuit has "
            f"{circuit.num_qubits}; pad its labels with I"
        )
    return list(observable.to_sparse_list())


def _row(terms: Terms, number: int, places: Mapping[int, int]) -> Row:
    where, words = f"observable {number}", []
    for letters, qubits, coefficient in terms:
        if getattr(coefficient, "parameters", None):
            raise CircuitError(
                f"{where}: coefficient {coefficient} is a parameter; measure the terms and combine "
                "them behind the layer"
            )
        word = {places[qubit]: letter for qubit, letter in zip(qubits, letters, strict=True)}
        words.append((coefficient, pauli_word(word)))
    return summed(words, where)
