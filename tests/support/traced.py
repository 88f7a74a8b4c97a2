"""A layer under torch.compile, in a process whose functions check no annotations.

Dynamo cannot trace the checks that tests put on annotations. Prints the largest difference from the
layer itself, of values and of gradients: ``python traced.py BACKEND:STRATEGY:WIRES ...``.
"""

import copy
import sys

import torch

from qmann_core.circuits import Circuit, angle, compose, strongly_entangling, z_each
from qmann_core.nn import QuantumLayer


def difference(backend: str, strategy: str, n_wires: int) -> float:
    generator = torch.Generator().manual_seed(0)
    operations = compose(angle(n_wires), strongly_entangling(n_wires, 2))
    circuit = Circuit(n_wires, operations, z_each(n_wires))
    layer = QuantumLayer(circuit, strategy=strategy, generator=generator).double()
    inputs = torch.rand(3, n_wires, generator=generator, dtype=torch.float64)
    found = []
    for module in (layer, torch.compile(copy.deepcopy(layer), backend=backend, fullgraph=True)):
        values = module(inputs)
        (gradient,) = torch.autograd.grad(values.square().sum(), list(module.parameters()))
        found.append((values, gradient))
    (values, gradient), (compiled_values, compiled_gradient) = found
    differences = values - compiled_values, gradient - compiled_gradient
    return max(float(each.detach().abs().max()) for each in differences)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for case in sys.argv[1:]:
        backend, strategy, n_wires = case.split(":")
        print(difference(backend, strategy, int(n_wires)))
