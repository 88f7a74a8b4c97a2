"""From a circuit to what both strategies execute: a start, stages, and a read-out."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..circuits import AMPLITUDE_ENCODING, Circuit, Input, Operation, Weight
from .gates import (
    PAULI,
    Rotation,
    SignedPermutation,
    factors,
    identity_permutation,
    permutation,
)
from .readout import Readout, readout

MAX_ANGLES = 3  # per wire and layer, as many as Rot has: a layer's features grow as 2**angles


@dataclass(eq=False)
class WireMatrix:
    """The 2x2 matrix of consecutive gates on one wire, before their angles are known.

    ``tensor`` has one axis (cos, sin) for half of each angle, then the matrix's row and column.
    """

    angles: list[Input | Weight] = field(default_factory=list)
    tensor: NDArray[np.complex128] = field(default_factory=lambda: np.eye(2, dtype=np.complex128))

    def has_room(self, operation: Operation) -> bool:
        """Whether `append` would stay within the number of angles that a layer takes."""
        return len(self.angles) + len(operation.parameters) <= MAX_ANGLES

    def append(self, operation: Operation) -> None:
        """Let ``operation`` act after what is there."""
        for factor in factors(operation):
            if isinstance(factor, Rotation):
                sine = -1j * PAULI[factor.axis] @ self.tensor
                self.tensor = np.stack([self.tensor, sine], axis=len(self.angles))
                self.angles.append(factor.angle)
            else:
                self.tensor = factor @ self.tensor

    @property
    def column(self) -> NDArray[np.complex128]:
        """What the matrix makes of |0>: its first column."""
        return self.tensor[..., 0]

    @property
    def is_identity(self) -> bool:
        """Whether nothing acts on this wire."""
        return not self.angles and np.array_equal(self.tensor, np.eye(2))


@dataclass(eq=False)
class Layer:
    """One matrix per wire; all angles are inputs, or all are weights."""

    wires: list[WireMatrix]
    reads_inputs: bool

    @property
    def angles(self) -> list[Input | Weight]:
        """The angles of all wires, wire by wire."""
        return [angle for wire in self.wires for angle in wire.angles]

    @property
    def is_real(self) -> bool:
        """Whether its matrices are real whatever the angles."""
        return all(not wire.tensor.imag.any() for wire in self.wires)


@dataclass(frozen=True)
class Lowered:
    """A circuit ready to execute.

    Leading gates on single wires that read no weight act on |0>, wire by wire: they make the
    ``start``. A last permutation of amplitudes is part of the read-out.
    """

    n_wires: int
    start: Layer | None
    """The product state that the stages act on; None: the inputs are its amplitudes."""
    stages: tuple[Layer | SignedPermutation, ...]
    readout: Readout
    is_real: bool
    """Whether all amplitudes are real, at every stage and whatever the parameters."""
    n_start: int
    """Operations that became the start."""
    n_staged: int
    """Operations that became stages."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The stages that are layers."""
        return tuple(stage for stage in self.stages if isinstance(stage, Layer))

    @property
    def n_operations(self) -> int:
        """All operations of the circuit."""
        return self.n_start + self.n_staged

    @property
    def rereads_inputs(self) -> bool:
        """Whether a stage reads inputs."""
        return any(layer.reads_inputs for layer in self.layers)


def lower(circuit: Circuit) -> Lowered:
    """Sort the operations of ``circuit`` into start, stages and read-out."""
    start, rest = _split(circuit)
    stages = _stages(rest, circuit.n_wires)
    last = identity_permutation(circuit.n_wires)
    if stages and isinstance(stages[-1], SignedPermutation):
        last = stages[-1]
        stages = stages[:-1]
    is_real = all(stage.is_real for stage in stages if isinstance(stage, Layer))
    if start is not None:
        is_real &= all(not wire.column.imag.any() for wire in start.wires)
    return Lowered(
        n_wires=circuit.n_wires,
        start=start,
        stages=tuple(stages),
        readout=readout(circuit, last, is_real=is_real),
        is_real=is_real,
        n_start=len(circuit.operations) - len(rest),
        n_staged=len(rest),
    )


def _split(circuit: Circuit) -> tuple[Layer | None, list[Operation]]:
    """What can act on |0...0> wire by wire, and the operations left over, in order."""
    wires = [WireMatrix() for _ in range(circuit.n_wires)]
    closed: set[int] = set()
    rest: list[Operation] = []
    encodes_amplitudes = False
    for operation in circuit.operations:
        if operation.gate == AMPLITUDE_ENCODING:
            encodes_amplitudes = True
            closed.update(operation.wires)
        elif (
            closed.isdisjoint(operation.wires)
            and len(operation.wires) == 1
            and not _reads(operation, Weight)
            and wires[operation.wires[0]].has_room(operation)
        ):
            wires[operation.wires[0]].append(operation)
        else:
            closed.update(operation.wires)
            rest.append(operation)
    return (None if encodes_amplitudes else Layer(wires, reads_inputs=True)), rest


def _stages(operations: list[Operation], n_wires: int) -> list[Layer | SignedPermutation]:
    """Neighbouring permutations become one, neighbouring gates on single wires one layer."""
    stages: list[Layer | SignedPermutation] = []
    for operation in operations:
        last = stages[-1] if stages else None
        if len(operation.wires) > 1:
            moved = permutation(operation, n_wires)
            if isinstance(last, SignedPermutation):
                stages[-1] = last.then(moved)
            else:
                stages.append(moved)
        elif isinstance(last, Layer) and _joins(operation, last):
            last.wires[operation.wires[0]].append(operation)
        else:
            layer = Layer([WireMatrix() for _ in range(n_wires)], _reads(operation, Input))
            layer.wires[operation.wires[0]].append(operation)
            stages.append(layer)
    return stages


def _joins(operation: Operation, layer: Layer) -> bool:
    foreign = Weight if layer.reads_inputs else Input
    return layer.wires[operation.wires[0]].has_room(operation) and not _reads(operation, foreign)


def _reads(operation: Operation, kind: type[Input] | type[Weight]) -> bool:
    return any(isinstance(parameter, kind) for parameter in operation.parameters)
