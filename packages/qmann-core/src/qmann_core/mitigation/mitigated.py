"""A back end whose expectation values are mitigated."""

from collections import Counter
from dataclasses import dataclass

from torch import Tensor

from ..backends import Backend, Capabilities, Values
from ..circuits import Circuit
from .automatic import AUTO, mitigate
from .pipeline import MitigationPipeline


@dataclass(frozen=True, kw_only=True, eq=False)
class Mitigated(Backend):
    """Runs circuits on another back end, and mitigates their values.

    So a layer, a task or training mitigates by its back end; values are differentiable where those
    of the other one are. ``shots`` are those of each row and setting in all, as many as without
    mitigation. Bit strings are as they are read.

    Attributes:
        of: where circuits run.
        pipeline: what mitigates; None to have it chosen, see `mitigate`.
    """

    of: Backend
    pipeline: MitigationPipeline | None = None

    @property
    def name(self) -> str:
        how = AUTO if self.pipeline is None else self.pipeline.name
        return f"{self.of.name}, mitigated by {how}"

    @property
    def simulated(self) -> bool:
        return self.of.simulated

    @property
    def capabilities(self) -> Capabilities:
        return self.of.capabilities

    def holding(self, n_wires: int) -> tuple[str, ...]:
        return self.of.holding(n_wires)

    def _run(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int | None, seed: int
    ) -> Values:
        found = mitigate(
            self.of, circuit, inputs, weights, pipeline=self.pipeline, shots=shots, seed=seed
        )
        return Values(mean=found.values, error=found.errors)

    def _sample(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int, seed: int
    ) -> tuple[Counter[str], ...]:
        return self.of.sample(circuit, inputs, weights, shots=shots, seed=seed)
