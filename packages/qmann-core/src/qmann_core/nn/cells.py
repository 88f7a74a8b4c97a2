"""Cells of QuantumLSTM and QuantumGRU: each runs a whole sequence, its circuits prepared once."""

import math
from collections.abc import Callable
from typing import ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ..base import HybridComponent
from ..circuits import Circuit, chen_v0, compose, hadamard_angle, z_each
from ..config import QuantumConfig
from ..errors import ConfigError
from ..simulation.recurrent.lstm import lstm
from ..simulation.recurrent.steps import Cell, State, stepped
from .quantum_layer import QuantumLayer, configured_circuit

_INITIAL_SCALE = 3.0  # sigmoid(3 <Z>) reaches from 0.05 to 0.95
_INITIAL_ANGLE = math.pi / 2  # around 0, <Z> = cos is blind to the sign of its input
_INITIAL_GAIN = 0.7  # keeps most angles where the cosine is monotone


class GatedCell(HybridComponent):
    """A dense layer A to angles, a circuit for each gate, a dense layer back.

    gate_k = s_k * (W_out <Z>_k + b_out) + b_k, with the learnable scale s_k = 3 and bias b_k = 0
    (1 for the gate that keeps the state) of ``gate_scaling``; without it s_k = 1 and b_k = 0.
    With ``proj_size``, what is handed on is that wide: h = W_hr h.
    """

    n_gates: ClassVar[int]
    keeping: ClassVar[int] = 1
    scale: Tensor
    bias: Tensor

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        config: QuantumConfig,
        generator: torch.Generator | None,
        proj_size: int = 0,
    ) -> None:
        super().__init__()
        n, gates = config.n_qubits, self.n_gates
        self.inward = nn.Linear(input_size + (proj_size or hidden_size), n)
        nn.init.constant_(self.inward.bias, _INITIAL_ANGLE)
        with torch.no_grad():
            self.inward.weight.mul_(_INITIAL_GAIN)
        circuit, strategy = configured_circuit(config), config.strategy
        self.circuits = QuantumLayer(circuit, n_gates=gates, strategy=strategy, generator=generator)
        self.outward = nn.Linear(n, hidden_size)
        self.projection = nn.Linear(hidden_size, proj_size, bias=False) if proj_size else None
        scale, bias = torch.ones(gates, 1), torch.zeros(gates, hidden_size)
        if config.gate_scaling:
            bias[self.keeping] = 1.0
            self.scale, self.bias = nn.Parameter(_INITIAL_SCALE * scale), nn.Parameter(bias)
        else:
            self.register_buffer("scale", scale, persistent=False)
            self.register_buffer("bias", bias, persistent=False)


def _lstm(
    circuits: QuantumLayer, cell: Cell, x: Tensor, state: State, alive: Tensor | None
) -> tuple[Tensor, State]:
    if circuits.disturbed:
        return stepped(circuits.prepared(), cell, x, state, alive)
    return lstm(circuits.plan, cell, x, state, alive)


class LSTMCell(GatedCell):
    """Input, forget, cell and output gate from one encoded state."""

    n_gates = 4

    def forward(
        self,
        x: Float[Tensor, "time batch feature"],
        state: State,
        alive: Bool[Tensor, "time batch 1"] | None = None,
    ) -> tuple[Float[Tensor, "time batch hidden"], State]:
        inward = self.inward.weight
        if self.projection is None:
            return _lstm(self.circuits, self._cell(inward), x, state, alive)
        # The kernel hands on h before W_hr, which its dense layer takes in: A [x, W_hr h]. The
        # first h, of which only W_hr h is known, comes as more features of the first step.
        first, project = state[0], self.projection.weight
        from_x, from_h = torch.split(inward, [x.shape[-1], len(project)], dim=1)
        later = x.new_zeros(len(x) - 1, *first.shape)
        x = torch.cat([x, torch.cat([first.unsqueeze(0), later])], dim=-1)
        cell = self._cell(torch.cat([from_x, from_h, from_h @ project], dim=1))
        start = torch.zeros_like(state[1]), state[1]
        output, (h, c) = _lstm(self.circuits, cell, x, start, alive)
        return self.projection(output), (self.projection(h), c)

    def _cell(self, inward: Float[Tensor, "angle column"]) -> Cell:
        weights, outward = self.circuits.weight, self.outward
        bias = self.inward.bias
        return Cell(inward, bias, weights, outward.weight, outward.bias, self.scale, self.bias)


class GRUCell(GatedCell):
    """Reset, update and candidate, in nn.GRU's order.

    A is applied to [x_t, h_{t-1}] for reset and update and to [x_t, r * h_{t-1}] for the candidate.
    """

    n_gates = 3

    def forward(
        self,
        x: Float[Tensor, "time batch feature"],
        states: tuple[Float[Tensor, "batch hidden"]],
        alive: Bool[Tensor, "time batch 1"] | None = None,
    ) -> tuple[Float[Tensor, "time batch hidden"], tuple[Float[Tensor, "batch hidden"]]]:
        (h,) = states
        from_x, from_h = torch.split(self.inward.weight, [x.shape[-1], h.shape[-1]], dim=1)
        driven = x @ from_x.T + self.inward.bias  # the whole sequence at once
        opening, candidate = self._gates(slice(2)), self._gates(2)
        outputs = []
        for t, angles in enumerate(driven.unbind()):
            opened = torch.sigmoid(opening(torch.addmm(angles, h, from_h.T)))
            reset, update = opened.unbind(dim=1)
            new = torch.tanh(candidate(torch.addmm(angles, reset * h, from_h.T)))
            new = torch.lerp(new, h, update)  # (1 - z) * n + z * h
            h = new if alive is None else torch.where(alive[t], new, h)
            outputs.append(h)
        return torch.stack(outputs), (h,)

    def _gates(self, gates: slice | int) -> Callable[[Tensor], Tensor]:
        """A function from angles to these gates before sigmoid or tanh, for the current weights."""
        values, scale, bias = self.circuits.prepared(gates), self.scale[gates], self.bias[gates]
        return lambda angles: torch.addcmul(bias, self.outward(values(angles)), scale)


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
        proj_size: int = 0,
    ) -> None:
        super().__init__()
        del proj_size  # 0, as `Recurrent` sees to
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
            n_gates=LSTMCell.n_gates,
            strategy=config.strategy,
            generator=torch.Generator(),  # its draw is replaced below, gate by gate as published
        )
        shape = (config.n_layers, n)
        draws = [0.01 * torch.randn(shape, generator=generator) for _ in range(LSTMCell.n_gates)]
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
            one.new_ones(LSTMCell.n_gates, 1),
            one.new_zeros(LSTMCell.n_gates, hidden),
        )
        return _lstm(self.circuits, cell, x, state, alive)
