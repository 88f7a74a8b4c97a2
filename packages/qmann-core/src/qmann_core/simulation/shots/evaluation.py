"""Values of a circuit, exact or from shots, and what a backward pass knows."""

from math import prod
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ...circuits import Circuit
from ..plan import compile_circuit
from .sampling import by_rows, estimate


class Evaluation(NamedTuple):
    """How values come about: exactly, or from ``shots`` with ``generator``."""

    circuit: Circuit
    shots: int | None
    generator: torch.Generator | None

    def __call__(
        self,
        inputs: Float[Tensor, "*batch n_inputs"],
        weights: Float[Tensor, "*gates n_weights"],
    ) -> Float[Tensor, "*batch_and_gates n_observables"]:
        """Expectation values, as an execution plan's, on so many samples at once as fit."""
        if self.shots is not None and self.generator is not None:
            return estimate(self.circuit, inputs, weights, self.shots, self.generator)
        plan = compile_circuit(self.circuit)
        prepared = plan.prepare(weights)
        width = prod(prepared.gates) * 2**self.circuit.n_wires
        return by_rows(lambda rows: plan.evaluate(rows, prepared), inputs, width)


class Pullback(NamedTuple):
    """The vector-Jacobian product that is asked for: of ``cotangent`` with d values / d leaf."""

    evaluation: Evaluation
    inputs: Float[Tensor, "sample n_inputs"]
    weights: Float[Tensor, "gate n_weights"]
    cotangent: Float[Tensor, "sample gate n_observables"]
    wants_inputs: bool
    wants_weights: bool


Gradients = tuple[Tensor | None, Tensor | None]
"""Of the inputs and of the weights, each in its leaf's shape; None where it is not wanted."""
