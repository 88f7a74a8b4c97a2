"""From a circuit to what the PyTorch strategies execute: a start, stages, and what is measured."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...circuits import (
    AMPLITUDE_ENCODING,
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

    @cached_property
    def readout(self) -> Readout:
        """The observables after ``last``, as a table: for few wires."""
        return readout(self.observables, self.last, is_real=self.is_real)


def lower(circuit: Circuit) -> Lowered:
    """Sort the operations of ``circuit``, elementary gates, into start, stages and the rest."""
    start, n_amplitudes, rest = _split(circuit)
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
        n_amplitudes=n_amplitudes,
        stages=tuple(stages),
        last=last,
        observables=circuit.observables,
        is_real=is_real,
        n_start=len(circuit.operations) - len(rest),
        n_staged=len(rest),
    )


def _split(circuit: Circuit) -> tuple[Layer | None, int, list[Operation]]:
    """What can act on |0...0> wire by wire, or inputs that are amplitudes; and what is left."""
    wires = [WireMatrix() for _ in range(circuit.n_wires)]
    closed: set[int] = set()
    rest: list[Operation] = []
    n_amplitudes = 0
    for operation in circuit.operations:
        if operation.gate == AMPLITUDE_ENCODING:
            n_amplitudes = len(operation.parameters)
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
    return (None if n_amplitudes else Layer(wires, reads_inputs=True)), n_amplitudes, rest


class _Stages:
    """Stages as they grow: every operation goes into the earliest stage that its wires allow."""

    def __init__(self, n_wires: int) -> None:
        self.n_wires = n_wires
        self.stages: list[Layer | list[Operation]] = []
        self.reached = [0] * n_wires  # the last stage that acts on each wire

    def add(self, operation: Operation) -> None:
        first = max(self.reached[wire] for wire in operation.wires)
        takes = self._takes if len(operation.wires) == 1 else self._permutes
        at = next((at for at in range(first, len(self.stages)) if takes(at, operation)), None)
        if at is None:
            at = len(self.stages)
            self.stages.append(self._new(operation))
        stage = self.stages[at]
        if isinstance(stage, Layer):
            stage.wires[operation.wires[0]].append(operation)
        else:
            stage.append(operation)
        for wire in operation.wires:
            self.reached[wire] = at

    def finished(self) -> Iterator[Layer | SignedPermutation]:
        """The stages, complete."""
        for stage in self.stages:
            if isinstance(stage, Layer):
                yield stage
            else:
                yield SignedPermutation(tuple(stage), self.n_wires)

    def _takes(self, at: int, operation: Operation) -> bool:
        stage = self.stages[at]
        return (
            isinstance(stage, Layer)
            and stage.wires[operation.wires[0]].has_room(operation)
            and not _reads(operation, Weight if stage.reads_inputs else Input)
        )

    def _permutes(self, at: int, operation: Operation) -> bool:
        del operation
        return isinstance(self.stages[at], list)

    def _new(self, operation: Operation) -> Layer | list[Operation]:
        if len(operation.wires) > 1:
            return []
        return Layer([WireMatrix() for _ in range(self.n_wires)], _reads(operation, Input))


def _stages(operations: list[Operation], n_wires: int) -> list[Layer | SignedPermutation]:
    """Permutations become few, and gates on single wires few layers."""
    stages = _Stages(n_wires)
    for operation in operations:
        stages.add(operation)
    return list(stages.finished())


def _reads(operation: Operation, kind: type[Input] | type[Weight]) -> bool:
    return any(isinstance(parameter, kind) for parameter in operation.parameters)
