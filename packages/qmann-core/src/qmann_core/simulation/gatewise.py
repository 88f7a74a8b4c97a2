"""The strategy for many qubits, and for circuits that read inputs after weights.

The state is kept as (gate, amplitude, sample), so that a layer is one matrix product per group of
neighbouring wires, with long rows, and a permutation moves whole rows. Matrices that depend on
weights only are built once.
"""

from jaxtyping import Float, Num
from torch import Tensor

from .gates import SignedPermutation
from .lowering import Layer, Lowered
from .start import Amplitudes, ProductState
from .state import as_matrix, expectations, kron_wires, layer_matrices, permuted, real_row
from .tables import (
    COMPLEX,
    Arrays,
    Tensors,
    as_masters,
    layer_arrays,
    permutation_arrays,
    readout_arrays,
)

GROUP = 4  # neighbouring wires: 16 x 16 matrices


class GatewiseProgram:
    """Layer by layer, permutation by permutation on all amplitudes of all samples."""

    def __init__(self, lowered: Lowered, n_inputs: int, n_weights: int) -> None:
        self.lowered = lowered
        self.start: Amplitudes | ProductState = (
            Amplitudes(lowered.n_wires)
            if lowered.start is None
            else ProductState(lowered.start, n_inputs)
        )
        arrays: Arrays = {
            **self.start.arrays,
            **readout_arrays(lowered.readout),
            **permutation_arrays(lowered.stages),
        }
        fixed = [layer for layer in lowered.layers if not layer.reads_inputs]
        if fixed:
            arrays |= layer_arrays("fixed", fixed, n_weights)
        for position, stage in enumerate(lowered.stages):
            if isinstance(stage, Layer) and stage.reads_inputs:
                arrays |= layer_arrays(f"stage{position}", [stage], n_inputs)
        self.masters = as_masters(arrays)

    def build(
        self, weights: Float[Tensor, "gate weight"], constants: Tensors
    ) -> tuple[Num[Tensor, "layer gate _ _"], ...]:
        """For every group of wires, its matrices in all layers that read no input."""
        if "fixed.basis" not in constants:
            return ()
        wires = layer_matrices(weights, constants, "fixed")
        if not self.lowered.is_real:
            wires = wires.to(COMPLEX[weights.dtype])
        return tuple(
            kron_wires(wires[first : first + GROUP])
            for first in range(0, self.lowered.n_wires, GROUP)
        )

    def run(
        self,
        inputs: Float[Tensor, "*batch input"],
        tables: tuple[Tensor, ...],
        constants: Tensors,
        n_gates: int,
    ) -> Float[Tensor, "sample gate observable"]:
        """Expectation values of every sample, batch axes flattened, under every gate."""
        samples = as_matrix(inputs)
        state = self.start.state(samples, constants)
        if not self.lowered.is_real:
            state = state.to(COMPLEX[samples.dtype])
        state = state.T.expand(n_gates, -1, -1)
        layers = zip(*(table.unbind() for table in tables), strict=True)
        for position, stage in enumerate(self.lowered.stages):
            if isinstance(stage, SignedPermutation):
                state = permuted(state, constants, position, axis=1)
            elif stage.reads_inputs:
                state = _turned(
                    state, layer_matrices(samples, constants, f"stage{position}"), stage
                )
            else:
                state = _multiplied(state, next(layers))
        entries = real_row(state.permute(2, 0, 1))
        return expectations(entries, constants, is_squares=self.lowered.readout.is_squares)

    def explain(self) -> str:
        """What becomes of the gates after the start, in plain words."""
        n_layers = len(self.lowered.layers)
        n_permutations = len(self.lowered.stages) - n_layers
        count = f"{self.lowered.n_staged} of {self.lowered.n_operations} operations"
        made = f"layers: {n_layers}, permutations of amplitudes: {n_permutations}"
        return f"gate by gate: {count}; {made}"


def _multiplied(
    state: Num[Tensor, "gate amplitude sample"], groups: tuple[Num[Tensor, "gate _ _"], ...]
) -> Num[Tensor, "gate amplitude sample"]:
    """One matrix per gate on each group of wires, the first group most significant."""
    shape, left = state.shape, 1
    for matrix in groups:
        size = matrix.shape[-1]
        state = matrix[:, None] @ state.reshape(shape[0], left, size, -1)
        left *= size
    return state.reshape(shape)


def _turned(
    state: Num[Tensor, "gate amplitude sample"],
    matrices: Num[Tensor, "wire 1 sample 2 2"],
    layer: Layer,
) -> Num[Tensor, "gate amplitude sample"]:
    """One matrix per sample on every wire that the layer acts on."""
    shape = state.shape
    for wire, matrix in enumerate(matrices.squeeze(1).unbind()):
        if not layer.wires[wire].is_identity:
            halves = state.reshape(shape[0], 2**wire, 1, 2, -1, shape[2])
            state = (matrix.permute(1, 2, 0)[:, :, None] * halves).sum(3)
    return state.reshape(shape)
