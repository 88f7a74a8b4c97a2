"""What a module computes, here or in a process that it was sent to."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

import numpy as np
import torch
from torch import Tensor, nn


def results(module: nn.Module, inputs: tuple[Tensor, ...]) -> dict[str, np.ndarray]:
    """Outputs, and the gradient of the sum of their squares for every parameter, by name."""
    module.zero_grad()
    outputs = [part for part in _tensors(module(*inputs)) if part.is_floating_point()]
    sum(part.square().sum() for part in outputs).backward()
    named = {f"output {i}": part.detach() for i, part in enumerate(outputs)}
    named |= {name: p.grad for name, p in module.named_parameters() if p.grad is not None}
    return {name: value.numpy().copy() for name, value in named.items()}


@contextmanager
def spawned() -> Iterator[ProcessPoolExecutor]:
    """A process of one thread that starts from a fresh interpreter and imports what it needs."""
    with ProcessPoolExecutor(
        1, get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        yield pool


def _tensors(outputs: object) -> Iterator[Tensor]:
    if isinstance(outputs, Tensor):
        yield outputs
    else:
        for part in outputs:
            yield from _tensors(part)
