"""A state with given real amplitudes, prepared by RY and CNOT."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...circuits.circuit import Operation
from ...errors import CircuitError


def amplitude_steps(amplitudes: Sequence[float], n_wires: int) -> list[Operation]:
    """Operations that turn |0...0> into the state with these amplitudes, padded and normalised.

    On wire k an RY is turned by an angle for every state of the wires before it; these multiplexed
    rotations are written with CNOTs in the order of a Gray code (Möttönen et al.,
    arXiv:quant-ph/0407010).
    """
    state = np.zeros(2**n_wires)
    state[: len(amplitudes)] = amplitudes
    if not state.any():
        raise CircuitError("the amplitudes are all 0, so there is no state to prepare")
    return [step for wire in range(n_wires) for step in _multiplexed(_angles(state, wire), wire)]


def _angles(state: NDArray[np.float64], wire: int) -> NDArray[np.float64]:
    """For every state of the wires before, the angle that divides its norm between 0 and 1.

    On the last wire the amplitudes themselves are divided, which gives them their signs.
    """
    parts = state.reshape(2**wire, 2, -1)
    sizes = parts[:, :, 0] if parts.shape[2] == 1 else np.linalg.norm(parts, axis=2)
    return np.asarray(2 * np.arctan2(sizes[:, 1], sizes[:, 0]))


def _multiplexed(angles: NDArray[np.float64], wire: int) -> list[Operation]:
    count = len(angles)
    gray = [index ^ index >> 1 for index in range(count)]
    signs = np.array([[(-1) ** (row & code).bit_count() for code in gray] for row in range(count)])
    steps = []
    for index, turned in enumerate(signs.T @ angles / count):
        steps.append(Operation("RY", (wire,), (float(turned),)))
        if wire:
            changed = gray[index] ^ gray[(index + 1) % count]
            steps.append(Operation("CNOT", (wire - changed.bit_length(), wire)))
    return steps
