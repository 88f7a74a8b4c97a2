"""Our circuits as PennyLane's quantum functions."""

from collections.abc import Callable
from typing import Any

from ...circuits import AMPLITUDE_ENCODING, GATES, Circuit, Observable, Operation, Projector
from ..polynomials import Value, valued
from ..sdk import sdk


def to_pennylane(circuit: Circuit) -> Callable[[Any, Any], list[Any]]:
    """``circuit`` as a quantum function of ``inputs`` and ``weights``, for a QNode.

    It applies the operations, wire w on label w, and returns the expectation values of the
    observables. Inputs are (..., n_inputs), weights (n_weights,), arrays or tensors of whatever
    interface. `from_pennylane` reads it.

    Raises:
        ModuleNotFoundError: PennyLane is not installed.

    Example:
        >>> import pennylane as qml
        >>> from qmann_core.circuits import Circuit, angle, z_each
        >>> function = to_pennylane(Circuit(2, angle(2), z_each(2)))
        >>> qml.QNode(function, qml.device("default.qubit"))([0.0, 0.0], [])
        [np.float64(1.0), np.float64(1.0)]
    """
    qml = sdk("pennylane")

    def function(inputs: Any, weights: Any) -> list[Any]:
        value = valued(columns(inputs), weights)
        for operation in circuit.operations:
            apply(operation, value, inputs)
        return [qml.expval(observed(each)) for each in circuit.observables]

    return function


def columns(inputs: Any) -> list[Any]:
    """Of every input its values for all samples."""
    return list(sdk("pennylane").math.moveaxis(inputs, -1, 0))


def apply(operation: Operation, value: Value, inputs: Any) -> None:
    """Queue one operation."""
    qml = sdk("pennylane")
    if operation.gate == AMPLITUDE_ENCODING:
        amplitudes = inputs[..., : len(operation.parameters)]
        qml.AmplitudeEmbedding(amplitudes, operation.wires, pad_with=0.0, normalize=True)
        return
    name = GATES[operation.gate].pennylane
    gate = qml.adjoint(getattr(qml, name[8:-1])) if name[:8] == "Adjoint(" else getattr(qml, name)
    gate(*map(value, operation.parameters), wires=operation.wires)


def observed(observable: Observable | Projector) -> Any:
    """A Pauli word or a projector as PennyLane's."""
    qml = sdk("pennylane")
    if isinstance(observable, Projector):
        return qml.Projector([int(bit) for bit in observable.bits], wires=observable.wires)
    letters = zip(observable.word, observable.wires, strict=True)
    return qml.prod(*(getattr(qml, letter)(wire) for letter, wire in letters))
