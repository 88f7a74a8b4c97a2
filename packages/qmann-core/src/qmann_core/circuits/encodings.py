"""Encodings: operations that write the inputs of a sample into the state |0...0>."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from ..errors import CircuitError
from .circuit import AMPLITUDE_ENCODING, Input, Operation


def angle(n_wires: int, *, axis: Literal["X", "Y", "Z"] = "Y") -> tuple[Operation, ...]:
    """Input i turns wire i about ``axis`` by that many radians; ``n_wires`` inputs.

    About Z alone nothing is written into |0>: put the wires in superposition first.
    """
    if axis not in ("X", "Y", "Z"):
        raise CircuitError(f"axis is 'X', 'Y' or 'Z', got {axis!r}")
    return tuple(Operation("R" + axis, (wire,), (Input(wire),)) for wire in range(n_wires))


def hadamard_angle(n_wires: int) -> tuple[Operation, ...]:
    """H on every wire, then `angle` about Y: <Z_i> = -sin(x_i), odd and steepest at 0.

    The encoding of Chen, Yoo and Fang, arXiv:2009.01783; ``n_wires`` inputs.
    """
    return tuple(Operation("H", (wire,)) for wire in range(n_wires)) + angle(n_wires)


def amplitude(n_wires: int) -> tuple[Operation, ...]:
    """The ``2**n_wires`` inputs, divided by their Euclidean norm, are the amplitudes."""
    inputs = tuple(Input(index) for index in range(2**n_wires))
    return (Operation(AMPLITUDE_ENCODING, tuple(range(n_wires)), inputs),)


ENCODINGS: Mapping[str, Callable[[int], tuple[Operation, ...]]] = MappingProxyType(
    {"angle": angle, "hadamard_angle": hadamard_angle, "amplitude": amplitude}
)
