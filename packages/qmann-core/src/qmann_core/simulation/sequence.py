"""An LSTM whose gates are circuits, over a whole sequence: one compiled kernel, or PyTorch."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from .compiled import KEPT, can_run, check_inputs, lanes
from .parallel import over_blocks
from .plan import ExecutionPlan
from .program import KernelProgram

State = tuple[Tensor, Tensor]


class Cell(NamedTuple):
    """Parameters of the gates ``r_k = S_k z_k(A [x_t, h_{t-1}] + b) + s_k``.

    k is input, forget, cell, output; z_k are the expectation values of the circuit with weights
    w_k.
    """

    inward: Float[Tensor, "angle column"]
    """A"""
    inward_bias: Float[Tensor, " angle"]
    """b"""
    weights: Float[Tensor, "4 weight"]
    """w"""
    outward: Float[Tensor, "4 hidden observable"]
    """S"""
    outward_bias: Float[Tensor, "4 hidden"]
    """s"""


def lstm(
    plan: ExecutionPlan,
    cell: Cell,
    x: Float[Tensor, "time batch feature"],
    state: State,
    alive: Bool[Tensor, "time batch 1"] | None = None,
) -> tuple[Float[Tensor, "time batch hidden"], State]:
    """Hidden states of all steps, and the final (h, c).

        i, f, o = sigmoid(r_i), sigmoid(r_f), sigmoid(r_o);  g = tanh(r_g)
        c_t = f * c_{t-1} + i * g;  h_t = o * tanh(c_t)

    Args:
        plan: the circuit of the four gates.
        cell: their parameters.
        x: the sequence.
        state: (h, c) before it, each (batch, hidden).
        alive: False where a sequence has ended; it keeps its state then.

    Raises:
        CircuitError: an input is not finite.
    """
    if not (plan.runs_compiled(cell.weights) and plan.is_plain and can_run(x)):
        return _unrolled(plan, cell, x, state, alive)

    def again(x: Tensor, h: Tensor, c: Tensor, *parameters: Tensor) -> tuple[Tensor, ...]:
        output, (h_n, c_n) = _unrolled(plan, Cell(*parameters), x, (h, c), alive, traced=True)
        return output, h_n, c_n

    check_inputs(plan.program, x.detach().reshape(-1, x.shape[-1]).numpy())
    output, h_n, c_n = _Sequence.apply(x, *state, *cell, alive, plan.program, again)
    return output, (h_n, c_n)


def _unrolled(
    plan: ExecutionPlan,
    cell: Cell,
    x: Tensor,
    state: State,
    alive: Tensor | None,
    *,
    traced: bool = False,
) -> tuple[Tensor, State]:
    """Step by step, with the circuits prepared once; ``traced``: in PyTorch only."""
    h, c = state
    from_x, from_h = torch.split(cell.inward, [x.shape[-1], h.shape[-1]], dim=1)
    driven = x @ from_x.T + cell.inward_bias  # the whole sequence at once
    prepared = plan.prepare(cell.weights, traced=traced)
    outward, bias = cell.outward.mT, cell.outward_bias.unsqueeze(1)
    outputs = []
    for t, drive in enumerate(driven.unbind()):
        values = plan.evaluate(drive + h @ from_h.T, prepared)  # batch gate observable
        raw = torch.baddbmm(bias, values.transpose(0, 1), outward)  # gate batch hidden
        i, f, _, o = torch.sigmoid(raw).unbind()
        new_c = f * c + i * torch.tanh(raw[2])
        new_h = o * torch.tanh(new_c)
        if alive is not None:
            new_h = torch.where(alive[t], new_h, h)
            new_c = torch.where(alive[t], new_c, c)
        h, c = new_h, new_c
        outputs.append(h)
    return torch.stack(outputs), (h, c)


class _Sequence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        h: Tensor,
        c: Tensor,
        inward: Tensor,
        inward_bias: Tensor,
        weights: Tensor,
        outward: Tensor,
        outward_bias: Tensor,
        alive: Tensor | None,
        program: KernelProgram,
        again: Callable[..., tuple[Tensor, ...]],
    ) -> tuple[Tensor, Tensor, Tensor]:
        from ..kernels import lstm as kernels

        tensors = (x, h, c, inward, inward_bias, weights, outward, outward_bias)
        arrays = [t.detach().contiguous().numpy() for t in tensors]
        time, batch, _ = x.shape
        lane = lanes(program.n_wires, batch)
        n_blocks = -(-batch // len(lane))
        n_values, hidden = outward.shape[2], h.shape[1]
        width = kernels.tape_width(inward.shape[0], n_values, hidden) * len(lane)
        tapes = x.new_empty(n_blocks, time if any(ctx.needs_input_grad) else 1, width)
        y, h_n, c_n = x.new_empty(time, batch, hidden), torch.empty_like(h), torch.empty_like(c)
        living = _mask(alive, x)
        size = time * batch * 8 * 2**program.n_wires * x.element_size()
        n_kept = n_blocks if any(ctx.needs_input_grad) and size <= KEPT else 0
        states = x.new_empty(n_kept, time, 4, 2, 2**program.n_wires * len(lane))
        cell, code = kernels.Cell(*arrays[3:]), program.codes[arrays[0].dtype.type]
        out = (y.numpy(), h_n.numpy(), c_n.numpy(), tapes.numpy(), states.numpy())

        def run(first: int, last: int) -> None:
            kernels.run_forward(code, cell, *arrays[:3], living.numpy(), *out, first, last, lane)

        over_blocks(run, n_blocks, 4 * program.work * time * batch)
        ctx.save_for_backward(*tensors, living, tapes, states)
        ctx.program, ctx.again = program, again
        return y, h_n, c_n

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        from ..kernels import lstm as kernels

        *tensors, living, tapes, states = ctx.saved_tensors
        if torch.is_grad_enabled():  # create_graph: these derivatives will be differentiated
            return *_differentiable(ctx, tensors, gradients), None, None, None
        arrays = [t.detach().contiguous().numpy() for t in tensors]
        x, h, c, *parameters = tensors
        lane = lanes(ctx.program.n_wires, x.shape[1])
        n_blocks = len(tapes)
        dx, dh, dc = (torch.empty_like(t, memory_format=torch.contiguous_format) for t in (x, h, c))
        sums = [p.new_zeros(n_blocks, *p.shape) for p in parameters]
        cell, code = kernels.Cell(*arrays[3:]), ctx.program.codes[arrays[0].dtype.type]
        by_parameters = kernels.Cell(*(s.numpy() for s in sums))
        given = [g.contiguous().numpy() for g in gradients]
        made = [t.numpy() for t in (tapes, states, dx, dh, dc)]

        def run(first: int, last: int) -> None:
            kernels.run_backward(
                code, cell, arrays[0], living.numpy(), *given, *made, by_parameters, first, last,
                lane,
            )  # fmt: skip

        over_blocks(run, n_blocks, 16 * ctx.program.work * x.shape[0] * x.shape[1])
        return dx, dh, dc, *(s.sum(dim=0) for s in sums), None, None, None


def _mask(alive: Tensor | None, x: Tensor) -> Tensor:
    return x.new_empty(0, 0) if alive is None else alive.squeeze(-1).to(x.dtype).contiguous()


def _differentiable(
    ctx: Any, tensors: list[Tensor], gradients: tuple[Tensor, ...]
) -> tuple[Tensor | None, ...]:
    needed = ctx.needs_input_grad[: len(tensors)]
    wanted = [t for t, need in zip(tensors, needed, strict=True) if need]
    outputs = ctx.again(*tensors)
    found = iter(
        torch.autograd.grad(outputs, wanted, gradients, create_graph=True, allow_unused=True)
    )
    return tuple(next(found) if need else None for need in needed)
