"""The moves of a state as one function with a backward pass written by hand.

It keeps the state before every product, or undoes the moves one by one (see `AdjointProgram`). It
takes turns with two pieces of memory, for fresh memory costs about as much time as a product.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.forward_ad import unpack_dual

from ....errors import CircuitError
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
    if not moves or _needs_autograd(tensors):
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
        track = _Track(_state(factors), is_lent=n_factors == 1)
        kept = []
        for move in moves:
            if isinstance(move, Permute | SamplesFirst):
                track.go(move.apply, constants)
                continue
            if keeps:
                kept.append(track.lend())
            track.go(move.apply, matrix_of(move, tables))
        ctx.save_for_backward(*tensors, *(kept if keeps else (track.state,)))
        ctx.moves, ctx.constants, ctx.undoes = moves, constants, undoes
        ctx.n_factors, ctx.n_tensors = n_factors, len(tensors)
        return track.state

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled() or _is_batched(gradient):
            return (None,) * 4 + _recomputed(ctx, gradient)
        saved: tuple[Tensor, ...] = ctx.saved_tensors
        tensors, kept = saved[: ctx.n_tensors], list(saved[ctx.n_tensors :])
        needed = ctx.needs_input_grad[4:]
        factors, tables = tensors[: ctx.n_factors], tensors[ctx.n_factors :]
        gradients = [torch.zeros_like(table) for table in tables]
        back = _Track(gradient.contiguous().conj_physical(), is_lent=not gradient.is_complex())
        states = _Track(kept.pop(), is_lent=True) if ctx.undoes else None
        for move in reversed(ctx.moves):
            if isinstance(move, Permute | SamplesFirst):
                if states is not None:
                    states.go(move.undo, ctx.constants)
                back.go(move.undo, ctx.constants)
                continue
            matrix = matrix_of(move, tables)
            if states is not None:
                states.go(move.undo, matrix.mH)
            before = kept.pop() if states is None else states.state
            table, group, layer = move.source
            if needed[ctx.n_factors + table]:
                gradients[table][group, layer] = move.pull(back.state, before)
            back.go(move.undo, matrix.mT)
        of_factors = _pulled(back.state, factors) if any(needed[: ctx.n_factors]) else ()
        conjugate = (*of_factors, *gradients)
        missing = [None] * (4 + ctx.n_factors - len(of_factors))
        return *missing, *(each.conj() for each in conjugate)


class _Track:
    """A state on its way, in two pieces of memory that take turns."""

    def __init__(self, state: Tensor, *, is_lent: bool) -> None:
        self.state = state
        self._is_lent = is_lent
        self._spare: Tensor | None = None

    def lend(self) -> Tensor:
        """The state, to be kept by others, so that its memory is not used again."""
        self._is_lent = True
        return self.state

    def go(self, step: Callable[..., Tensor], by: Tensor | Tensors) -> None:
        """To ``step(state, by)``."""
        old, spare = self.state, self._spare
        self.state = step(old, by, spare)
        if self.state.data_ptr() == old.data_ptr():  # a view: nothing has moved
            return
        if not self._is_lent:
            self._spare = old
        elif spare is not None and self.state.data_ptr() == spare.data_ptr():
            self._spare = None
        self._is_lent = False


def squares(state: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """``state**2``, with a backward pass of two products."""
    if _needs_autograd([state]):
        return state * state
    result: Tensor = _Squares.apply(state)
    return result


class _Squares(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, state: Tensor) -> Tensor:
        ctx.save_for_backward(state)
        return state * state

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        state: Tensor
        (state,) = ctx.saved_tensors
        return (gradient * state).mul_(2)


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


def _needs_autograd(tensors: list[Tensor]) -> bool:
    """Whether something other than a first derivative backwards may be wanted."""
    return (
        torch.compiler.is_compiling()
        or torch._C._are_functorch_transforms_active()  # noqa: SLF001  (nothing public tells)
        or any(unpack_dual(each).tangent is not None for each in tensors)  # type: ignore[no-untyped-call]
    )


def _is_batched(gradient: Tensor) -> bool:
    """Whether this is a batch of gradients, as for a Jacobian all at once."""
    batched: bool = torch._C._functorch.is_legacy_batchedtensor(gradient)  # noqa: SLF001
    return batched


def _recomputed(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
    """Autograd's backward pass, which can be differentiated again and batched."""
    is_differentiated = torch.is_grad_enabled()
    if ctx.undoes and is_differentiated:
        raise CircuitError(
            "strategy 'adjoint' has no second derivatives (create_graph=True); use 'gates'"
        )
    tensors: tuple[Tensor, ...] = ctx.saved_tensors[: ctx.n_tensors]
    factors, tables = tensors[: ctx.n_factors], tensors[ctx.n_factors :]
    with torch.enable_grad():
        state = run(ctx.moves, _state(factors), tables, ctx.constants)
    needed = [tensor for tensor in tensors if tensor.requires_grad]
    found = iter(
        torch.autograd.grad(
            state, needed, gradient, create_graph=is_differentiated, allow_unused=True
        )
    )
    return tuple(next(found) if tensor.requires_grad else None for tensor in tensors)
