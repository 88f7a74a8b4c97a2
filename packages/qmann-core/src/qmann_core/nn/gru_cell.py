"""Recurrent cell of QuantumGRU: runs a whole sequence, with its circuits prepared once."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..base import HybridComponent
from ..config import QuantumConfig
from .gating import gate_parts

_N_GATES = 3  # reset, update, candidate: nn.GRU's order
_OPENING = slice(2)  # reset and update read the same angles
_UPDATE = 1
_CANDIDATE = 2


class GRUCell(HybridComponent):
    """Dense layer to angles, three circuits, dense layer to gates.

    With A the dense layer to angles, which is applied to [x_t, h_{t-1}] for reset and update and to
    [x_t, r * h_{t-1}] for the candidate, gate_k = s_k * (W_out <Z>_k + b_out) + b_k, with the
    learnable scale s_k = 3 and bias b_k = 0 (1 for the update gate, which then keeps its state) of
    ``gate_scaling``; without it s_k = 1 and b_k = 0.
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
            (input_size, hidden_size), config, generator, n_gates=_N_GATES, opened=_UPDATE
        )
        self.inward, self.circuits, self.outward, self.scale, self.bias = parts

    def forward(
        self,
        x: Float[Tensor, "time batch feature"],
        states: tuple[Float[Tensor, "batch hidden"]],
        alive: Bool[Tensor, "time batch 1"] | None = None,
    ) -> tuple[Float[Tensor, "time batch hidden"], tuple[Float[Tensor, "batch hidden"]]]:
        (h,) = states
        from_x, from_h = torch.split(self.inward.weight, [x.shape[-1], h.shape[-1]], dim=1)
        driven = x @ from_x.T + self.inward.bias  # the whole sequence at once
        opening, candidate = self._gates(_OPENING), self._gates(_CANDIDATE)
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
        plan = self.circuits.plan
        prepared = plan.prepare(self.circuits.weight[gates])
        if self.scale is None or self.bias is None:
            return lambda angles: self.outward(plan.evaluate(angles, prepared))
        scale, bias = self.scale[gates], self.bias[gates]
        return lambda angles: torch.addcmul(
            bias, self.outward(plan.evaluate(angles, prepared)), scale
        )
