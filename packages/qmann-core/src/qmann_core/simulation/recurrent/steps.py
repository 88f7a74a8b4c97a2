"""An LSTM whose gates are circuits, step by step in PyTorch."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import linear

from ..plan import ExecutionPlan
from ..tensors.fused import Waves

State = tuple[Tensor, Tensor]
_Gates = Callable[[int, Tensor], tuple[Tensor, ...]]
"""The gates r_k of step t, from h."""
_GATES = 4


class Cell(NamedTuple):
    """Parameters of the gates ``r_k = s_k (S z_k(A [x_t, h_{t-1}] + a) + b) + c_k``.

    k is input, forget, cell, output; z_k are the expectation values of the circuit with weights
    w_k.
    """

    inward: Float[Tensor, "angle column"]
    """A"""
    inward_bias: Float[Tensor, " angle"]
    """a"""
    weights: Float[Tensor, "4 weight"]
    """w"""
    outward: Float[Tensor, "hidden observable"]
    """S"""
    outward_bias: Float[Tensor, " hidden"]
    """b"""
    scale: Float[Tensor, "4 1"]
    """s"""
    bias: Float[Tensor, "4 hidden"]
    """c"""


def unrolled(
    plan: ExecutionPlan,
    cell: Cell,
    x: Tensor,
    state: State,
    alive: Tensor | None,
    *,
    traced: bool = False,
) -> tuple[Tensor, State]:
    """Step by step, with the circuits prepared once; ``traced``: in PyTorch only."""
    prepared = plan.prepare(cell.weights, traced=traced)
    waves = plan.waves(prepared)
    if waves is None:
        return stepped(lambda angles: plan.evaluate(angles, prepared), cell, x, state, alive)
    return _steps(_wave_gates(waves, cell, x), x, state, alive)


def stepped(
    values: Callable[[Tensor], Tensor], cell: Cell, x: Tensor, state: State, alive: Tensor | None
) -> tuple[Tensor, State]:
    """Step by step, with ``values`` of angles, (batch, gate, observable), from anywhere."""
    return _steps(_circuit_gates(values, cell, x), x, state, alive)


def _steps(gates: _Gates, x: Tensor, state: State, alive: Tensor | None) -> tuple[Tensor, State]:
    (h, c), outputs = state, []
    for t in range(len(x)):
        i, f, g, o = gates(t, h)
        new_c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        new_h = torch.sigmoid(o) * torch.tanh(new_c)
        if alive is not None:
            new_h = torch.where(alive[t], new_h, h)
            new_c = torch.where(alive[t], new_c, c)
        h, c = new_h, new_c
        outputs.append(h)
    return torch.stack(outputs), (h, c)


def _circuit_gates(values: Callable[[Tensor], Tensor], cell: Cell, x: Tensor) -> _Gates:
    """For any circuit."""
    from_x, from_h = torch.split(cell.inward, [x.shape[-1], cell.inward.shape[1] - x.shape[-1]], 1)
    driven = (x @ from_x.T + cell.inward_bias).unbind()  # the whole sequence at once
    outward = (cell.scale.unsqueeze(-1) * cell.outward).mT
    bias = torch.addcmul(cell.bias, cell.scale, cell.outward_bias).unsqueeze(1)

    def gates(t: int, h: Tensor) -> tuple[Tensor, ...]:
        read = values(driven[t] + h @ from_h.T)  # batch gate observable
        return torch.baddbmm(bias, read.transpose(0, 1), outward).unbind()

    return gates


def _wave_gates(waves: Waves, cell: Cell, x: Tensor) -> _Gates:
    """The same for a Fourier series ``z_k = table_k cos(F v + phases)``.

    Both dense layers fold into it: F A on its way in, s_k S table_k on its way out.
    """
    inward = waves.frequencies @ cell.inward
    from_x, from_h = torch.split(inward, [x.shape[-1], inward.shape[1] - x.shape[-1]], dim=1)
    phases = torch.addmv(waves.phases, waves.frequencies, cell.inward_bias)
    driven = linear(x, from_x, phases).unbind()
    outward = ((cell.scale.unsqueeze(-1) * cell.outward) @ waves.table).flatten(0, 1).mT
    bias = torch.addcmul(cell.bias, cell.scale, cell.outward_bias).flatten()

    def gates(t: int, h: Tensor) -> tuple[Tensor, ...]:
        raw = torch.addmm(bias, torch.addmm(driven[t], h, from_h.mT).cos(), outward)
        return raw.chunk(_GATES, dim=-1)

    return gates
