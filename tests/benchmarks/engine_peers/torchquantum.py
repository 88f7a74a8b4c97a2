"""TorchQuantum: a QuantumDevice, an encoder and trainable operators."""

import torch
import torchquantum as tq
from torch import nn

from .torch_step import layer_step


class Circuit(nn.Module):
    def __init__(self, workload, weights):
        super().__init__()
        wires = range(workload.n_wires)
        self.rings = workload.rings
        self.encoder = (
            tq.GeneralEncoder([{"input_idx": [i], "func": "ry", "wires": [i]} for i in wires])
            if workload.encoding == "angle"
            else tq.StateEncoder()
        )
        self.rotations = nn.ModuleList(
            nn.ModuleList(tq.Rot(has_params=True, trainable=True) for _ in wires)
            for _ in workload.rings
        )
        with torch.no_grad():
            for parameter, angles in zip(self.parameters(), weights.flatten(0, 1), strict=True):
                parameter.copy_(angles)
        self.read = tq.MeasureAll(tq.PauliZ)

    def forward(self, inputs):
        device = tq.QuantumDevice(len(self.rotations[0]), bsz=len(inputs))
        self.encoder(device, inputs)
        for rotations, ring in zip(self.rotations, self.rings, strict=True):
            for wire, rotation in enumerate(rotations):
                rotation(device, wires=wire)
            for pair in ring:
                tq.functional.cnot(device, wires=pair)
        return self.read(device)


build = layer_step(Circuit)
