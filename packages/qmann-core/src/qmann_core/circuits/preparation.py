"""Rotations by angles that other wires choose, and the states with given real amplitudes."""

from typing import Literal

import numpy as np
from jaxtyping import Float, Num

from ..errors import CircuitError
from .gates import Operation

Wires = tuple[int, ...]


def multiplexed(
    axis: Literal["Y", "Z"],
    controls: Wires,
    target: int,
    angles: Num[np.ndarray, " choice"],
) -> tuple[Operation, ...]:
    """RY or RZ of ``target`` by ``angles[i]`` where ``controls`` read i; exact, no work wire.

    ``2**c`` rotations and, if there are controls, as many CNOTs, which flip the target in the
    order of a Gray code: rotation j turns by sum_i (-1)^(i . gray(j)) angles[i] / 2^c. Mottonen et
    al., arXiv:quant-ph/0407010.

    Args:
        axis: about which the target turns.
        controls: c wires, the first one the most significant bit of i.
        target: another wire.
        angles: ``2**c`` of them, in radians.
    """
    number = np.arange(len(angles))
    turns = _signed_sums(angles)[number ^ (number >> 1)] / len(angles)
    steps = []
    for j, turn in enumerate(turns.tolist(), start=1):
        steps.append(Operation("R" + axis, (target,), (turn,)))
        if controls:
            bit = min((j & -j).bit_length(), len(controls))  # of Gray code that changes, from 1
            steps.append(Operation("CNOT", (controls[-bit], target)))
    return tuple(steps)


def tree(
    table: Float[np.ndarray, "choice amplitude"], controls: Wires, wires: Wires
) -> tuple[Operation, ...]:
    """|i>|0...0> to |i> times the state whose amplitudes are row i, normalised.

    A binary tree of multiplexed RY: each wire divides the norm that the wires before it have left.
    Angles of the last wire are those of pairs of amplitudes with their signs, those of the others
    of pairs of norms. A row of zeros leaves |0...0>.
    """
    levels = []
    norms = table
    for _ in wires:
        pairs = norms.reshape(len(table), -1, 2)
        levels.append(2 * np.arctan2(pairs[..., 1], pairs[..., 0]))
        norms = np.hypot(pairs[..., 0], pairs[..., 1])
    return tuple(
        step
        for place, (wire, angles) in enumerate(zip(wires, reversed(levels), strict=True))
        for step in multiplexed("Y", (*controls, *wires[:place]), wire, angles.ravel())
    )


def encoded(
    amplitudes: Float[np.ndarray, " amplitude"], n_wires: int
) -> Float[np.ndarray, " outcome"]:
    """The state that an amplitude encoding prepares: padded with zeros, normalised.

    Raises:
        CircuitError: all amplitudes are 0.
    """
    if not np.any(amplitudes):
        raise CircuitError("the amplitudes are all 0, so there is no state to prepare")
    state = np.zeros(2**n_wires)
    state[: len(amplitudes)] = amplitudes / np.abs(amplitudes).max()  # so that no square is lost
    return np.asarray(state / np.linalg.norm(state))


def _signed_sums(values: Num[np.ndarray, " choice"]) -> Float[np.ndarray, " choice"]:
    """sum_i (-1)^(i . j) values[i] for every j: the Walsh-Hadamard transform."""
    sums = np.asarray(values, dtype=np.float64)
    half = len(sums) // 2
    while half:
        pairs = sums.reshape(-1, 2, half)
        sums = np.stack((pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]), axis=1).ravel()
        half //= 2
    return sums
