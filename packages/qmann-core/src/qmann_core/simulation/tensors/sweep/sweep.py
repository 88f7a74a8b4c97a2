"""The moves of a state as one function with a backward pass written by hand.

It keeps the state before every product, or undoes the moves one by one (see `SweepProgram`).
"""

from typing import Any

import torch
from torch import Tensor

from ....errors import CircuitError
from ...derivatives import derived_again, is_batched, transforms
from ..parts import A, Amplitudes
from ..state import outer
from ..tables import Tensors
from .moves import Move, Permute, SamplesFirst, matrix_of, run


def sweep(
    moves: tuple[Move, ...],
    factors: tuple[Amplitudes, ...],
    tables: tuple[Amplitudes, ...],
    constants: Tensors,
    *,
    undoes: bool,
) -> Amplitudes:
    """The state after ``moves``.

    Args:
        moves: what happens to the state.
        factors: the state before, (gate, sample, amplitude), or two whose `outer` product it is.
        tables: matrices of the moves.
        constants: constants of the moves.
        undoes: keep no states for the backward pass.
    """
    tensors = [each for each in (*factors, *tables) if isinstance(each, Tensor)]
    if not moves or torch.compiler.is_compiling() or transforms():
        return run(moves, _state(factors), tables, constants)
    result: Tensor = _Sweep.apply(moves, constants, undoes, len(factors), *tensors)
    return result


class _Sweep(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        moves: tuple[Move, ...],
        constants: Tensors,
        undoes: bool,
        n_factors: int,
        *tensors: Tensor,
    ) -> Tensor:
        factors, tables = tensors[:n_factors], tensors[n_factors:]
        keeps = not undoes and any(ctx.needs_input_grad)
        state = _state(factors)
        kept = []
        for move in moves:
            if isinstance(move, Permute | SamplesFirst):
                state = move.apply(state, constants)
                continue
            if keeps:
                kept.append(state)
            state = move.apply(state, matrix_of(move, tables))
        ctx.save_for_backward(*tensors, *(kept if keeps else (state,)))
        ctx.moves, ctx.constants, ctx.undoes = moves, constants, undoes
        ctx.n_factors, ctx.n_tensors = n_factors, len(tensors)
        return state

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled() or is_batched(gradient):
            return (None,) * 4 + _recomputed(ctx, gradient)
        saved: tuple[Tensor, ...] = ctx.saved_tensors
        tensors, kept = saved[: ctx.n_tensors], list(saved[ctx.n_tensors :])
        needed = ctx.needs_input_grad[4:]
        factors, tables = tensors[: ctx.n_factors], tensors[ctx.n_factors :]
        gradients = [torch.zeros_like(table) for table in tables]
        gradient = gradient.conj_physical()
        state = kept.pop() if ctx.undoes else None
        for move in reversed(ctx.moves):
            if isinstance(move, Permute | SamplesFirst):
                state = None if state is None else move.undo(state, ctx.constants)
                gradient = move.undo(gradient, ctx.constants)
                continue
            matrix = matrix_of(move, tables)
            before = kept.pop() if state is None else move.undo(state, matrix.mH)
            state = None if state is None else before
            table, group, layer = move.source
            if needed[ctx.n_factors + table]:
                gradients[table][group, layer] = move.pull(gradient, before)
            gradient = move.undo(gradient, matrix.mT)
        of_factors = _pulled(gradient, factors) if any(needed[: ctx.n_factors]) else ()
        conjugate = (*of_factors, *gradients)
        missing = [None] * (4 + ctx.n_factors - len(of_factors))
        return *missing, *(each.conj() for each in conjugate)


def _state(factors: tuple[A, ...]) -> A:
    return outer(*factors) if len(factors) == 2 else factors[0]


def _pulled(gradient: Tensor, factors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The gradients of factors from that of their product; all are conjugate."""
    if len(factors) == 1:
        return (gradient.view(factors[0].shape),)
    left, right = factors
    gradient = gradient.view(*left.shape, -1)
    of_left = right.unsqueeze(-2) @ gradient.mT
    of_right = left.unsqueeze(-2) @ gradient
    return of_left.squeeze(-2), of_right.squeeze(-2)


def _recomputed(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
    """Autograd's backward pass, which can be differentiated again and batched."""
    if ctx.undoes and torch.is_grad_enabled():
        raise CircuitError(
            "strategy 'adjoint' has no second derivatives (create_graph=True); use 'gates'"
        )

    def again(*tensors: Tensor) -> Amplitudes:
        factors, tables = tensors[: ctx.n_factors], tensors[ctx.n_factors :]
        return run(ctx.moves, _state(factors), tables, ctx.constants)

    tensors: tuple[Tensor, ...] = ctx.saved_tensors[: ctx.n_tensors]
    return derived_again(again, tensors, [t.requires_grad for t in tensors], gradient)
