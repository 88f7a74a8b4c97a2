"""qulacs: a compiled simulator of one state, called for every sample."""

import numpy as np
import torch
from qulacs import ParametricQuantumCircuit, QuantumState
from torch import nn

from .torch_step import layer_step


class Circuit(nn.Module):
    def __init__(self, workload, weights):
        super().__init__()
        n = workload.n_wires
        circuit = ParametricQuantumCircuit(n)
        for wire in range(n):
            circuit.add_parametric_RY_gate(wire, 0.0)
        for ring in workload.rings:
            for wire in range(n):
                circuit.add_parametric_RZ_gate(wire, 0.0)
                circuit.add_parametric_RY_gate(wire, 0.0)
                circuit.add_parametric_RZ_gate(wire, 0.0)
            for control, target in ring:
                circuit.add_CNOT_gate(control, target)
        bits = np.arange(2**n)[:, None] >> np.arange(n) & 1
        self.simulator = circuit, QuantumState(n), 1.0 - 2.0 * bits
        self.weights = nn.Parameter(weights)

    def forward(self, inputs):
        return Expectation.apply(inputs, self.weights, *self.simulator)


class Expectation(torch.autograd.Function):
    @staticmethod
    def forward(ctx, inputs, weights, circuit, state, signs):
        ctx.dtype, ctx.shape, ctx.simulator = inputs.dtype, weights.shape, (circuit, state, signs)
        shared = weights.detach().flatten().tolist()
        ctx.angles = [sample + shared for sample in inputs.detach().tolist()]
        ctx.amplitudes = [amplitudes(circuit, state, angles) for angles in ctx.angles]
        return inputs.new_tensor(np.abs(np.array(ctx.amplitudes)) ** 2 @ signs)

    @staticmethod
    def backward(ctx, gradient):
        circuit, state, signs = ctx.simulator
        observed = np.array(ctx.amplitudes) * (gradient.double().numpy() @ signs.T)
        rows = []
        for angles, bra in zip(ctx.angles, observed, strict=True):
            load(circuit, angles)
            state.load(bra)
            rows.append(circuit.backprop_inner_product(state))
        by_angle = -2 * torch.tensor(rows, dtype=ctx.dtype)  # qulacs turns the other way
        n = signs.shape[1]
        return by_angle[:, :n], by_angle[:, n:].sum(0).view(ctx.shape), None, None, None


def amplitudes(circuit, state, angles):
    load(circuit, angles)
    state.set_zero_state()
    circuit.update_quantum_state(state)
    return state.get_vector()


def load(circuit, angles):
    for index, angle in enumerate(angles):
        circuit.set_parameter(index, -angle)


build = layer_step(Circuit)
