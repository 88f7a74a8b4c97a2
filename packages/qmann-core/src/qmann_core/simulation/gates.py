"""Gates as the compiler sees them: constant matrices, rotations, and signed permutations."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..circuits import Input, Operation, Weight

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


class SignedPermutation(NamedTuple):
    """``new[d] = sign[d] * old[source[d]]``: any sequence of CNOT, CZ and SWAP."""

    source: NDArray[np.int64]
    sign: NDArray[np.float64]

    def then(self, later: "SignedPermutation") -> "SignedPermutation":
        """This permutation followed by another."""
        return SignedPermutation(self.source[later.source], later.sign * self.sign[later.source])


def identity_permutation(n_wires: int) -> SignedPermutation:
    """The permutation that changes nothing."""
    return SignedPermutation(np.arange(2**n_wires), np.ones(2**n_wires))


def permutation(operation: Operation, n_wires: int) -> SignedPermutation:
    """CNOT, CZ or SWAP as a signed permutation of amplitudes; each is its own inverse."""
    index = np.arange(2**n_wires)
    first, second = (n_wires - 1 - wire for wire in operation.wires)  # wire 0 is the highest bit
    a, b = (index >> first) & 1, (index >> second) & 1
    match operation.gate:
        case "CNOT":
            return SignedPermutation(index ^ (a << second), np.ones(len(index)))
        case "SWAP":
            return SignedPermutation(
                index ^ ((a ^ b) << first) ^ ((a ^ b) << second), np.ones(len(index))
            )
    return SignedPermutation(index, np.where(a & b, -1.0, 1.0))


def factors(operation: Operation) -> list[NDArray[np.complex128] | Rotation]:
    """A one-wire gate as constant matrices and rotations, the first to act first.

    PhaseShift becomes RZ: they differ by a global phase, which no expectation value sees.
    """
    if operation.gate in _CONSTANT:
        return [_CONSTANT[operation.gate]]
    axes = {"Rot": "ZYZ", "PhaseShift": "Z"}.get(operation.gate, operation.gate[-1])
    return [
        Rotation(axis, parameter)
        if isinstance(parameter, Input | Weight)
        else np.cos(parameter / 2) * np.eye(2) - 1j * np.sin(parameter / 2) * PAULI[axis]
        for axis, parameter in zip(axes, operation.parameters, strict=True)
    ]
