"""A noisy circuit as matrices on Pauli vectors: links between pairs of wires, and what is between.

Every gate on one wire is a rotation ``RZ(c) RY(b) RZ(a)`` of the Bloch vector, a 4 x 4 matrix, and
so is all that acts on a wire between two links. A link is a CNOT, CZ or SWAP or noise on two wires
at once, after all that acted on them since their last links: one 16 x 16 matrix. What depends on
inputs has a matrix per sample; everything else has one for all samples.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from math import pi
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ...circuits import (
    AMPLITUDE_ENCODING,
    GATES,
    Circuit,
    Input,
    Operation,
    Parameter,
    Weight,
    elementary,
    symbols,
)
from ...errors import CircuitError
from ..lowering.angles import Polynomials
from .model import NoiseModel, too_wide
from .rates import transfer_matrix

_LINKS: dict[str, list[list[complex]]] = {
    "CNOT": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]],
    "CZ": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, -1]],
    "SWAP": [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]],
}
# (axis Y or Z, feature 1, cos or sin, row, column) of the rotations of a Pauli vector
_AXES = np.zeros((2, 3, 4, 4))
for _axis, (_kept, _first, _second) in enumerate(((2, 3, 1), (3, 1, 2))):
    _AXES[_axis, 0, [0, _kept], [0, _kept]] = 1
    _AXES[_axis, 1, [_first, _second], [_first, _second]] = 1
    _AXES[_axis, 2, _second, _first], _AXES[_axis, 2, _first, _second] = 1, -1


class Link(NamedTuple):
    """What acts on two wires at once."""

    wires: tuple[int, int]
    matrix: Float[Tensor, "#gate #sample 16 16"]


class Chain(NamedTuple):
    """All that acts on the start, in order: on each wire before its first link, links, the rest."""

    start: list[Float[Tensor, "#gate #sample 4 4"]]
    links: list[Link]
    end: list[Float[Tensor, "#gate #sample 4 4"]]


def chain(
    circuit: Circuit,
    samples: Float[Tensor, "sample input"],
    sets: Float[Tensor, "gate weight"],
    noise: NoiseModel,
) -> Chain:
    """The matrices of ``circuit`` with ``noise`` after each operation.

    Raises:
        CircuitError: noise on two wires at once after a gate on three.
    """
    after_one, after_each, after_both = noise.matrices(sets.dtype, sets.device)
    linking = {gate: matrix.to(sets) for gate, matrix in _linking().items()}
    turns = _turns(circuit, samples, sets)
    builder = _Builder(circuit, torch.eye(4).to(sets))
    for position, operation in enumerate(circuit.operations):
        if operation.gate == AMPLITUDE_ENCODING:
            continue
        for step in elementary(operation):
            if len(step.wires) == 1:
                builder.turn(step.wires, next(turns))
            else:
                builder.link(step.wires, linking[step.gate])
        if len(operation.wires) == 1:
            builder.turn(operation.wires, after_one)
        elif after_both is None:
            builder.turn(operation.wires, after_each)
        elif len(operation.wires) == 2:
            builder.link(operation.wires, after_both)
        else:
            raise CircuitError(f"operation {position} ({operation.gate}) {too_wide(operation)}")
    return builder.finish()


def differs(matrix: Float[Tensor, "gate sample row column"]) -> bool:
    """Whether there is a matrix for each sample."""
    return matrix.shape[1] != 1


class _Builder:
    """Matrices wait on their wires until a link takes them."""

    def __init__(self, circuit: Circuit, identity: Tensor) -> None:
        self.identity = identity.expand(1, 1, 4, 4)
        self.wires = range(circuit.n_wires)
        self.waiting: dict[int, Tensor] = {}
        self.start = dict.fromkeys(self.wires, self.identity) if circuit.n_amplitudes else {}
        self.links: list[Link] = []

    def turn(self, wires: Iterable[int], matrix: Tensor | None) -> None:
        """Let ``matrix`` act on each of ``wires``."""
        if matrix is not None:
            for wire in wires:
                before = self.waiting.get(wire)
                self.waiting[wire] = matrix if before is None else matrix @ before

    def link(self, wires: tuple[int, ...], matrix: Tensor) -> None:
        """Let ``matrix`` act on two wires; at once with the last link if that had the same."""
        first, second = wires
        left, right = self._taken(first), self._taken(second)
        if left is not self.identity or right is not self.identity:
            matrix = matrix @ _kron(left, right)
        if self.links and set(wires) == set(self.links[-1].wires):
            before = self.links.pop()
            if before.wires != wires:
                first, second, matrix = second, first, _exchanged(matrix)
            matrix = matrix @ before.matrix
        self.links.append(Link((first, second), matrix))

    def finish(self) -> Chain:
        end = [self._taken(wire) for wire in self.wires]
        return Chain([self.start[wire] for wire in self.wires], self.links, end)

    def _taken(self, wire: int) -> Tensor:
        """What waits on a wire; the first time it belongs to the start."""
        matrix = self.waiting.pop(wire, self.identity)
        if wire in self.start:
            return matrix
        self.start[wire] = matrix
        return self.identity


def _turns(circuit: Circuit, samples: Tensor, sets: Tensor) -> Iterator[Tensor]:
    """The matrices of all gates on one wire, each (gate, sample, 4, 4)."""
    varied, fixed_angles, varied_angles, reads_weights = _angles(circuit)
    inputs = samples.unsqueeze(0)
    if reads_weights:
        shape = len(sets), len(samples)
        inputs = torch.cat([inputs.expand(*shape, -1), sets.unsqueeze(1).expand(*shape, -1)], dim=2)
    fixed = iter(_rotations(fixed_angles(sets).unsqueeze(1)))
    per_sample = iter(_rotations(varied_angles(inputs)))
    return (next(per_sample if is_varied else fixed) for is_varied in varied)


def _rotations(angles: Float[Tensor, "gate sample angle"]) -> tuple[Tensor, ...]:
    """``RZ(c) RY(b) RZ(a)`` of every three angles a, b, c: each (gate, sample, 4, 4)."""
    angles = angles.reshape(*angles.shape[:2], angles.shape[2] // 3, 3)
    features = torch.stack((torch.ones_like(angles), angles.cos(), angles.sin()), dim=-1)
    a, b, c = features.unbind(3)
    about_y, about_z = angles.new_tensor(_AXES).flatten(2)  # (feature, entry)
    first, middle, last = (
        (feature @ basis).reshape(*feature.shape[:-1], 4, 4)
        for feature, basis in ((a, about_z), (b, about_y), (c, about_z))
    )
    turned: Tensor = last @ middle @ first
    return turned.unbind(2)


@lru_cache(maxsize=256)
def _angles(circuit: Circuit) -> tuple[list[bool], Polynomials, Polynomials, bool]:
    """Of the gates on one wire: which read inputs, the angles of those that do not and that do.

    Also whether the latter read weights, too.
    """
    turns = [
        _angles_of(step)
        for operation in circuit.operations
        if operation.gate != AMPLITUDE_ENCODING
        for step in elementary(operation)
        if len(step.wires) == 1
    ]
    kinds = [{type(symbol) for angle in turn for symbol in symbols(angle)} for turn in turns]
    varied = [Input in read for read in kinds]
    fixed_angles, varied_angles = (
        [
            angle
            for turn, is_varied in zip(turns, varied, strict=True)
            if is_varied is kind
            for angle in turn
        ]
        for kind in (False, True)
    )
    return (
        varied,
        Polynomials(fixed_angles, 0),
        Polynomials(varied_angles, circuit.n_inputs),
        any(read >= {Input, Weight} for read in kinds),
    )


def _angles_of(gate: Operation) -> tuple[Parameter, ...]:
    """The angles a, b and c of ``RZ(c) RY(b) RZ(a)``, up to a global phase."""
    if gate.gate in ("I", "H"):
        return (pi, pi / 2, 0.0) if gate.gate == "H" else (0.0, 0.0, 0.0)
    if gate.gate == "Rot":
        return gate.parameters
    row = GATES[gate.gate]
    t = gate.parameters[0] if row.angle is None else row.angle
    return {"X": (pi / 2, t, -pi / 2), "Y": (0.0, t, 0.0), "Z": (t, 0.0, 0.0)}[row.axes]


@lru_cache(maxsize=1)
def _linking() -> dict[str, Float[Tensor, "1 1 16 16"]]:
    with torch.inference_mode(False):  # what is kept must serve training, too
        return {
            gate: transfer_matrix(torch.tensor([unitary], dtype=torch.complex128))[None, None]
            for gate, unitary in _LINKS.items()
        }


def _kron(left: Tensor, right: Tensor) -> Float[Tensor, "#gate #sample 16 16"]:
    both = left[..., :, None, :, None] * right[..., None, :, None, :]
    return both.flatten(-4, -3).flatten(-2)


def _exchanged(matrices: Float[Tensor, "*batch 16 16"]) -> Float[Tensor, "*batch 16 16"]:
    """The same with their two wires exchanged."""
    places = matrices.reshape(*matrices.shape[:-2], 4, 4, 4, 4)
    return places.transpose(-4, -3).transpose(-2, -1).reshape(matrices.shape)
