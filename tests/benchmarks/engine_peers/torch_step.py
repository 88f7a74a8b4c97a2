"""Forward and backward pass of whatever is a torch module, peer or ours."""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

from .workloads import Arrays, Workload

Layer = Callable[[Workload, Tensor], nn.Module]
"""(workload, (layer, wire, 3) weights) -> module from inputs to <Z> of every wire."""


def layer_step(
    layer: Layer, ordered: Callable[[nn.Module], Iterable[Tensor]] = nn.Module.parameters
) -> Callable[[Workload, str], Callable[[], list[Tensor]]]:
    """What builds a workload's step out of a circuit layer.

    ``ordered`` lists the layer's parameters so that they follow the order of the weights.
    """

    def build(workload: Workload, precision: str) -> Callable[[], list[Tensor]]:
        arrays, dtype = workload.arrays, getattr(torch, precision)
        circuits = [layer(workload, torch.tensor(w, dtype=dtype)) for w in arrays.weights]
        model = QLSTM(circuits, arrays, dtype) if workload.steps else circuits[0]
        weights = [parameter for circuit in circuits for parameter in ordered(circuit)]
        dense = model.dense() if workload.steps else []
        return training_step(model, torch.tensor(arrays.inputs, dtype=dtype), weights, dense)

    return build


def training_step(
    model: nn.Module, inputs: Tensor, weights: Sequence[Tensor], dense: Sequence[Tensor]
) -> Callable[[], list[Tensor]]:
    """Outputs, then gradients by inputs, by all circuit weights and by all dense parameters."""
    leaves = [inputs.requires_grad_(), *model.parameters()]

    def step() -> list[Tensor]:
        for leaf in leaves:
            leaf.grad = None
        output = model(inputs)
        values = output[0] if isinstance(output, tuple) else output  # recurrent: (outputs, state)
        values.square().sum().backward()
        gradients = [inputs.grad, *(p.grad for p in weights), *(p.grad for p in dense)]
        return [values.detach(), *gradients]

    return step


class QLSTM(nn.Module):
    """The public form: a dense layer, four circuits, a dense layer that the gates share."""

    def __init__(self, circuits: Sequence[nn.Module], arrays: Arrays, dtype: torch.dtype) -> None:
        super().__init__()
        self.circuits = nn.ModuleList(circuits)
        self.inward = _linear(arrays.dense["inward"], arrays.dense["inward_bias"], dtype)
        self.outward = _linear(arrays.dense["outward"], arrays.dense["outward_bias"], dtype)

    def dense(self) -> list[Tensor]:
        return [*self.inward.parameters(), *self.outward.parameters()]

    def forward(self, sequence: Tensor) -> Tensor:
        h = c = sequence.new_zeros(sequence.shape[1], self.outward.out_features)
        outputs = []
        for x in sequence:
            angles = self.inward(torch.cat((x, h), dim=-1))
            i, f, g, o = (self.outward(circuit(angles)) for circuit in self.circuits)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            outputs.append(h)
        return torch.stack(outputs)


def _linear(weight, bias, dtype) -> nn.Linear:
    linear = nn.Linear(*weight.shape[::-1], dtype=dtype)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(weight))
        linear.bias.copy_(torch.tensor(bias))
    return linear
