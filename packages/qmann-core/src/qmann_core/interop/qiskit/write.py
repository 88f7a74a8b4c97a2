"""Our circuits as Qiskit's."""

from typing import Any

import numpy as np
from jaxtyping import Float

from ...circuits import AMPLITUDE_ENCODING, GATES, Circuit, Operation, elementary
from ...circuits.preparation import encoded, tree
from ...errors import CircuitError
from ..polynomials import Value, valued
from ..sdk import sdk


def to_qiskit(circuit: Circuit, amplitudes: Float[np.ndarray, " amplitude"] | None = None) -> Any:
    """``circuit`` as a ``QuantumCircuit``, wire w on qubit w, with its parameters as symbols.

    Inputs are the elements of a ``ParameterVector`` x and weights those of w; polynomials of them
    are ``ParameterExpression``s. What is measured is not part of it. `from_qiskit` reads it. Note
    that in Qiskit qubit 0 is the least significant bit.

    Args:
        circuit: the circuit.
        amplitudes: of one sample, where the circuit encodes amplitudes; normalised here.

    Raises:
        CircuitError: an amplitude encoding without amplitudes.
        ModuleNotFoundError: Qiskit is not installed.

    Example:
        >>> from qmann_core.circuits import Circuit, angle, z_each
        >>> to_qiskit(Circuit(2, angle(2), z_each(2))).num_parameters
        2
    """
    made = sdk("qiskit").QuantumCircuit(circuit.n_wires)
    value = symbolic(circuit)
    for operation in circuit.operations:
        append(made, operation, value, amplitudes)
    return made


def symbolic(circuit: Circuit) -> Value:
    """The parameters of ``circuit`` as elements of x and w."""
    vector = sdk("qiskit").circuit.ParameterVector
    return valued(vector("x", circuit.n_inputs), vector("w", circuit.n_weights))


def append(
    made: Any,
    operation: Operation,
    value: Value,
    amplitudes: Float[np.ndarray, " amplitude"] | None = None,
) -> None:
    """Let ``operation`` act on a ``QuantumCircuit``."""
    if operation.gate == AMPLITUDE_ENCODING:
        if amplitudes is None:
            raise CircuitError(
                "Qiskit has no amplitude encoding of free inputs; give amplitudes= to prepare the "
                "state of one sample"
            )
        state = encoded(amplitudes, len(operation.wires))
        for step in tree(state[None], (), operation.wires):
            append(made, step, value)
        return
    gate = GATES[operation.gate]
    if operation.gate == "Rot":
        name, angles = "u", tuple(operation.parameters[k] for k in gate.qasm_order)
    elif operation.gate == "CRot":
        for step in elementary(operation):
            append(made, step, value)
        return
    else:
        name, angles = gate.qiskit, operation.parameters
    getattr(made, name)(*map(value, angles), *operation.wires)
