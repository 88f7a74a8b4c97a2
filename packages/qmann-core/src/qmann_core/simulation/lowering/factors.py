"""Gates on one wire as the compiler sees them: constant matrices and rotations."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...circuits import GATES, Input, Operation, Polynomial, Weight

PAULI = {
    "X": np.array([[0, 1], [1, 0]], dtype=np.complex128),
    "Y": np.array([[0, -1j], [1j, 0]], dtype=np.complex128),
    "Z": np.array([[1, 0], [0, -1]], dtype=np.complex128),
}
_CONSTANT = {
    "I": np.eye(2, dtype=np.complex128),
    **PAULI,
    "H": (PAULI["X"] + PAULI["Z"]) / np.sqrt(2),
    "S": np.diag([1, 1j]),
    "T": np.diag([1, np.exp(0.25j * np.pi)]),
}


class Rotation(NamedTuple):
    """``exp(-i t P / 2) = cos(t / 2) - i sin(t / 2) P`` with t an input or a weight."""

    axis: str
    angle: Input | Weight


def factors(operation: Operation) -> list[NDArray[np.complex128] | Rotation]:
    """A one-wire gate as constant matrices and rotations, the first to act first.

    PhaseShift becomes RZ: they differ by a global phase, which no expectation value sees.
    """
    if operation.gate in _CONSTANT:
        return [_CONSTANT[operation.gate]]
    return [
        Rotation(axis, parameter)
        if isinstance(parameter, Input | Weight)
        else np.cos(parameter / 2) * np.eye(2) - 1j * np.sin(parameter / 2) * PAULI[axis]
        for axis, parameter in zip(GATES[operation.gate].axes, operation.parameters, strict=True)
        if not isinstance(parameter, Polynomial)  # worked out before
    ]
