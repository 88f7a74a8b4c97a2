"""The strategy for few qubits: everything that does not depend on the sample becomes one table.

A start of few angles is linear in cosines of signed sums of the inputs (see `cosines`), and the
gates after it are linear in the start. So the amplitudes of all gates and samples are
``table @ cos(F inputs + phases)``, in real numbers; their squares, signed and summed, are the
expectation values. With at most `MAX_SERIES` angles the squares are worked out beforehand, too:
an expectation value is a Fourier series of the inputs, itself ``table @ cos(F inputs + phases)``.
"""

from collections.abc import Iterator
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import linear

from ..lowering.lower import Lowered
from ..lowering.permutations import SignedPermutation
from .cosines import monomials, products_of_pairs
from .parts import Amplitudes, from_parts, signed
from .start import AmplitudeStart, AngleCosines, ProductStart
from .state import expectations, kron_wires, layer_matrices, pair_entries, real_row
from .tables import (
    Arrays,
    Tensors,
    as_masters,
    layer_arrays,
    permutation_arrays,
    readout_arrays,
    real_and_imaginary,
)

MAX_SERIES = 4  # angles, that is 3**4 = 81 features
MAX_COSINES = 8  # angles, that is 2**8 = 256 features


class Waves(NamedTuple):
    """Expectation values as ``table @ cos(frequencies @ inputs + phases)``."""

    frequencies: Float[Tensor, "wave input"]
    phases: Float[Tensor, " wave"]
    table: Float[Tensor, "gate observable wave"]


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
            "embedding": embedding.real if lowered.is_real else real_and_imaginary(embedding),
        }
        if lowered.layers:
            arrays |= layer_arrays("layers", lowered.layers, n_weights, is_real=lowered.is_real)
        for position, stage in enumerate(lowered.stages):
            if isinstance(stage, SignedPermutation):
                arrays |= permutation_arrays(f"stage{position}", stage, inverse=False)
        if self.is_series and lowered.start is not None:
            _, arrays["pairs"] = products_of_pairs(len(lowered.start.angles))
        self.masters = as_masters(arrays)

    def build(
        self, weights: Float[Tensor, "gate weight"], constants: Tensors
    ) -> tuple[Float[Tensor, "row feature"]]:
        """The table; its rows are the expectations of a series, else entries, gate after gate."""
        embedding = constants["embedding"]
        start: Amplitudes = embedding if self.lowered.is_real else from_parts(embedding)
        states = start.expand(len(weights), -1, -1)  # (gate, feature, amplitude)
        unitaries = self._unitaries(weights, constants)
        for position, stage in enumerate(self.lowered.stages):
            if isinstance(stage, SignedPermutation):
                states = states.index_select(2, constants[f"stage{position}.source"])
                if stage.has_signs:
                    states = signed(states, constants[f"stage{position}.sign"])
            else:
                states = states @ next(unitaries).mT
        entries = real_row(states)
        if self.is_series:
            return (self._series(entries, constants),)
        return (entries.mT.flatten(0, 1),)

    def run(
        self,
        inputs: Float[Tensor, "*batch input"],
        tables: tuple[Amplitudes, ...],
        constants: Tensors,
        n_gates: int,
    ) -> Float[Tensor, "..."]:
        """Expectation values, (batch..., gate, observable), the last two perhaps flattened."""
        (table,) = tables
        assert isinstance(table, Tensor)
        rows = linear(self.start.features(inputs, constants), table)
        if self.is_series:
            return rows
        entries = rows.view(*rows.shape[:-1], n_gates, rows.shape[-1] // n_gates)
        return expectations(entries, constants, is_squares=self.lowered.readout.is_squares)

    def waves(
        self, tables: tuple[Amplitudes, ...], constants: Tensors, n_gates: int
    ) -> Waves | None:
        """The Fourier series, if there is one: dense layers on either side fold into it."""
        if not self.is_series:
            return None
        (table,) = tables
        assert isinstance(table, Tensor)
        table = table.view(n_gates, -1, table.shape[-1])
        return Waves(constants["start.frequencies"], constants["start.phases"], table)

    def explain(self) -> str:
        """What becomes of the gates after the start, in plain words."""
        count = f"{self.lowered.n_staged} of {self.lowered.n_operations} operations"
        made = "expectation values" if self.is_series else "amplitudes"
        return f"fused: {count}; one table from the start to {made}"

    def _unitaries(
        self, weights: Float[Tensor, "gate weight"], constants: Tensors
    ) -> Iterator[Amplitudes]:
        """One matrix per layer and gate: (gate, amplitude, amplitude)."""
        if not self.lowered.layers:
            return iter(())
        return iter(kron_wires(layer_matrices(weights, constants, "layers")).unbind())

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
) -> AmplitudeStart | ProductStart | AngleCosines:
    start = lowered.start
    if start is None:
        return AmplitudeStart(lowered.n_amplitudes, lowered.n_wires)
    n_angles = len(start.angles)
    if n_angles > MAX_COSINES:
        return ProductStart(start, n_inputs, is_real=lowered.is_real)
    cosines, _ = products_of_pairs(n_angles) if series else monomials(n_angles)
    return AngleCosines(start, cosines, n_inputs, scale=2 if series else 1)
