"""A back end whose expectation values are mitigated."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..backends import Cost, Counting, Values
from ..backends.standing import Standing
from ..circuits import Circuit
from ..config import PriceConfig
from .automatic import AUTO, mitigate
from .pipeline import MitigationPipeline


@dataclass(kw_only=True, eq=False)
class Mitigated(Standing):
    """Runs circuits on another back end, and mitigates their values.

    So a layer, a task or training mitigates by its back end; values are differentiable where those
    of the other one are. ``shots`` are those of each row and setting in all, as many as without
    mitigation. Bit strings are as they are read.

    Attributes:
        of: the other one.
        pipeline: what mitigates; None to have it chosen, see `mitigate`.
    """

    pipeline: MitigationPipeline | None = None

    @property
    def name(self) -> str:
        how = AUTO if self.pipeline is None else self.pipeline.name
        return f"{self.of.name}, mitigated by {how}"

    def _cost(
        self, circuit: Circuit, n_rows: int, shots: int | None, price: PriceConfig | None
    ) -> Cost:
        """Of all circuits of its stages, calibrations and all."""
        counting = Counting(of=self.of, price=price or PriceConfig())
        inputs = torch.randn(n_rows, circuit.n_inputs, generator=torch.Generator().manual_seed(0))
        weights = torch.zeros(circuit.n_weights).double()
        mitigate(counting, circuit, inputs.double(), weights, pipeline=self.pipeline, shots=shots)
        assert counting.total is not None
        return counting.total

    def _run(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int | None, seed: int
    ) -> Values:
        found = mitigate(
            self.of, circuit, inputs, weights, pipeline=self.pipeline, shots=shots, seed=seed
        )
        return Values(mean=found.values, error=found.errors)
