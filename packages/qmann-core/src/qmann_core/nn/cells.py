"""Recurrent cells of QuantumLSTM: each runs a whole sequence, with its circuits prepared once."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..base import HybridComponent
from ..circuits import Circuit, chen_v0, compose, hadamard_angle, z_each
from ..config import QuantumConfig
from ..errors import ConfigError
from ..simulation.recurrent.lstm import lstm
from ..simulation.recurrent.steps import Cell, State
from .gating import gate_parts
from .quantum_layer import QuantumLayer

_N_GATES = 4  # input, forget, cell, output
_FORGET = 1


class GatedCell(HybridComponent):
    """Dense layer to angles, four circuits on one encoded state, dense layer to gates.

    gate_k = s_k * (W_out <Z>_k + b_out) + b_k, with the learnable scale s_k = 3 and bias b_k = 0
    (1 for the forget gate) of ``gate_scaling``; without it s_k = 1 and b_k = 0.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        config: QuantumConfig,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        parts = gate_parts(
            (input_size, hidden_size), config, generator, n_gates=_N_GATES, opened=_FORGET
        )
        self.inward, self.circuits, self.outward, self.scale, self.bias = parts

    def forward(
        self,
        x: Float[Tensor, "time batch feature"],
        state: State,
        alive: Bool[Tensor, "time batch 1"] | None = None,
    ) -> tuple[Float[Tensor, "time batch hidden"], State]:
        scale, bias = self.scale, self.bias
        cell = Cell(
            self.inward.weight,
            self.inward.bias,
            self.circuits.weight,
            self.outward.weight,
            self.outward.bias,
            x.new_ones(_N_GATES, 1) if scale is None else scale,
            x.new_zeros(_N_GATES, state[0].shape[-1]) if bias is None else bias,
        )
        return lstm(self.circuits.plan, cell, x, state, alive)


class ChenCell(HybridComponent):
    """The published cell: v = [x_t, h_{t-1}] on one wire each, gates read from <Z>.

    H and RY(v_i) on wire i, then ``n_layers`` of CNOTs and RYs; weights 0.01 * N(0, 1).
    Source: Chen, Yoo and Fang, arXiv:2009.01783, and the authors' script.
    """

    identity: Tensor

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        config: QuantumConfig,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        n = input_size + hidden_size
        if config.n_qubits != n:
            raise ConfigError(
                f"got n_qubits {config.n_qubits}: cell chen_v0 has a wire for each of {input_size} "
                f"inputs and {hidden_size} hidden values; set n_qubits to {n}"
            )
        circuit = Circuit(
            n,
            compose(hadamard_angle(n), chen_v0(n, config.n_layers)),
            z_each(n, hidden_size),
        )
        self.circuits = QuantumLayer(
            circuit if config.entangled else circuit.separable(),
            n_gates=_N_GATES,
            strategy=config.strategy,
            generator=torch.Generator(),  # its draw is replaced below, gate by gate as published
        )
        shape = (config.n_layers, n)
        draws = [0.01 * torch.randn(shape, generator=generator) for _ in range(_N_GATES)]
        with torch.no_grad():
            self.circuits.weight.copy_(torch.stack(draws).flatten(1))
        self.register_buffer("identity", torch.eye(n), persistent=False)

    def forward(
        self,
        x: Float[Tensor, "time batch feature"],
        state: State,
        alive: Bool[Tensor, "time batch 1"] | None = None,
    ) -> tuple[Float[Tensor, "time batch hidden"], State]:
        hidden, one = state[0].shape[-1], self.identity
        none = one.new_zeros(len(one))
        cell = Cell(
            one,
            none,
            self.circuits.weight,
            one[:hidden, :hidden],
            none[:hidden],
            one.new_ones(_N_GATES, 1),
            one.new_zeros(_N_GATES, hidden),
        )
        return lstm(self.circuits.plan, cell, x, state, alive)
