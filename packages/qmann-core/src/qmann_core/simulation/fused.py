"""The strategy for few qubits: everything that does not depend on the sample becomes one table.

A start of few angles is linear in cosines of signed sums of the inputs (see `cosines`), and the
gates after it are linear in the start. So the amplitudes of all gates and samples are
``table @ cos(F inputs + phases)``, in real numbers; their squares, signed and summed, are the
expectation values. With at most `MAX_SERIES` angles the squares are worked out beforehand, too:
an expectation value is a Fourier series of the inputs, itself ``table @ cos(F inputs + phases)``.
"""

from collections.abc import Iterator

from jaxtyping import Float, Num
from torch import Tensor
from torch.nn.functional import linear

from .cosines import monomials, products_of_pairs
from .gates import SignedPermutation
from .lowering import Lowered
from .start import Amplitudes, AngleCosines, ProductState
from .state import expectations, kron_wires, layer_matrices, pair_entries, permuted, real_row
from .tables import Arrays, Tensors, as_masters, layer_arrays, permutation_arrays, readout_arrays

MAX_SERIES = 4  # angles, that is 3**4 = 81 features
MAX_COSINES = 8  # angles, that is 2**8 = 256 features


class FusedProgram:
    """``expectations = readout(table(weights) @ features(inputs))``, or without the read-out."""

    def __init__(self, lowered: Lowered, n_inputs: int, n_weights: int) -> None:
        self.lowered = lowered
        self.is_series = lowered.start is not None and len(lowered.start.angles) <= MAX_SERIES
        self.start = _start(lowered, n_inputs, series=self.is_series)
        embedding = self.start.embedding()
        arrays: Arrays = {
            **self.start.arrays,
            **readout_arrays(lowered.readout),
            **permutation_arrays(lowered.stages),
            "embedding": embedding.real if lowered.is_real else embedding,
        }
        if lowered.layers:
            arrays |= layer_arrays("layers", lowered.layers, n_weights)
        if self.is_series and lowered.start is not None:
            _, arrays["pairs"] = products_of_pairs(len(lowered.start.angles))
        self.masters = as_masters(arrays)

    def build(
        self, weights: Float[Tensor, "gate weight"], constants: Tensors
    ) -> tuple[Float[Tensor, "row feature"]]:
        """The table; its rows are the expectations of a series, else entries, gate after gate."""
        states: Num[Tensor, "gate feature amplitude"]
        states = constants["embedding"].expand(len(weights), -1, -1)
        unitaries = self._unitaries(weights, constants)
        for position, stage in enumerate(self.lowered.stages):
            if isinstance(stage, SignedPermutation):
                states = permuted(states, constants, position, axis=2)
            else:
                states = states @ next(unitaries).mT
        entries = real_row(states)
        if self.is_series:
            return (self._series(entries, constants),)
        return (entries.mT.flatten(0, 1),)

    def run(
        self,
        inputs: Float[Tensor, "*batch input"],
        tables: tuple[Tensor, ...],
        constants: Tensors,
        n_gates: int,
    ) -> Float[Tensor, "..."]:
        """Expectation values, (batch..., gate, observable), the last two perhaps flattened."""
        rows = linear(self.start.features(inputs, constants), tables[0])
        if self.is_series:
            return rows
        entries = rows.view(*rows.shape[:-1], n_gates, rows.shape[-1] // n_gates)
        return expectations(entries, constants, is_squares=self.lowered.readout.is_squares)

    def explain(self) -> str:
        """What becomes of the gates after the start, in plain words."""
        count = f"{self.lowered.n_staged} of {self.lowered.n_operations} operations"
        made = "expectation values" if self.is_series else "amplitudes"
        return f"fused: {count}; one table from the start to {made}"

    def _unitaries(
        self, weights: Float[Tensor, "gate weight"], constants: Tensors
    ) -> Iterator[Num[Tensor, "gate amplitude amplitude"]]:
        """One matrix per layer, in the type that the states have."""
        if not self.lowered.layers:
            return iter(())
        matrices = kron_wires(layer_matrices(weights, constants, "layers"))
        return iter(matrices.to(constants["embedding"].dtype).unbind())

    def _series(
        self, entries: Float[Tensor, "gate feature entry"], constants: Tensors
    ) -> Float[Tensor, "row wave"]:
        """Expectation values as quadratic forms of the features, then as Fourier series."""
        left, right = pair_entries(entries, constants, is_squares=self.lowered.readout.is_squares)
        weighted = constants["coefficients"][:, None] * left[:, None]
        forms = weighted.flatten(1, 2) @ right.mT  # (gate, observable * feature, feature)
        return forms.view(-1, len(constants["pairs"])) @ constants["pairs"]


def _start(
    lowered: Lowered, n_inputs: int, *, series: bool
) -> Amplitudes | ProductState | AngleCosines:
    start = lowered.start
    if start is None:
        return Amplitudes(lowered.n_wires)
    n_angles = len(start.angles)
    if n_angles > MAX_COSINES:
        return ProductState(start, n_inputs)
    cosines, _ = products_of_pairs(n_angles) if series else monomials(n_angles)
    return AngleCosines(start, cosines, n_inputs, scale=2 if series else 1)
