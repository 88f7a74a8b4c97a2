"""Derivatives by autograd where a backward pass written by hand does not do."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor


def derived_again(
    function: Callable[..., Any],
    tensors: Sequence[Tensor],
    needed: Sequence[bool],
    by_outputs: Tensor | tuple[Tensor, ...],
) -> tuple[Tensor | None, ...]:
    """Gradients by ``tensors``, None where they are not needed, from ``function`` run once more.

    They can be derived again where gradients are recorded: where create_graph asks for it.
    """
    create_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        outputs = function(*tensors)
    wanted = [tensor for tensor, need in zip(tensors, needed, strict=True) if need]
    found = iter(
        torch.autograd.grad(
            outputs, wanted, by_outputs, create_graph=create_graph, allow_unused=True
        )
    )
    return tuple(next(found) if need else None for need in needed)
