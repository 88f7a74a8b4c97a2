"""Circuits as OpenQASM 3 programs."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ...circuits.circuit import AMPLITUDE_ENCODING, Circuit, Operation
from ...circuits.parameters import Input, Parameter, Polynomial, Symbol, Term, Weight, substitute
from ...errors import CircuitError
from .gates import NAMES
from .preparation import amplitude_steps

Numbers = Sequence[float] | NDArray[np.float64]

_DEFINITIONS = {
    "IsingXX": "gate rxx(t) a, b { h a; h b; cx a, b; rz(t) b; cx a, b; h a; h b; }",
    "IsingYY": "gate ryy(t) a, b "
    "{ sx a; sx b; cx a, b; rz(t) b; cx a, b; inv @ sx a; inv @ sx b; }",
    "IsingZZ": "gate rzz(t) a, b { cx a, b; rz(t) b; cx a, b; }",
    "ISWAP": "gate iswap a, b { s a; s b; h a; cx a, b; cx b, a; h b; }",
}
_CALLS = {
    **{gate: name for name, gate in NAMES.items()},
    "Adjoint(SX)": "inv @ sx",
    "U3": "U",
    "Rot": "u3",
    "CRot": "ctrl @ u3",
    **{gate: text.split()[1].split("(")[0] for gate, text in _DEFINITIONS.items()},
}


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
    definitions = [text for gate, text in _DEFINITIONS.items() if gate in used]
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
        steps = amplitude_steps(bound, len(operation.wires))
        return [text for step in steps for text in _calls(step, values)]
    wires = ", ".join(f"q[{wire}]" for wire in operation.wires)
    angles = [
        _expression(substitute(parameter, lambda symbol: values.get(symbol, symbol)))
        for parameter in operation.parameters
    ]
    if operation.gate in ("Rot", "CRot"):
        first, second, third = angles
        angles = [second, third, first]
    arguments = f"({', '.join(angles)})" if angles else ""
    return [f"{_CALLS[operation.gate]}{arguments} {wires};"]


def _expression(parameter: Parameter) -> str:
    match parameter:
        case Input(index):
            return f"x{index}"
        case Weight(index):
            return f"w{index}"
        case Polynomial(constant, terms):
            pieces = [_product(term) for term in terms]
            pieces += [repr(constant)] if constant else []
            return " + ".join(pieces).replace("+ -", "- ")
    return repr(float(parameter))


def _product(term: Term) -> str:
    factors = " * ".join(map(_expression, term.factors))
    if abs(term.coefficient) == 1:
        return factors if term.coefficient > 0 else f"-{factors}"
    return f"{term.coefficient!r} * {factors}"
