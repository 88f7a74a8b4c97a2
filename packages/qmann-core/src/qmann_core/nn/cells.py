"""Recurrent cells of QuantumLSTM: each runs a whole sequence, with its circuits prepared once."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ..base import HybridComponent
from ..circuits import Circuit, chen_v0, compose, hadamard_angle, z_each
from ..config import QuantumConfig
from ..errors import ConfigError
from .quantum_layer import QuantumLayer, configured_circuit

State = tuple[Tensor, Tensor]

_N_GATES = 4  # input, forget, cell, output
_FORGET = 1
_INITIAL_SCALE = 3.0  # sigmoid(3 <Z>) reaches from 0.05 to 0.95
_INITIAL_ANGLE = math.pi / 2  # around 0, <Z> = cos is blind to the sign of its input
_INITIAL_GAIN = 0.7  # keeps most angles where the cosine is monotone


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
        n = config.n_qubits
        self.inward = nn.Linear(input_size + hidden_size, n)
        nn.init.constant_(self.inward.bias, _INITIAL_ANGLE)
        with torch.no_grad():
            self.inward.weight.mul_(_INITIAL_GAIN)
        self.circuits = QuantumLayer(
            configured_circuit(config),
            n_gates=_N_GATES,
            strategy=config.strategy,
            generator=generator,
        )
        self.outward = nn.Linear(n, hidden_size)
        bias = torch.zeros(_N_GATES, hidden_size)
        bias[_FORGET] = 1.0
        trained = config.gate_scaling
        self.scale = nn.Parameter(torch.full((_N_GATES, 1), _INITIAL_SCALE)) if trained else None
        self.bias = nn.Parameter(bias) if trained else None

    def forward(
        self,
        x: Float[Tensor, "time batch feature"],
        state: State,
        alive: Bool[Tensor, "time batch 1"] | None = None,
    ) -> tuple[Float[Tensor, "time batch hidden"], State]:
        from_x, from_h = torch.split(self.inward.weight, [x.shape[-1], state[0].shape[-1]], dim=1)
        driven = x @ from_x.T + self.inward.bias  # the whole sequence at once
        prepared = self.circuits.plan.prepare(self.circuits.weight)

        def gates(t: int, h: Tensor) -> Tensor:
            z = self.circuits.plan.evaluate(driven[t] + h @ from_h.T, prepared)
            read: Tensor = self.outward(z)
            if self.scale is None or self.bias is None:
                return read
            return read * self.scale + self.bias

        return _unroll(gates, len(x), state, alive)


class ChenCell(HybridComponent):
    """The published cell: v = [x_t, h_{t-1}] on one wire each, gates read from <Z>.

    H and RY(v_i) on wire i, then ``n_layers`` of CNOTs and RYs; weights 0.01 * N(0, 1).
    Source: Chen, Yoo and Fang, arXiv:2009.01783, and the authors' script.
    """

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

    def forward(
        self,
        x: Float[Tensor, "time batch feature"],
        state: State,
        alive: Bool[Tensor, "time batch 1"] | None = None,
    ) -> tuple[Float[Tensor, "time batch hidden"], State]:
        plan = self.circuits.plan
        prepared = plan.prepare(self.circuits.weight)

        def gates(t: int, h: Tensor) -> Tensor:
            return plan.evaluate(torch.cat((x[t], h), dim=-1), prepared)

        return _unroll(gates, len(x), state, alive)


def _unroll(
    gates: Callable[[int, Tensor], Tensor], steps: int, state: State, alive: Tensor | None
) -> tuple[Tensor, State]:
    """Run the LSTM update over a sequence; finished sequences (not ``alive``) keep their state."""
    h, c = state
    outputs = []
    for t in range(steps):
        raw = gates(t, h)  # batch gate hidden
        opened = torch.sigmoid(raw)
        new_c = opened[:, 1] * c + opened[:, 0] * torch.tanh(raw[:, 2])
        new_h = opened[:, 3] * torch.tanh(new_c)
        if alive is not None:
            new_h = torch.where(alive[t], new_h, h)
            new_c = torch.where(alive[t], new_c, c)
        h, c = new_h, new_c
        outputs.append(h)
    return torch.stack(outputs), (h, c)
