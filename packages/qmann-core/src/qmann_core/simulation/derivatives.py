"""Derivatives by autograd where a backward pass written by hand does not do."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad


def derived_again(
    function: Callable[..., Any],
    tensors: Sequence[Tensor],
    needed: Sequence[bool],
    by_outputs: Tensor | tuple[Tensor, ...],
) -> tuple[Tensor | None, ...]:
    """Gradients by ``tensors``, None where they are not needed, from ``function`` run once more.

    They can be derived again where gradients are recorded: where create_graph asks for it. Each is
    that by one tensor alone, also where one was made of another.
    """
    create_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        tensors = [tensor.view_as(tensor) for tensor in tensors]
        outputs = function(*tensors)
    wanted = [tensor for tensor, need in zip(tensors, needed, strict=True) if need]
    found = iter(
        torch.autograd.grad(
            outputs, wanted, by_outputs, create_graph=create_graph, allow_unused=True
        )
    )
    return tuple(next(found) if need else None for need in needed)


def transforms() -> bool:
    """Whether torch.func transforms what runs, or derivatives are taken forwards."""
    forwards = forward_ad._current_level >= 0  # noqa: SLF001  (nothing public tells)
    return forwards or torch._C._are_functorch_transforms_active()  # noqa: SLF001


def is_batched(gradient: Tensor) -> bool:
    """Whether this is a batch of gradients, as for a Jacobian all at once."""
    batched: bool = torch._C._functorch.is_legacy_batchedtensor(gradient)  # noqa: SLF001
    return batched


def can_look(values: Tensor) -> bool:
    """Whether a check may depend on the numbers: not while tracing, nor under vmap."""
    if torch.compiler.is_compiling():
        return False
    layers = torch._C._functorch  # noqa: SLF001
    while layers.is_gradtrackingtensor(values):
        values = layers.get_unwrapped(values)
    return not layers.is_batchedtensor(values)
