"""The adjoint of operations: what undoes a preparation."""

from ...circuits import AMPLITUDE_ENCODING, Operation
from ...errors import CircuitError

_SELF_INVERSE = frozenset(
    ("I", "X", "Y", "Z", "H", "CNOT", "CZ", "SWAP", "CY", "CH", "Toffoli", "CSWAP")
)


def inverse(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """The operations that undo ``operations``: each one's adjoint, the last one first.

    Raises:
        CircuitError: one of them is an amplitude encoding, which is no unitary.

    Example:
        >>> from qmann_core.circuits import Operation
        >>> inverse((Operation("S", (0,)), Operation("RX", (1,), (0.5,))))[1].gate
        'Adjoint(S)'
    """
    return tuple(step for operation in reversed(operations) for step in _adjoint(operation))


def _adjoint(operation: Operation) -> tuple[Operation, ...]:
    gate, wires, parameters = operation.gate, operation.wires, operation.parameters
    if gate in _SELF_INVERSE:
        return (operation,)
    if gate in ("S", "T", "SX"):
        return (Operation(f"Adjoint({gate})", wires),)
    if gate.startswith("Adjoint("):
        return (Operation(gate.removeprefix("Adjoint(").removesuffix(")"), wires),)
    if gate == "ISWAP":  # its square is ZZ, which is its own inverse
        return (*(Operation("Z", (wire,)) for wire in wires), operation)
    if gate == AMPLITUDE_ENCODING:
        raise CircuitError(
            "an amplitude encoding prepares a state from |0...0> and has no adjoint; "
            "prepare the state by rotations, as `query_preparation` does"
        )
    turned = tuple(-parameter for parameter in parameters)
    if gate == "U3":  # U3(theta, phi, delta), of which phi and delta change places
        return (Operation(gate, wires, (turned[0], turned[2], turned[1])),)
    return (Operation(gate, wires, turned[::-1]),)
