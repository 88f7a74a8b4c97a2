"""A foreign circuit, compiled: what the layers for PennyLane and Qiskit share."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..simulation import compile_circuit
from ..simulation.lowering.strategy import Strategy
from .imported import ImportedCircuit


class CompiledCircuit(nn.Module):
    """A foreign circuit's outputs for weights that are given: it has none of its own."""

    combination: Tensor | None
    source: Tensor
    is_constant: Tensor
    constants: Tensor

    def __init__(self, imported: ImportedCircuit, strategy: Strategy) -> None:
        super().__init__()
        self.plan = compile_circuit(imported.circuit, strategy=strategy)
        self.n_amplitudes = imported.n_amplitudes
        self.variances = list(imported.variances)
        self.sizes = imported.sizes
        self.layout = imported.layout
        matrix = imported.combination
        self._keep("combination", None if matrix is None else torch.from_numpy(matrix.T))
        columns = imported.columns
        self.rearranges = columns is not None
        if columns is not None:
            constant = [isinstance(column, float) for column in columns]
            self._keep("source", torch.tensor([0 if isinstance(c, float) else c for c in columns]))
            self._keep("is_constant", torch.tensor(constant))
            self._keep("constants", torch.tensor([float(column) for column in columns]))

    def _keep(self, name: str, values: Tensor | None) -> None:
        self.register_buffer(name, values, persistent=False)

    def forward(
        self, inputs: Float[Tensor, "*batch input"], weights: Float[Tensor, " weight"]
    ) -> Float[Tensor, "*batch output"]:
        if self.rearranges:
            constants = self.constants.to(inputs)
            inputs = torch.where(self.is_constant, constants, inputs[..., self.source])
        values: Tensor = self.plan(
            _first(inputs, self.plan.n_inputs), _first(weights, self.plan.n_weights)
        )
        if self.combination is not None:
            values = values @ self.combination.to(values)
        if self.n_amplitudes:
            amplitudes = inputs[..., : self.n_amplitudes]
            values = values * amplitudes.square().sum(-1, keepdim=True)
        if self.variances:
            count = len(self.variances)
            values, means = values[..., :-count], values[..., -count:]
            places = torch.tensor(self.variances, device=values.device)
            values = values.index_add(-1, places, -means.square())
        return values


def _first(values: Tensor, count: int) -> Tensor:
    """The entries that a circuit reads: usually all of them."""
    return values if values.shape[-1] == count else values[..., :count]
