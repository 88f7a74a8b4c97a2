"""pyqtorch: a QuantumCircuit with named parameters, differentiated by torch."""

import pyqtorch as pyq
import torch
from torch import nn

from .torch_step import layer_step


class Circuit(nn.Module):
    def __init__(self, workload, weights):
        super().__init__()
        self.n_wires = workload.n_wires
        self.amplitude = workload.encoding == "amplitude"
        wires = range(workload.n_wires)
        operations = [] if self.amplitude else [pyq.RY(wire, f"x{wire}") for wire in wires]
        self.names = [f"w{index}" for index in range(weights.numel())]
        fresh = iter(self.names)
        for ring in workload.rings:
            operations += [pyq.U(wire, next(fresh), next(fresh), next(fresh)) for wire in wires]
            operations += [pyq.CNOT(control, target) for control, target in ring]
        dtype = torch.complex64 if weights.dtype == torch.float32 else torch.complex128
        self.circuit = pyq.QuantumCircuit(workload.n_wires, operations).to(dtype=dtype)
        self.observables = [pyq.Observable([pyq.Z(wire)]).to(dtype=dtype) for wire in wires]
        self.weights = nn.Parameter(weights)

    def forward(self, inputs):
        values = dict(zip(self.names, self.weights.flatten().unbind(), strict=True))
        state = None
        if self.amplitude:
            amplitudes = nn.functional.normalize(inputs).T.to(self.circuit.dtype)
            state = amplitudes.reshape([2] * self.n_wires + [len(inputs)])
        else:
            values |= {f"x{wire}": column for wire, column in enumerate(inputs.unbind(-1))}
        final = pyq.run(self.circuit, state, values)
        return torch.stack([z.expectation(final) for z in self.observables], dim=-1)


build = layer_step(Circuit)
