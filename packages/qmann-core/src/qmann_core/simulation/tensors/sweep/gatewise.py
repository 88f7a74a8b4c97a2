"""The strategies for many qubits, and for circuits that read inputs after weights.

The state moves through the circuit (see `moves`). What comes before the first permutation acts on a
product state, vector by vector. Matrices that depend on weights only are built once.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from ....circuits import Observable
from ...lowering.lower import Layer, Lowered
from ...lowering.permutations import SignedPermutation
from ..parts import Amplitudes, Parts
from ..start import AmplitudeStart, ProductStart
from ..state import as_matrix, kron_columns
from ..tables import COMPLEX, Arrays, Tensors, as_masters, permutation_arrays
from .groups import Itinerary, LayerTables
from .measurement import Measurement
from .sweep import sweep


class SweepProgram:
    """Layer by layer, permutation by permutation on all amplitudes of all samples.

    The states before the products are kept for the backward pass, or undone (the adjoint method):
    the circuit U = U_k ... U_1 is unitary, so the state before move k is the inverse of U_k times
    the state after it. The backward pass starts from the final state, all that is kept, and takes
    it back to the start together with the gradient,

        psi_(k-1) = U_k^-1 psi_k,    g_(k-1) = U_k^-1 g_k,    dL/dU_k = g_k psi_(k-1)^dagger.

    Memory does not grow with depth then; the backward pass takes a third longer than with kept
    states, and there are no second derivatives. Jones and Gacon, arXiv:2009.02823.

    Args:
        lowered: the circuit.
        n_inputs: columns of the inputs.
        n_weights: columns of the weights.
        undoes: whether the backward pass undoes the state instead of keeping it.
    """

    def __init__(self, lowered: Lowered, n_inputs: int, n_weights: int, *, undoes: bool) -> None:
        self.undoes = undoes
        self.lowered = lowered
        self.start: AmplitudeStart | ProductStart = (
            AmplitudeStart(lowered.n_amplitudes, lowered.n_wires)
            if lowered.start is None
            else ProductStart(lowered.start, n_inputs, is_real=lowered.is_real)
        )
        self._leading = _leading(lowered)
        layers, n_leading = lowered.layers, len(self._leading)
        self._weights = LayerTables(layers, n_leading, reads_inputs=False, first=0)
        n_tables = len(self._weights.sizes)
        self._inputs = LayerTables(layers, n_leading, reads_inputs=True, first=n_tables)
        arrays: Arrays = {
            **self.start.arrays,
            **self._weights.arrays(n_weights, is_real=lowered.is_real),
            **self._inputs.arrays(n_inputs, is_real=lowered.is_real),
        }
        stages, last = lowered.stages[n_leading:], lowered.last
        measures_words = all(isinstance(each, Observable) for each in lowered.observables)
        if last.operations and not (lowered.observables and measures_words):
            stages, last = (*stages, last), SignedPermutation((), lowered.n_wires)
        itinerary = Itinerary(lowered.n_wires)
        for position, stage in enumerate(stages):
            if isinstance(stage, SignedPermutation):
                arrays |= permutation_arrays(f"stage{position}", stage, inverse=True)
                itinerary.permute(f"stage{position}", stage)
            else:
                itinerary.layer(stage, self._inputs if stage.reads_inputs else self._weights)
        self._moves, self._batch_last = tuple(itinerary.moves), itinerary.batch_last
        self._measurement = Measurement(lowered.observables, last)
        self.masters = as_masters(arrays | self._measurement.arrays)

    def build(
        self, weights: Float[Tensor, "gate weight"], constants: Tensors
    ) -> tuple[Amplitudes, ...]:
        """Matrices of the leading layers, then tables, of all layers that read no input."""
        leading, tables = self._weights.build(weights, constants)
        return (*leading, *tables)

    def run(
        self,
        inputs: Float[Tensor, "*batch input"],
        tables: tuple[Amplitudes, ...],
        constants: Tensors,
        n_gates: int,
    ) -> Float[Tensor, "sample gate observable"]:
        """Expectation values of every sample, batch axes flattened, under every gate.

        Without observables, real and imaginary parts of all amplitudes in turn.
        """
        samples = as_matrix(inputs)
        if samples.shape[0] == 0:  # shapes of nothing are ambiguous: run a sample and leave it out
            one = torch.cat([samples, samples.new_ones(1, samples.shape[1])])
            return self.run(one, tables, constants, n_gates)[:0]
        weight_leading = tables[: self._weights.n_leading]
        weight_tables = tables[self._weights.n_leading :]
        input_leading, input_tables = self._inputs.build(samples, constants)
        factors = self._factors(samples, weight_leading, input_leading, constants)
        state = sweep(
            self._moves,
            tuple(factor.expand(n_gates, -1, -1) for factor in factors),
            (*weight_tables, *input_tables),
            constants,
            undoes=self.undoes,
        )
        return self._measurement.values(state, constants, batch_last=self._batch_last)

    def explain(self) -> str:
        """What becomes of the gates after the start, in plain words."""
        n_layers = len(self.lowered.layers)
        n_permutations = len(self.lowered.stages) - n_layers
        count = f"{self.lowered.n_staged} of {self.lowered.n_operations} operations"
        made = f"layers: {n_layers}, permutations of amplitudes: {n_permutations}"
        return f"{'adjoint' if self.undoes else 'gate by gate'}: {count}; {made}"

    def _factors(
        self,
        samples: Float[Tensor, "sample input"],
        weight_leading: tuple[Amplitudes, ...],
        input_leading: tuple[Amplitudes, ...],
        constants: Tensors,
    ) -> tuple[Amplitudes, ...]:
        """The state before all moves, or two factors of it: (gate or 1, sample, amplitude)."""
        if isinstance(self.start, AmplitudeStart):
            state = self.start.state(samples, constants).unsqueeze(0)
            return (state if self.lowered.is_real else _as_complex(state),)
        columns = self.start.columns(samples, constants)  # (wire, 1, sample, 2)
        of_weights, of_inputs = iter(weight_leading), iter(input_leading)
        for layer in self._leading:
            if layer.reads_inputs:
                matrices = next(of_inputs).unsqueeze(1)  # (wire, 1, sample, 2, 2)
                columns = (columns.unsqueeze(-2) @ matrices.mT).squeeze(-2)
            else:
                columns = columns @ next(of_weights).mT  # (wire, gate, sample, 2)
        return kron_columns(columns, 2)


def _leading(lowered: Lowered) -> tuple[Layer, ...]:
    """The layers that act on a product state."""
    leading: list[Layer] = []
    for stage in lowered.stages if lowered.start is not None else ():
        if isinstance(stage, SignedPermutation):
            break
        leading.append(stage)
    return tuple(leading)


def _as_complex(state: Float[Tensor, "..."]) -> Amplitudes:
    if torch.compiler.is_compiling():
        return Parts(state, torch.zeros_like(state))
    return state.to(COMPLEX[state.dtype])
