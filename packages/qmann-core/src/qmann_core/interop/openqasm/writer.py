"""Circuits as OpenQASM 3 programs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ...circuits.circuit import Circuit
from ...circuits.gates import AMPLITUDE_ENCODING, GATES, Gate, Operation, elementary
from ...circuits.parameters import Input, Parameter, Polynomial, Symbol, Term, Weight, substitute
from ...circuits.preparation import encoded, tree
from ...errors import CircuitError

Numbers = Sequence[float] | NDArray[np.float64]


def to_openqasm(
    circuit: Circuit, inputs: Numbers | None = None, weights: Numbers | None = None
) -> str:
    """``circuit`` as an OpenQASM 3 program.

    Inputs and weights are declared ``input float[64] x0;``, ``w0``, ..., or written as numbers
    where these are given. What is measured is not part of the program. `from_openqasm` reads it.

    Args:
        circuit: the circuit.
        inputs: (n_inputs,) the values of one sample.
        weights: (n_weights,)

    Raises:
        CircuitError: a wrong number of inputs or weights, or an amplitude encoding without inputs.

    Example:
        >>> from qmann_core.circuits import Circuit, angle, z_each
        >>> print(to_openqasm(Circuit(1, angle(1), z_each(1))).splitlines()[-1])
        ry(x0) q[0];
    """
    values = {
        **_values(Input, "inputs", circuit.n_inputs, inputs),
        **_values(Weight, "weights", circuit.n_weights, weights),
    }
    used = {operation.gate for operation in circuit.operations}
    free = [
        f"input float[64] {letter}{index};"
        for letter, count, given in (
            ("x", circuit.n_inputs, inputs),
            ("w", circuit.n_weights, weights),
        )
        if given is None
        for index in range(count)
    ]
    definitions = [
        _definition(gate) for gate in GATES.values() if gate.name in used and gate.qasm is None
    ]
    calls = chain.from_iterable(_calls(operation, values) for operation in circuit.operations)
    head = ["OPENQASM 3.0;", 'include "stdgates.inc";']
    qubits = f"qubit[{circuit.n_wires}] q;"
    return "\n".join([*head, *definitions, *free, qubits, *calls]) + "\n"


def _values(
    kind: type[Input] | type[Weight], name: str, count: int, given: Numbers | None
) -> dict[Symbol, float]:
    if given is None:
        return {}
    numbers = np.asarray(given, dtype=float)
    if numbers.shape != (count,):
        raise CircuitError(f"{name} has shape {numbers.shape}; the circuit reads {count} {name}")
    if not np.isfinite(numbers).all():
        raise CircuitError(f"{name} are finite numbers, got {numbers.tolist()}")
    return {kind(index): float(number) for index, number in enumerate(numbers)}


def _calls(operation: Operation, values: dict[Symbol, float]) -> list[str]:
    if operation.gate == AMPLITUDE_ENCODING:
        bound = [values[p] for p in operation.parameters if isinstance(p, Input) and p in values]
        if len(bound) < len(operation.parameters):
            raise CircuitError(
                "OpenQASM has no amplitude encoding of free inputs; give inputs= to write the state"
            )
        state = encoded(np.array(bound), len(operation.wires))
        steps = tree(state[None], (), operation.wires)
        return [text for step in steps for text in _calls(step, values)]
    written = replace(
        operation,
        parameters=tuple(
            substitute(parameter, lambda symbol: values.get(symbol, symbol))
            for parameter in operation.parameters
        ),
    )
    return [_call(written, "q[{}]".format, _name)]


def _call(
    operation: Operation, wire_name: Callable[[int], str], symbol_name: Callable[[Symbol], str]
) -> str:
    gate = GATES[operation.gate]
    wires = ", ".join(map(wire_name, operation.wires))
    angles = [_expression(operation.parameters[k], symbol_name) for k in gate.qasm_order]
    arguments = f"({', '.join(angles)})" if angles else ""
    return f"{gate.qasm or gate.qiskit}{arguments} {wires};"


def _definition(gate: Gate) -> str:
    """A gate that stdgates.inc has not, by gates that it has."""
    wires, angles = "ab"[: gate.n_wires], "tuv"[: gate.n_parameters]  # Qiskit sorts by name
    weights = tuple(map(Weight, range(gate.n_parameters)))
    steps = elementary(Operation(gate.name, tuple(range(gate.n_wires)), weights))
    calls = (_call(step, wires.__getitem__, lambda symbol: angles[symbol.index]) for step in steps)
    arguments = f"({', '.join(angles)})" if angles else ""
    return f"gate {gate.qiskit}{arguments} {', '.join(wires)} {{ {' '.join(calls)} }}"


def _name(symbol: Symbol) -> str:
    return f"{'x' if isinstance(symbol, Input) else 'w'}{symbol.index}"


def _expression(parameter: Parameter, name: Callable[[Symbol], str]) -> str:
    match parameter:
        case Input() | Weight():
            return name(parameter)
        case Polynomial(constant, terms):
            pieces = [_product(term, name) for term in terms]
            pieces += [repr(constant)] if constant else []
            return " + ".join(pieces).replace("+ -", "- ")
    return repr(float(parameter))


def _product(term: Term, name: Callable[[Symbol], str]) -> str:
    factors = " * ".join(map(name, term.factors))
    if abs(term.coefficient) == 1:
        return factors if term.coefficient > 0 else f"-{factors}"
    return f"{term.coefficient!r} * {factors}"
