"""How flat the landscape of the weights is, sampled by Pauli paths, for any number of wires.

Carried backwards through a turn whose angle is uniform, a Pauli word that anticommutes with it
becomes ``cos(t) P + sin(t) Q``. The mean square of an expectation value is then the probability
that a random walk, which goes on as P or as Q with probability 1/2 each, ends in a word of I and Z
only, which has expectation value 1 or -1 in |0...0>. The mean square of the derivative with respect
to one angle is the probability that the walk also anticommutes there, since the derivatives of cos
and sin are as large. Both hold exactly where every turn has an angle of its own; turns that share a
parameter are treated as if they had. (Pauli paths: arXiv:2306.05400.) A walk is steered away from
words that the state cannot contain, and weighted so that the probabilities stay right.
"""

from collections.abc import Sequence
from math import sin

import numpy as np
from numpy.typing import NDArray

from ..circuits import Circuit, Operation
from .steps import LETTERS, angle, axis
from .support import I_OR_Z, Letters, quarter_turns

_X, _Z = LETTERS["X"], LETTERS["Z"]


def walk(
    program: Circuit,
    observable: Letters,
    state: Sequence[Letters],
    rng: np.random.Generator,
    n_walks: int,
) -> tuple[NDArray[np.float64], float]:
    """Random walks from an observable back to the start of the circuit.

    A projector, given by the letters {I, Z} on its k wires, is the mean of ``2**k`` words of them
    up to signs; each walk starts from one, and products of different words are left out. The
    amplitudes of an encoding are taken as those of |0...0>.

    Returns:
        For every step the mean square of the derivative with respect to its angle, 0 where no walk
        has met it or it has no angle; and the mean number of wires that a walk's last word acts on.
    """
    words = _Words(observable, rng, n_walks)
    moved: dict[int, NDArray[np.bool_]] = {}
    for position, step in reversed(list(enumerate(program.operations))):
        if axis(step):
            moved[position] = words.turn(step, state[position][step.wires[0]])
        else:
            words.clifford(step)
    ends = np.where(words.x.any(axis=0), 0.0, words.share)
    variances = np.zeros(len(program.operations))
    for position, at in moved.items():
        variances[position] = at @ ends / n_walks
    return variances, float((words.x | words.z).sum(axis=0).mean())


class _Words:
    """The words of all walks, changed in place: their X and Z parts (wire, walk) and weights."""

    def __init__(self, observable: Letters, rng: np.random.Generator, n_walks: int) -> None:
        self.x = np.zeros((len(observable), n_walks), dtype=bool)
        self.z = np.zeros_like(self.x)
        self.share = np.ones(n_walks)
        self.rng = rng
        for wire, letters in enumerate(observable):
            if letters == I_OR_Z:
                self.z[wire] = self._chosen(0.5)
                self.share /= 2
            else:
                letter = letters.bit_length() - 1
                self.x[wire], self.z[wire] = bool(letter & _X), bool(letter & _Z)

    def turn(self, turn: Operation, state: int) -> NDArray[np.bool_]:
        """Go through a turn after a state with these letters; which words it does not commute with.

        A word goes on as the product with the axis with the probability that the angle gives it,
        unless the state contains only one of the two.
        """
        (wire,), about = turn.wires, axis(turn)
        x, z = self.x[wire], self.z[wire]
        on_x, on_z = bool(about & _X), bool(about & _Z)
        moved: NDArray[np.bool_] = (x & on_z) ^ (z & on_x)
        allowed = np.array([bool(state >> letter & 1) for letter in range(4)])
        here = x * _X + z * _Z
        stays, goes = allowed[here], allowed[here ^ about]
        share = _share(turn)
        other = np.where(stays & goes, self._chosen(share), goes) & moved
        self.share *= np.where(moved & ~stays, share, 1.0)
        self.share *= np.where(moved & ~goes, 1.0 - share, 1.0)
        self.share *= stays | (moved & goes)
        x ^= other & on_x
        z ^= other & on_z
        return moved

    def clifford(self, step: Operation) -> None:
        """Go through H, CNOT, CZ or SWAP."""
        x, z = self.x, self.z
        match step.gate, step.wires:
            case "H", (wire,):
                x[wire], z[wire] = z[wire].copy(), x[wire].copy()
            case "CNOT", (control, target):
                x[target] ^= x[control]
                z[control] ^= z[target]
            case "CZ", (first, second):
                z[first] ^= x[second]
                z[second] ^= x[first]
            case "SWAP", (first, second):
                for part in (x, z):
                    part[[first, second]] = part[[second, first]]

    def _chosen(self, probability: float) -> NDArray[np.bool_]:
        return self.rng.random(self.share.size, dtype=np.float32) < probability


def _share(turn: Operation) -> float:
    """The mean square of the sine of a turn's angle."""
    quarters = quarter_turns(turn)
    if quarters is not None:
        return float(quarters % 2)
    by = angle(turn)
    return sin(by) ** 2 if isinstance(by, (float, int)) else 0.5
