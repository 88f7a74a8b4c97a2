"""Compiled kernels as a differentiable PyTorch function."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ...errors import CircuitError
from ..derivatives import derived_again, is_batched, transforms
from .program import KernelProgram
from .threads import over_blocks

_LANES = 16  # samples side by side: two AVX registers of single precision
_NARROW = 5  # wires up to which empty lanes cost next to nothing, less than to compile fewer
_WIDE = 14  # wires from which a block of 16 samples outgrows the caches
_HUGE = 18  # wires from which one sample does
KEPT = 1 << 28  # bytes of final states kept for the backward pass; beyond, they are made again


def lanes(n_wires: int, n_samples: int) -> tuple[int, ...]:
    """As many zeros as a block has samples, some of which may be left empty."""
    if n_wires <= _NARROW:
        return (0,) * _LANES
    if n_wires >= (_WIDE if n_samples == 1 else _HUGE):
        return (0,)
    return (0,) * (8 if n_samples <= 8 or n_wires >= _WIDE else _LANES)


def can_run(weights: Tensor) -> bool:
    """Whether kernels can take this tensor: an ordinary one on the CPU, nothing traced."""
    return (
        weights.device.type == "cpu"
        and type(weights) in (Tensor, torch.nn.Parameter)
        and not torch.compiler.is_compiling()
        and not transforms()
    )


def expectations(
    program: KernelProgram,
    inputs: Float[Tensor, "sample input"],
    weights: Float[Tensor, "gate weight"],
    again: Callable[[Tensor, Tensor], Tensor],
) -> Float[Tensor, "sample gate observable"]:
    """Expectation values of every sample under every gate.

    Args:
        program: the circuit.
        inputs: angles or amplitudes.
        weights: angles.
        again: the same function in PyTorch, for derivatives of derivatives.

    Raises:
        CircuitError: an input is not finite, or all amplitudes of a sample are zero.
    """
    if program.n_amplitudes:
        check_amplitudes(program.n_amplitudes, inputs.detach().numpy())
    result: Tensor = _Expectations.apply(inputs, weights, program, again)
    return result


def check_finite(x: NDArray[Any]) -> None:
    """Refuse inputs that are not finite."""
    if not np.isfinite(x).all():
        sample, column = (int(i[0]) for i in np.nonzero(~np.isfinite(x)))
        raise CircuitError(
            f"input {column} of sample {sample} (both counted from 0) is {x[sample, column]}: "
            "circuits need finite inputs; leave the sample out or fill the gap"
        )


def check_amplitudes(n_amplitudes: int, x: NDArray[Any]) -> None:
    """Refuse amplitudes that are all zero."""
    empty = ~x[:, :n_amplitudes].any(axis=1)
    if empty.any():
        raise CircuitError(
            f"amplitude encoding: all {n_amplitudes} inputs of sample {int(empty.argmax())} (of "
            f"{len(x)}, counted from 0) are zero, so they have no direction; leave the sample out "
            "or add a constant input"
        )


class _Expectations(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        inputs: Tensor,
        weights: Tensor,
        program: KernelProgram,
        again: Callable[[Tensor, Tensor], Tensor],
    ) -> Tensor:
        from ...kernels.layer import run_forward

        x, w = inputs.detach().contiguous().numpy(), weights.detach().contiguous().numpy()
        result = inputs.new_empty(len(x), len(w), len(program.observables))
        lane = lanes(program.n_wires, len(x))
        n_blocks = -(-len(x) // len(lane))
        size = n_blocks * len(w) * 2 * 2**program.n_wires * len(lane) * x.itemsize
        n_kept = n_blocks if any(ctx.needs_input_grad) and size <= KEPT else 0
        states = inputs.new_empty(n_kept, len(w), 2, 2**program.n_wires * len(lane))
        code, y, kept = program.codes[x.dtype.type], result.numpy(), states.numpy()

        nothing = over_blocks(
            lambda first, last: run_forward(code, x, w, y, kept, first, last, lane),
            n_blocks,
            program.work * len(w) * len(x),
        )
        if any(nothing):  # NaN is true
            check_finite(x)
        ctx.save_for_backward(inputs, weights, states)
        ctx.program, ctx.again = program, again
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        from ...kernels.layer import run_backward

        program, (inputs, weights, states) = ctx.program, ctx.saved_tensors
        if torch.is_grad_enabled() or is_batched(gradient):  # create_graph, or a Jacobian at once
            leaves, needed = (inputs, weights), ctx.needs_input_grad[:2]
            return *derived_again(ctx.again, leaves, needed, gradient), None, None
        x, w = inputs.detach().contiguous().numpy(), weights.detach().contiguous().numpy()
        lane = lanes(program.n_wires, len(x))
        n_blocks = -(-len(x) // len(lane))
        by_inputs = torch.empty_like(inputs, memory_format=torch.contiguous_format)
        by_weights = weights.new_zeros(max(n_blocks, 1), *weights.shape)
        code, dy, kept = program.codes[x.dtype.type], gradient.contiguous().numpy(), states.numpy()
        dx, dw = by_inputs.numpy(), by_weights.numpy()

        over_blocks(
            lambda first, last: run_backward(code, x, w, dy, kept, dx, dw, first, last, lane),
            n_blocks,
            4 * program.work * len(w) * len(x),
        )
        return by_inputs, by_weights.sum(0) if n_blocks > 1 else by_weights.squeeze(0), None, None
