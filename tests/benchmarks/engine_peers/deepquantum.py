"""DeepQuantum: a QubitCircuit with encoded inputs.

Each Rot(a, b, c) is one U3(b, c, a), which differs by a global phase only: twice as fast there as
three rotations.
"""

import deepquantum as dq
import torch
from torch import nn

from .torch_step import layer_step


class Circuit(nn.Module):
    def __init__(self, workload, weights):
        super().__init__()
        self.amplitude = workload.encoding == "amplitude"
        self.circuit = dq.QubitCircuit(workload.n_wires)
        if not self.amplitude:
            self.circuit.rylayer(encode=True)
        for ring in workload.rings:
            self.circuit.u3layer()
            for control, target in ring:
                self.circuit.cnot(control, target)
        for wire in range(workload.n_wires):
            self.circuit.observable(wire)
        self.circuit.to(weights.dtype)
        with torch.no_grad():
            for parameter, angle in zip(ordered(self), weights.flatten(), strict=True):
                parameter.copy_(angle)

    def forward(self, inputs):
        if self.amplitude:
            self.circuit(state=self.circuit.amplitude_encoding(inputs))
        else:
            self.circuit(data=inputs)
        return self.circuit.expectation()


def ordered(circuit):
    b, c, a = (list(circuit.parameters())[start::3] for start in range(3))
    return [angle for rotation in zip(a, b, c, strict=True) for angle in rotation]


build = layer_step(Circuit, ordered)
