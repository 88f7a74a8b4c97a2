"""Layers under torch.compile, in a process whose functions check no annotations.

Dynamo cannot trace the checks that tests put on annotations. Prints the largest difference of each
compiled layer from the layer itself: ``python traced.py BACKEND:STRATEGY:N_WIRES ...``. Gradients
are compared where the backend generates no code, which would take long for them, too.
"""

import copy
import sys

import torch
from torch import Tensor, nn

from qmann_core.circuits import Circuit, angle, compose, strongly_entangling, z_each
from qmann_core.nn import QuantumLayer


def difference(backend: str, strategy: str, n_wires: int) -> float:
    generator = torch.Generator().manual_seed(0)
    operations = compose(angle(n_wires), strongly_entangling(n_wires, 1))
    circuit = Circuit(n_wires, operations, z_each(n_wires))
    layer = QuantumLayer(circuit, strategy=strategy, generator=generator).double()
    compiled = torch.compile(copy.deepcopy(layer), backend=backend, fullgraph=True)
    inputs = torch.rand(3, n_wires, generator=generator, dtype=torch.float64)
    run = _values if backend == "inductor" else _values_and_gradient
    pairs = zip(run(layer, inputs), run(compiled, inputs), strict=True)
    return max(float((one - other).abs().max()) for one, other in pairs)


@torch.no_grad()
def _values(module: nn.Module, inputs: Tensor) -> tuple[Tensor, ...]:
    return (module(inputs),)


def _values_and_gradient(module: nn.Module, inputs: Tensor) -> tuple[Tensor, ...]:
    values = module(inputs)
    return values.detach(), *torch.autograd.grad(values.square().sum(), list(module.parameters()))


if __name__ == "__main__":
    torch.set_num_threads(1)
    for case in sys.argv[1:]:
        backend, strategy, n_wires = case.split(":")
        print(difference(backend, strategy, int(n_wires)))
