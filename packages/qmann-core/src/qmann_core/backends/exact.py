"""Our own simulation, the only back end whose values autograd differentiates."""

from collections import Counter
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from ..circuits import Circuit, probabilities
from ..simulation import (
    NoiseModel,
    compile_circuit,
    estimate,
    measurements,
    noisy_expectations,
    sample_counts,
)
from ..simulation.shots.sampling import eigenvalues
from .base import Backend, Capabilities
from .measured import check_ours
from .outcomes import chances, words
from .values import Values, counted, standard_errors


@dataclass(frozen=True, kw_only=True, eq=False)
class Exact(Backend):
    """The engine: an `ExecutionPlan`, or with noise `noisy_expectations`.

    Attributes:
        noise: a `NoiseModel`; shots are drawn from the exact chances of density matrices.
    """

    noise: NoiseModel | None = None

    def __post_init__(self) -> None:
        check_ours(self.noise)

    @property
    def name(self) -> str:
        return "exact"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(gradients=True)

    def with_gain(self, gain: float | int) -> Backend:
        if self.noise is None or gain == 1:
            return self
        return replace(self, noise=self.noise.raised(gain))

    def _run(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int | None, seed: int
    ) -> Values:
        if shots is None:
            return self._exact(circuit, inputs, weights)
        if self.noise is None:
            mean = estimate(circuit, inputs, weights, shots, torch.Generator().manual_seed(seed))
        else:
            mean = self._measured(circuit, inputs, weights, shots, seed)
        return Values(mean=mean, error=standard_errors(mean, circuit.observables, shots))

    @torch.no_grad()
    def _measured(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int, seed: int
    ) -> Float[Tensor, "sample observable"]:
        generator = torch.Generator().manual_seed(seed)
        mean = torch.ones(len(inputs), len(circuit.observables), dtype=torch.float64)
        for setting in measurements(circuit.observables):
            asked = replace(circuit, observables=words(setting))
            read = chances(self._exact(asked, inputs, weights).mean, setting)
            counts = sample_counts(read, shots, generator).double()
            worth = eigenvalues(circuit.observables, setting)
            mean[:, list(setting.positions)] = counts @ worth / shots
        return mean

    def _exact(self, circuit: Circuit, inputs: Tensor, weights: Tensor) -> Values:
        if self.noise is None:
            mean = compile_circuit(circuit)(inputs, weights)
        else:
            mean = noisy_expectations(circuit, inputs, weights, self.noise)
        return Values(mean=mean, error=torch.zeros_like(mean))

    def _sample(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int, seed: int
    ) -> tuple[Counter[str], ...]:
        chances = self._chances(circuit, inputs, weights)
        counts = sample_counts(chances, shots, torch.Generator().manual_seed(seed))
        return counted(counts, circuit.n_wires)

    def _chances(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor
    ) -> Float[Tensor, "sample outcome"]:
        if self.noise is None:
            return compile_circuit(circuit).probabilities(inputs, weights)
        outcomes = probabilities(tuple(range(circuit.n_wires)))
        return noisy_expectations(
            replace(circuit, observables=outcomes), inputs, weights, self.noise
        )
