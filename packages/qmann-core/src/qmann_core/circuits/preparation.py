"""Rotations by angles that other wires choose, and the states with given real amplitudes."""

from collections.abc import Sequence
from itertools import count
from typing import Literal

import numpy as np
from jaxtyping import Float, Num

from ..errors import CircuitError
from .gates import Operation
from .parameters import Input, Parameter

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
    return _turned(axis, controls, target, _turns(angles).tolist())


def _turned(
    axis: Literal["Y", "Z"], controls: Wires, target: int, turns: Sequence[Parameter]
) -> tuple[Operation, ...]:
    """Rotations by ``turns`` and the CNOTs between them."""
    steps = []
    for j, turn in enumerate(turns, start=1):
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
    return tuple(
        step
        for place, (wire, angles) in enumerate(zip(wires, _levels(table), strict=True))
        for step in multiplexed("Y", (*controls, *wires[:place]), wire, angles.ravel())
    )


def prepared(
    amplitudes: Float[np.ndarray, "sample amplitude"], wires: Wires, first: int
) -> tuple[tuple[Operation, ...], Float[np.ndarray, "sample angle"]]:
    """`tree` for many samples: one set of operations, and what its angles are for each.

    Args:
        amplitudes: at most ``2**len(wires)`` of each sample.
        wires: that start in |0...0>.
        first: index of the first input among the ``2**len(wires) - 1`` that the angles are.

    Raises:
        CircuitError: all amplitudes of a sample are 0.
    """
    states = np.stack([encoded(row, len(wires)) for row in amplitudes])
    steps: list[Operation] = []
    fresh = map(Input, count(first))
    for place, wire in enumerate(wires):
        turns = [next(fresh) for _ in range(2**place)]
        steps += _turned("Y", wires[:place], wire, turns)
    return tuple(steps), np.concatenate([_turns(angles) for angles in _levels(states)], axis=1)


def _levels(
    table: Float[np.ndarray, "choice amplitude"],
) -> list[Float[np.ndarray, "choice branch"]]:
    """The angles of each wire, the first one first."""
    levels, norms = [], table
    while norms.shape[1] > 1:
        pairs = norms.reshape(len(table), -1, 2)
        levels.append(2 * np.arctan2(pairs[..., 1], pairs[..., 0]))
        norms = np.hypot(pairs[..., 0], pairs[..., 1])
    return levels[::-1]


def _turns(angles: Num[np.ndarray, "*batch choice"]) -> Float[np.ndarray, "*batch choice"]:
    """By how much the target turns before each CNOT."""
    number = np.arange(angles.shape[-1])
    turns = _signed_sums(angles)[..., number ^ (number >> 1)] / len(number)
    return np.asarray(turns)


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


def _signed_sums(values: Num[np.ndarray, "*batch choice"]) -> Float[np.ndarray, "*batch choice"]:
    """sum_i (-1)^(i . j) values[i] for every j: the Walsh-Hadamard transform."""
    sums = np.asarray(values, dtype=np.float64)
    half = sums.shape[-1] // 2
    while half:
        pairs = sums.reshape(*values.shape[:-1], -1, 2, half)
        first, second = pairs[..., 0, :], pairs[..., 1, :]
        sums = np.stack((first + second, first - second), axis=-2).reshape(values.shape)
        half //= 2
    return sums
