"""An LSTM whose gates are circuits, over a whole sequence: one compiled kernel, or PyTorch."""

from functools import lru_cache
from itertools import accumulate, product
from math import prod
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor

from ..cpu.function import KEPT, can_run, check_finite, lanes
from ..cpu.program import KernelProgram
from ..cpu.threads import over_blocks
from ..derivatives import derived_again, is_batched
from ..plan import ExecutionPlan
from .steps import Cell, State, unrolled

_GATES = 4
_GRID_LANES = 16
_N_TENSORS = 10  # x, h, c and the fields of Cell


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
        if can_run(x):
            check_finite(x.detach().reshape(-1, x.shape[-1]).numpy())
        return unrolled(plan, cell, x, state, alive)

    def again(x: Tensor, h: Tensor, c: Tensor, *parameters: Tensor) -> tuple[Tensor, ...]:
        output, (h_n, c_n) = unrolled(plan, Cell(*parameters), x, (h, c), alive, traced=True)
        return output, h_n, c_n

    output, h_n, c_n = _Sequence.apply(x, *state, *cell, alive, plan.program, again)
    return output, (h_n, c_n)


@lru_cache(maxsize=16)
def _grid(n_inputs: int, kind: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Where a trigonometric polynomial is read, and the way from there to its coefficients.

    A polynomial of degree one in each (cos x_i, sin x_i) is known from its values where every x_i
    is one of 0, 2 pi / 3 and 4 pi / 3 (point, input): its coefficients are their discrete Fourier
    transform, input by input (one of three points, one of three coefficients).
    """
    turns = 2 * np.pi / 3 * np.arange(3)
    one = np.stack([np.full(3, 1 / 3), 2 / 3 * np.cos(turns), 2 / 3 * np.sin(turns)], axis=1)
    points = np.array(list(product(turns, repeat=n_inputs)))
    return points.astype(kind), one.astype(kind)


class _Kept(NamedTuple):
    """What the backward pass needs of the forward pass, in one piece of memory."""

    tapes: NDArray[Any]
    states: NDArray[Any]
    products: NDArray[Any]
    series: NDArray[Any]
    grid_states: NDArray[Any]


def _memory(
    program: KernelProgram, x: Tensor, cell: Any, lane: tuple[int, ...], *, trains: bool
) -> tuple[Tensor, _Kept]:
    """Memory for a forward pass, and the arrays in it; without training it keeps one step."""
    time, batch, _ = x.shape
    width, (n_angles, _) = len(lane), cell.inward.shape
    hidden, n_values = cell.outward.shape
    n_blocks, n_steps = -(-batch // width), time if trains else 1
    amplitudes = 2 * 2**program.n_wires
    n_products = 3**n_angles
    is_series = program.is_series and time * batch > n_products
    size = time * batch * _GATES * amplitudes * x.element_size()
    kept_blocks = n_blocks if trains and size <= KEPT and not is_series else 0
    shapes = (
        (n_blocks, n_steps, (n_angles + _GATES * n_values + 6 * hidden) * width),
        (kept_blocks, time, _GATES, 2, amplitudes // 2 * width),
        (n_blocks, n_products if is_series else 1, n_steps * width),
        (_GATES * n_values if is_series else 0, n_products if is_series else 1),
        (
            -(-n_products // _GRID_LANES) if is_series else 0,
            _GATES,
            2,
            amplitudes // 2 * _GRID_LANES,
        ),
    )
    ends = [0, *accumulate(map(prod, shapes))]
    memory = x.new_empty(ends[-1])
    flat = memory.numpy()
    arrays = (flat[a:b].reshape(shape) for a, b, shape in zip(ends, ends[1:], shapes, strict=False))
    return memory, _Kept(*arrays)


class _Sequence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> tuple[Tensor, Tensor, Tensor]:
        from ...kernels import cell as cells
        from ...kernels import gathering
        from ...kernels import lstm as kernels

        tensors = arguments[:_N_TENSORS]
        alive, program, again = arguments[_N_TENSORS:]
        arrays = [t.detach().contiguous().numpy() for t in tensors]
        cell, x, h = cells.Cell(*arrays[3:]), tensors[0], tensors[1]
        code = program.codes[arrays[0].dtype.type]
        time, batch, _ = x.shape
        lane = lanes(program.n_wires, batch)
        memory, kept = _memory(program, x, cell, lane, trains=any(ctx.needs_input_grad))
        if len(kept.series):
            grid = _grid(len(cell.inward), arrays[0].dtype)
            gathering.coefficients(
                code, cell.weights, *grid, kept.grid_states, kept.series, (0,) * _GRID_LANES
            )
        outputs = x.new_empty(time, *h.shape), torch.empty_like(h), torch.empty_like(h)
        living = _mask(alive, x)
        made = [t.numpy() for t in outputs]

        nothing = over_blocks(
            lambda first, last: kernels.run_forward(
                code, cell, *arrays[:3], living, *made, *kept[:2], kept.series, kept.products,
                first, last, lane,
            ),
            len(kept.tapes),
            _GATES * program.work * time * batch,
        )  # fmt: skip
        if any(nothing):  # NaN is true
            check_finite(arrays[0].reshape(time * batch, -1))
        ctx.save_for_backward(*tensors, memory)
        ctx.again, ctx.run = again, (program, code, cell, arrays[0], living, lane, kept)
        return outputs

    @staticmethod
    def backward(ctx: Any, *by_outputs: Tensor) -> tuple[Tensor | None, ...]:
        from ...kernels import cell as cells
        from ...kernels import gathering
        from ...kernels import lstm as kernels

        *tensors, _ = ctx.saved_tensors  # refuses what was changed in place or freed
        if torch.is_grad_enabled() or any(map(is_batched, by_outputs)):  # create_graph, or at once
            needed = ctx.needs_input_grad[:_N_TENSORS]
            return *derived_again(ctx.again, tensors, needed, by_outputs), None, None, None
        program, code, cell, x, living, lane, kept = ctx.run
        made = [torch.empty(t.shape, dtype=t.dtype) for t in tensors[:3]]
        by_states = [t.numpy() for t in made]
        n_blocks, shape = len(kept.tapes), (_GATES, *cell.outward.shape)
        shapes = (cell.inward.shape, cell.inward_bias.shape, cell.weights.shape, shape, shape[:2])
        sums = cells.Sums(
            *(np.zeros((max(n_blocks, 1), *s), x.dtype) for s in (*shapes, kept.series.shape))
        )
        given = [t.contiguous().numpy() for t in by_outputs]

        over_blocks(
            lambda first, last: kernels.run_backward(
                code, cell, x, living, *given, *kept[:2], kept.series, kept.products, *by_states,
                sums, first, last, lane,
            ),
            n_blocks,
            4 * _GATES * program.work * x.shape[0] * x.shape[1],
        )  # fmt: skip
        by = cells.Sums(*(part.sum(0) if n_blocks > 1 else part[0] for part in sums))
        by_weights = by.weights
        if len(kept.series):
            grid = _grid(len(cell.inward), x.dtype)
            by_weights = gathering.series_gradient(
                code, cell.weights, by.series, *grid, kept.grid_states, (0,) * _GRID_LANES
            )
        readout = [np.zeros_like(p) for p in (cell.outward, cell.outward_bias, cell.scale)]
        gathering.readout_gradient(cell, by.outward, by.outward_bias, *readout)
        gradients = (by.inward, by.inward_bias, by_weights, *readout, by.outward_bias)
        by_cell = [torch.from_numpy(gradient) for gradient in gradients]
        return *made, *by_cell, None, None, None


def _mask(alive: Tensor | None, x: Tensor) -> NDArray[Any]:
    if alive is None:
        return x.new_empty(0, 0).numpy()
    return alive.squeeze(-1).to(x.dtype).contiguous().numpy()
