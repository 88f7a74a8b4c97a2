"""Groups of neighbouring wires, the matrices of layers on them, and the moves of a state."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

from jaxtyping import Float
from torch import Tensor

from ...lowering.lower import Layer
from ...lowering.permutations import SignedPermutation
from ..parts import Amplitudes
from ..state import kron_wires, layer_matrices
from ..tables import Arrays, Tensors, layer_arrays
from .moves import Local, Move, Permute, PerSample, SamplesFirst, Source, Turn

GROUP = 4  # neighbouring wires of layers that read weights: 16 x 16 matrices
SAMPLE_GROUP = 3  # of layers that read inputs, which have matrices for every sample


class LayerTables:
    """The layers that read weights, or those that read inputs: a table for each size of groups.

    Args:
        layers: all layers of the circuit after the start.
        n_leading: how many of them act on a product state, as 2x2 matrices.
        reads_inputs: which ones these are.
        first: the number of the first table.
    """

    def __init__(
        self, layers: Sequence[Layer], n_leading: int, *, reads_inputs: bool, first: int
    ) -> None:
        self.name = "inputs" if reads_inputs else "weights"
        self.layers = [layer for layer in layers if layer.reads_inputs is reads_inputs]
        leading = [layer for layer in layers[:n_leading] if layer.reads_inputs is reads_inputs]
        self.n_leading = len(leading)
        n_wires = len(layers[0].wires) if layers else 1
        self.groups = groups(n_wires, SAMPLE_GROUP if reads_inputs else GROUP)
        sizes = sorted({len(group) for group in self.groups}, reverse=True)
        self.sizes = sizes if len(self.layers) > self.n_leading else []
        self.first = first

    def arrays(self, n_parameters: int, *, is_real: bool) -> Arrays:
        """Constants of the matrices."""
        if not self.layers:
            return {}
        return layer_arrays(self.name, self.layers, n_parameters, is_real=is_real)

    def build(
        self, parameters: Float[Tensor, "item parameter"], constants: Tensors
    ) -> tuple[tuple[Amplitudes, ...], tuple[Amplitudes, ...]]:
        """Of leading layers (wire, item, 2, 2) each, and the tables (group, layer, item, _, _)."""
        if not self.layers:
            return (), ()
        matrices = layer_matrices(parameters, constants, self.name)
        leading = tuple(matrices[:, layer] for layer in range(self.n_leading))
        tables = []
        for size in self.sizes:
            wires = [wire for group in self.groups if len(group) == size for wire in group]
            some = matrices[wires[0] : wires[-1] + 1, self.n_leading :]
            parted = some.reshape(len(wires) // size, size, *some.shape[1:])
            tables.append(kron_wires(parted.movedim(1, 0)))
        return leading, tuple(tables)

    def sources(self, layer: Layer) -> list[Source]:
        """Where the matrices of every group in ``layer`` are."""
        column = next(k for k, each in enumerate(self.layers) if each is layer) - self.n_leading
        found = []
        for table, size in enumerate(self.sizes):
            n_groups = sum(len(group) == size for group in self.groups)
            found += [Source(self.first + table, group, column) for group in range(n_groups)]
        return found


def groups(n_wires: int, size: int) -> tuple[range, ...]:
    """Neighbouring wires in as few groups of at most ``size`` as it takes, larger ones first."""
    n_groups = ceil(n_wires / size)
    base, n_larger = divmod(n_wires, n_groups)
    ends = [base * k + min(k, n_larger) for k in range(n_groups + 1)]
    return tuple(range(*pair) for pair in pairwise(ends))


class Itinerary:
    """The moves of a state through stages, in the layout that each of them leaves it in."""

    def __init__(self, n_wires: int) -> None:
        self.n_wires = n_wires
        self.moves: list[Move] = []
        self.batch_last = False

    def permute(self, name: str, permutation: SignedPermutation) -> None:
        """Add a permutation with constants of this name."""
        self.moves.append(Permute(name, 2**self.n_wires, self.batch_last, permutation.has_signs))

    def layer(self, layer: Layer, tables: LayerTables) -> None:
        """Add a layer with matrices from ``tables``."""
        pairs = list(zip(tables.groups, tables.sources(layer), strict=True))
        if layer.reads_inputs:
            if self.batch_last:
                self.moves.append(SamplesFirst(2**self.n_wires))
                self.batch_last = False
            for group, source in pairs:
                rest = 2 ** (self.n_wires - len(group))
                self.moves.append(PerSample(source, 2 ** len(group), rest))
            return
        used = [
            (group, source)
            for group, source in pairs
            if not all(layer.wires[wire].is_identity for wire in group)
        ]
        if len(used) == len(pairs):
            to_last = self.batch_last
            ordered = pairs if to_last else pairs[::-1]
            self.moves += [Turn(source, 2 ** len(group), to_last) for group, source in ordered]
            self.batch_last = not to_last
        else:
            for group, source in used:
                left, right = 2**group.start, 2 ** (self.n_wires - group.stop)
                self.moves.append(Local(source, 2 ** len(group), left, right, self.batch_last))
