"""Values of a circuit, exact, from shots or from elsewhere, and what a backward pass knows."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ...circuits import Circuit, Input, Parameter, Symbol, Weight
from ...circuits.circuit import with_symbols
from ..plan import compile_circuit
from ..tensors.state import as_matrix
from .sampling import by_rows, estimate

Run = Callable[[Circuit, Tensor], Tensor]
"""From a circuit without weights and its inputs, (row, n_inputs), to values (row, observable)."""


class Evaluation(NamedTuple):
    """How values come about: exactly, from ``shots`` with ``generator``, or by ``run``."""

    circuit: Circuit
    shots: int | None
    generator: torch.Generator | None
    run: Run | None = None

    def __call__(
        self,
        inputs: Float[Tensor, "*batch n_inputs"],
        weights: Float[Tensor, "*gates n_weights"],
    ) -> Float[Tensor, "*batch_and_gates n_observables"]:
        """Expectation values, as an execution plan's, on so many samples at once as fit."""
        if self.run is not None:
            values = self.run(weightless(self.circuit), paired(inputs, weights))
            return values.reshape(*inputs.shape[:-1], *weights.shape[:-1], values.shape[-1])
        if self.shots is not None and self.generator is not None:
            return estimate(self.circuit, inputs, weights, self.shots, self.generator)
        plan = compile_circuit(self.circuit)
        prepared = plan.prepare(weights)
        width = prod(prepared.gates) * 2**self.circuit.n_wires
        return by_rows(lambda rows: plan.evaluate(rows, prepared), inputs, width)


@lru_cache(maxsize=64)
def weightless(circuit: Circuit) -> Circuit:
    """``circuit`` with its weights as further inputs, behind the others."""
    n_inputs = circuit.n_inputs

    def moved(symbol: Symbol) -> Parameter:
        return Input(symbol.index + n_inputs) if isinstance(symbol, Weight) else symbol

    return replace(circuit, operations=with_symbols(circuit.operations, moved))


def paired(
    inputs: Float[Tensor, "*batch n_inputs"], weights: Float[Tensor, "*gates n_weights"]
) -> Float[Tensor, "row n_parameters"]:
    """Every sample beside every set of weights: the inputs of `weightless`."""
    pairs = *inputs.shape[:-1], *weights.shape[:-1]
    ones = (1,) * (weights.ndim - 1)
    samples = inputs.reshape(*inputs.shape[:-1], *ones, inputs.shape[-1]).expand(*pairs, -1)
    sets = weights.expand(*pairs, -1)
    return as_matrix(torch.cat([samples, sets], dim=-1))


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
