"""Circuits of Cirq: gates by their names and powers, all others by Cirq's decompositions."""

from collections.abc import Iterable, Iterator, Mapping
from math import pi, prod
from typing import Any

import numpy as np
from jaxtyping import Float

from ...circuits import Circuit, Observable, Operation, elementary, symbols
from ...circuits.parameters import Input, Parameter, Symbol, Weight
from ...circuits.preparation import encoded, tree
from ...errors import CircuitError
from ..imported import ImportedCircuit, combined, pauli_word, summed
from ..polynomials import Value, valued
from ..sdk import sdk

_SAME: Mapping[str, str] = {
    **{name: name for name in ("I", "X", "Y", "Z", "H", "S", "T", "CNOT", "CZ", "SWAP", "ISWAP")},
    "Toffoli": "TOFFOLI",
    "CSWAP": "CSWAP",
}
"""Cirq's name of every gate without an angle that it has, too."""

_POWERS: Mapping[str, tuple[str, float]] = {
    "RX": ("XPowGate", -0.5),
    "RY": ("YPowGate", -0.5),
    "RZ": ("ZPowGate", -0.5),
    "PhaseShift": ("ZPowGate", 0.0),
    "CRX": ("XPowGate", -0.5),
    "CRY": ("YPowGate", -0.5),
    "CRZ": ("ZPowGate", -0.5),
    "ControlledPhaseShift": ("CZPowGate", 0.0),
    "IsingXX": ("XXPowGate", -0.5),
    "IsingYY": ("YYPowGate", -0.5),
    "IsingZZ": ("ZZPowGate", -0.5),
}
"""Of a gate that turns by t the class whose power t / pi it is, and its global shift."""

_CONTROLLED = ("CRX", "CRY", "CRZ")
"""Those that are such a power with a control."""


def to_cirq(circuit: Circuit, amplitudes: Float[np.ndarray, " amplitude"] | None = None) -> Any:
    """``circuit`` as a ``cirq.Circuit``, wire w on ``LineQubit(w)``, its parameters as symbols.

    Inputs are the symbols x0, x1, ... of SymPy and weights w0, w1, ...; polynomials of them are its
    expressions. What is measured is not part of it. `from_cirq` reads it.

    Args:
        circuit: the circuit.
        amplitudes: of one sample, where the circuit encodes amplitudes; normalised here.

    Raises:
        CircuitError: an amplitude encoding without amplitudes.
        ModuleNotFoundError: Cirq is not installed.

    Example:
        >>> from qmann_core.circuits import Circuit, angle, z_each
        >>> print(to_cirq(Circuit(1, angle(1), z_each(1))))
        0: ───Ry(x0)───
    """
    value = symbolic(circuit)
    steps = (operations(each, value, amplitudes) for each in circuit.operations)
    return sdk("cirq").Circuit(steps)


def symbolic(circuit: Circuit) -> Value:
    """The parameters of ``circuit`` as symbols and expressions of SymPy."""
    symbol = sdk("sympy").Symbol
    return valued(
        [symbol(f"x{index}") for index in range(circuit.n_inputs)],
        [symbol(f"w{index}") for index in range(circuit.n_weights)],
    )


def operations(
    operation: Operation,
    value: Value,
    amplitudes: Float[np.ndarray, " amplitude"] | None = None,
) -> Iterator[Any]:
    """One operation as Cirq's."""
    cirq = sdk("cirq")
    qubits = [cirq.LineQubit(wire) for wire in operation.wires]
    if operation.gate in _SAME:
        yield getattr(cirq, _SAME[operation.gate])(*qubits)
    elif operation.gate in _POWERS:
        yield _power(operation, value)(*qubits)
    else:
        for step in _steps(operation, amplitudes):
            yield from operations(step, value)


def _power(operation: Operation, value: Value) -> Any:
    name, shift = _POWERS[operation.gate]
    [angle] = operation.parameters
    half_turn = sdk("sympy").pi if symbols(angle) else pi
    gate = getattr(sdk("cirq"), name)(exponent=value(angle) / half_turn, global_shift=shift)
    return gate.controlled() if operation.gate in _CONTROLLED else gate


def _steps(
    operation: Operation, amplitudes: Float[np.ndarray, " amplitude"] | None
) -> tuple[Operation, ...]:
    """What Cirq has no gate for, in gates that it has."""
    match operation.gate:
        case "AmplitudeEncoding":
            if amplitudes is None:
                raise CircuitError(
                    "Cirq has no amplitude encoding of free inputs; give amplitudes= to prepare "
                    "the state of one sample"
                )
            state = encoded(amplitudes, len(operation.wires))
            return tree(state[None], (), operation.wires)
        case "Rot":
            turns = zip(("RZ", "RY", "RZ"), operation.parameters, strict=True)
            return tuple(Operation(gate, operation.wires, (angle,)) for gate, angle in turns)
    return elementary(operation)


def from_cirq(
    circuit: Any,
    input_params: Iterable[Any] = (),
    weight_params: Iterable[Any] = (),
    observables: Any = (),
) -> ImportedCircuit:
    """A ``cirq.Circuit`` without measurements, its qubits in order on wires 0, 1, ....

    Gates that are not ours are replaced by Cirq's decompositions; global phases are left out.
    Angles must be polynomials of the parameters.

    Args:
        circuit: a ``cirq.Circuit``.
        input_params: those of its SymPy symbols that are data, in order.
        weight_params: those that are trained, in order.
        observables: a ``PauliString`` or ``PauliSum``, or a list of them, one for each output.

    Raises:
        CircuitError: something cannot be converted; the message names it and its position.
        ModuleNotFoundError: Cirq is not installed.

    Example:
        >>> import cirq
        >>> from_cirq(cirq.Circuit(cirq.H(cirq.q(0)))).circuit.operations[0].gate
        'H'
    """
    cirq = sdk("cirq")
    if not isinstance(circuit, cirq.AbstractCircuit):
        raise CircuitError(f"got {type(circuit).__name__} as circuit: expected a cirq.Circuit")
    known: dict[Any, Symbol] = {
        **{symbol: Input(index) for index, symbol in enumerate(input_params)},
        **{symbol: Weight(index) for index, symbol in enumerate(weight_params)},
    }
    listed = observables if isinstance(observables, list | tuple) else [observables]
    sums = [cirq.PauliSum.wrap(each) for each in listed]
    used = circuit.all_qubits().union(*(each.qubits for each in sums))
    labels = tuple(sorted(used)) or (cirq.LineQubit(0),)
    places = {qubit: place for place, qubit in enumerate(labels)}
    found = tuple(
        Operation(gate, wires, tuple(_parameter(angle, where, known) for angle in angles))
        for position, operation in enumerate(circuit.all_operations())
        for where in [f"operation {position} ({operation})"]
        for gate, wires, angles in _converted(operation, where, places)
    )
    rows = [
        summed(((s.coefficient, _word(s, places)) for s in each), f"observable {number}")
        for number, each in enumerate(sums)
    ]
    measured, combination = combined(rows)
    return ImportedCircuit(
        circuit=Circuit(len(labels), found, measured),
        wires=labels,
        combination=combination,
        sizes=(1,) * len(rows),
    )


def _word(string: Any, places: Mapping[Any, int]) -> Observable:
    return pauli_word({places[qubit]: str(letter) for qubit, letter in string.items()})


def _converted(
    operation: Any, where: str, places: Mapping[Any, int]
) -> Iterator[tuple[str, tuple[int, ...], tuple[Any, ...]]]:
    """In our gates, on our wires; angles are still Cirq's."""
    cirq = sdk("cirq")
    for step in cirq.decompose(
        operation, keep=lambda each: _named(each.gate) is not None, on_stuck_raise=None
    ):
        if isinstance(step.gate, cirq.GlobalPhaseGate):
            continue
        named = _named(step.gate)
        if named is None:
            raise CircuitError(
                f"{where}: cannot be converted: the engine has no such gate and Cirq no unitary "
                "decomposition of it; remove measurements, channels and classical control"
            )
        name, angles = named
        yield name, tuple(places[qubit] for qubit in step.qubits), angles


def _named(gate: Any) -> tuple[str, tuple[Any, ...]] | None:
    """Our name of a gate, and its angle if it has one."""
    cirq = sdk("cirq")
    for name, theirs in _SAME.items():
        if gate == getattr(cirq, theirs):
            return name, ()
    one = cirq.ProductOfSums([(1,)])
    is_controlled = isinstance(gate, cirq.ControlledGate) and gate.control_values == one
    inner = gate.sub_gate if is_controlled else gate
    for name, (theirs, shift) in _POWERS.items():
        if (name in _CONTROLLED) is is_controlled and isinstance(inner, getattr(cirq, theirs)):
            if is_controlled and inner.global_shift != shift:
                return None
            return name, (inner.exponent * sdk("sympy").pi,)
    return None


def _parameter(angle: Any, where: str, known: Mapping[Any, Symbol]) -> Parameter:
    sympy = sdk("sympy")
    unknown = angle.free_symbols - known.keys()
    if unknown:
        raise CircuitError(
            f"{where}: parameters {', '.join(sorted(map(str, unknown)))} are neither input_params "
            "nor weight_params; list them or resolve them"
        )
    if not angle.free_symbols:
        return float(angle)
    try:
        terms = sympy.Poly(angle, *known).terms()
        return sum(_term(powers, coefficient, known) for powers, coefficient in terms)
    except (sympy.PolynomialError, TypeError) as error:
        raise CircuitError(
            f"{where}: {angle} is not a polynomial; work on the inputs before the circuit"
        ) from error


def _term(powers: tuple[int, ...], coefficient: Any, known: Mapping[Any, Symbol]) -> Parameter:
    factors = zip(known.values(), powers, strict=True)
    return prod((f for f, power in factors for _ in range(power)), start=float(coefficient))
