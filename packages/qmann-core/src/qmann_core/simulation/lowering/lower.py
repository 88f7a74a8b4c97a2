"""From a circuit to what the PyTorch strategies execute: a start, stages, and what is measured."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...circuits import (
    Circuit,
    Input,
    Observable,
    Operation,
    Projector,
    Weight,
)
from .factors import PAULI, Rotation, factors
from .permutations import SignedPermutation
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


@dataclass(frozen=True, eq=False)
class Lowered:
    """A circuit ready to execute.

    Leading gates on single wires that read no weight act on |0>, wire by wire: they make the
    ``start``. A ``last`` permutation of amplitudes is part of what is measured.
    """

    n_wires: int
    start: Layer | None
    """The product state that the stages act on; None: inputs are its amplitudes."""
    n_amplitudes: int
    """How many inputs are amplitudes; 0 where ``start`` is not None."""
    stages: tuple[Layer | SignedPermutation, ...]
    last: SignedPermutation
    observables: tuple[Observable | Projector, ...]
    """Measured after ``last``."""
    is_real: bool
    """Whether all amplitudes are real, at every stage and whatever the parameters; never where
    nothing is measured, as complex states are asked for then."""
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

    @cached_property
    def readout(self) -> Readout:
        """The observables after ``last``, as a table: for few wires."""
        return readout(self.observables, self.last, is_real=self.is_real)


def lower(circuit: Circuit) -> Lowered:
    """Sort the operations of ``circuit``, elementary gates, into start, stages and the rest."""
    start, rest = _split(circuit)
    stages = _stages(rest, circuit.n_wires)
    last = SignedPermutation((), circuit.n_wires)
    if stages and isinstance(stages[-1], SignedPermutation):
        last = stages[-1]
        stages = stages[:-1]
    is_real = all(stage.is_real for stage in stages if isinstance(stage, Layer))
    if start is not None:
        is_real &= all(not wire.column.imag.any() for wire in start.wires)
    return Lowered(
        n_wires=circuit.n_wires,
        start=start,
        n_amplitudes=circuit.n_amplitudes,
        stages=tuple(stages),
        last=last,
        observables=circuit.observables,
        is_real=is_real and bool(circuit.observables),
        n_start=len(circuit.operations) - len(rest),
        n_staged=len(rest),
    )


def _split(circuit: Circuit) -> tuple[Layer | None, list[Operation]]:
    """What can act on |0...0> wire by wire, None if inputs are amplitudes; and what is left."""
    if circuit.n_amplitudes:
        return None, list(circuit.operations[1:])
    wires = [WireMatrix() for _ in range(circuit.n_wires)]
    closed: set[int] = set()
    rest: list[Operation] = []
    for operation in circuit.operations:
        first = wires[operation.wires[0]]
        if (
            closed.isdisjoint(operation.wires)
            and len(operation.wires) == 1
            and not _reads(operation, Weight)
            and first.has_room(operation)
        ):
            first.append(operation)
        else:
            closed.update(operation.wires)
            rest.append(operation)
    return Layer(wires, reads_inputs=True), rest


def _stages(operations: list[Operation], n_wires: int) -> list[Layer | SignedPermutation]:
    """Permutations become few, and gates on single wires few layers.

    Every operation goes into the earliest stage that its wires allow.
    """
    stages: list[Layer | list[Operation]] = []
    reached = [0] * n_wires  # the last stage that acts on each wire
    for operation in operations:
        at = max(reached[wire] for wire in operation.wires)
        while at < len(stages) and not _takes(stages[at], operation):
            at += 1
        if at == len(stages):
            wires = [WireMatrix() for _ in range(n_wires)]
            layer = Layer(wires, reads_inputs=_reads(operation, Input))
            stages.append(layer if len(operation.wires) == 1 else [])
        stage = stages[at]
        if isinstance(stage, Layer):
            stage.wires[operation.wires[0]].append(operation)
        else:
            stage.append(operation)
        for wire in operation.wires:
            reached[wire] = at
    return [
        stage if isinstance(stage, Layer) else SignedPermutation(tuple(stage), n_wires)
        for stage in stages
    ]


def _takes(stage: Layer | list[Operation], operation: Operation) -> bool:
    if not isinstance(stage, Layer):
        return len(operation.wires) > 1
    return (
        len(operation.wires) == 1
        and stage.wires[operation.wires[0]].has_room(operation)
        and not _reads(operation, Weight if stage.reads_inputs else Input)
    )


def _reads(operation: Operation, kind: type[Input] | type[Weight]) -> bool:
    return any(isinstance(parameter, kind) for parameter in operation.parameters)
