"""What happens to the state of a whole batch, one linear step after the other, and its reverse.

A state has the axes (gate, sample, amplitude) or (gate, amplitude, sample), the last two perhaps
parted otherwise: what counts is the order of its entries. A layer that is the
same for all samples is one matrix product per group of wires, of the matrix and the whole state;
the group goes from one end of the axes to the other, so that after all groups the wires are in
order again and the samples have changed ends: no copy is made to bring the wires next to each
other. Every move knows how to undo itself, given the inverse matrix. All moves are unitary, so a
gradient goes back as the state does; its complex conjugate, which `SweepProgram` calculates with,
goes back by the transposed matrix, and then no large tensor has to be conjugated.
"""

from typing import NamedTuple

from torch import Tensor

from ..parts import A, signed
from ..tables import Tensors


class Source(NamedTuple):
    """Where a matrix is: ``tables[table][group, layer]``."""

    table: int
    group: int
    layer: int


class Turn(NamedTuple):
    """A matrix per gate on the first (or last) wires, which become the last (or first) axis."""

    source: Source
    size: int
    to_last: bool

    def apply(self, state: A, matrix: A) -> A:
        if self.to_last:
            return state.reshape(len(matrix), self.size, -1).mT @ matrix.mT
        return matrix @ state.reshape(len(matrix), -1, self.size).mT

    def undo(self, state: Tensor, inverse: Tensor) -> Tensor:
        return self._replace(to_last=not self.to_last).apply(state, inverse)

    def pull(self, gradient: Tensor, before: Tensor) -> Tensor:
        """The matrix's gradient, of the state's after and the state before; both conjugate."""
        n_gates = len(before)
        if self.to_last:
            gradient = gradient.reshape(n_gates, -1, self.size).mT
            return gradient @ before.reshape(n_gates, self.size, -1).mT
        gradient = gradient.reshape(n_gates, self.size, -1)
        return gradient @ before.reshape(n_gates, -1, self.size)


class Local(NamedTuple):
    """A matrix per gate on some wires, which stay where they are: where a layer has few gates."""

    source: Source
    size: int
    left: int
    """Amplitudes of the wires to the left."""
    right: int
    """Amplitudes of the wires to the right."""
    batch_last: bool

    def apply(self, state: A, matrix: A) -> A:
        parted = self._parted(state)
        if parted.shape[-1] == 1:
            return parted.squeeze(-1) @ matrix.mT
        return matrix.unsqueeze(1) @ parted

    def undo(self, state: Tensor, inverse: Tensor) -> Tensor:
        return self.apply(state, inverse)

    def pull(self, gradient: Tensor, before: Tensor) -> Tensor:
        """The matrix's gradient, of the state's after and the state before; both conjugate."""
        gradient, before = (
            self._parted(state).transpose(1, 2).flatten(2) for state in (gradient, before)
        )
        return gradient @ before.mT

    def _parted(self, state: A) -> A:
        if self.batch_last:
            return state.reshape(len(state), self.left, self.size, -1)
        return state.reshape(len(state), -1, self.size, self.right)


class PerSample(NamedTuple):
    """A matrix per sample on the first wires, which become the last ones; samples come first."""

    source: Source
    size: int
    rest: int
    """Amplitudes of the other wires."""

    def apply(self, state: A, matrix: A) -> A:
        return state.reshape(len(state), -1, self.size, self.rest).mT @ matrix.mT

    def undo(self, state: Tensor, inverse: Tensor) -> Tensor:
        return inverse @ state.reshape(len(state), -1, self.rest, self.size).mT

    def pull(self, gradient: Tensor, before: Tensor) -> Tensor:
        """The matrix's gradient, of the state's after and the state before; both conjugate."""
        gradient = gradient.reshape(len(gradient), -1, self.rest, self.size).mT
        before = before.reshape(len(before), -1, self.size, self.rest)
        return (gradient @ before.mT).sum(0)


class Permute(NamedTuple):
    """A signed permutation of the amplitudes, with constants of this name."""

    name: str
    n_amplitudes: int
    batch_last: bool
    has_signs: bool

    def apply(self, state: A, constants: Tensors) -> A:
        moved = self._taken(self._in_order(state), constants[f"{self.name}.source"])
        return signed(moved, self._sign(constants)) if self.has_signs else moved

    def undo(self, state: Tensor, constants: Tensors) -> Tensor:
        state = self._in_order(state)
        turned = signed(state, self._sign(constants)) if self.has_signs else state
        return self._taken(turned, constants[f"{self.name}.inverse"])

    def _taken(self, state: A, index: Tensor) -> A:
        return state.index_select(1 if self.batch_last else 2, index)

    def _in_order(self, state: A) -> A:
        sizes = (self.n_amplitudes, -1) if self.batch_last else (-1, self.n_amplitudes)
        return state.reshape(len(state), *sizes)

    def _sign(self, constants: Tensors) -> Tensor:
        sign = constants[f"{self.name}.sign"]
        return sign.unsqueeze(-1) if self.batch_last else sign


class SamplesFirst(NamedTuple):
    """The samples, last so far, come before the amplitudes."""

    n_amplitudes: int

    def apply(self, state: A, constants: Tensors) -> A:
        del constants
        return state.reshape(len(state), self.n_amplitudes, -1).mT.contiguous()

    def undo(self, state: Tensor, constants: Tensors) -> Tensor:
        del constants
        return state.reshape(len(state), -1, self.n_amplitudes).mT.contiguous()


Product = Turn | Local | PerSample
Move = Product | Permute | SamplesFirst


def matrix_of(move: Product, tables: tuple[A, ...]) -> A:
    """The matrix that ``move`` multiplies by: (gate or sample, row, column)."""
    table, group, layer = move.source
    return tables[table][group, layer]


def run(
    moves: tuple[Move, ...],
    state: A,
    tables: tuple[A, ...],
    constants: Tensors,
) -> A:
    """The state after all moves."""
    for move in moves:
        if isinstance(move, Permute | SamplesFirst):
            state = move.apply(state, constants)
        else:
            state = move.apply(state, matrix_of(move, tables))
    return state
