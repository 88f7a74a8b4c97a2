"""Blocks of samples over threads, as many as PyTorch may use."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

import torch

T = TypeVar("T")

_WORTHWHILE = 1 << 21  # amplitudes touched: some 200 microseconds, ten times what a thread costs


def over_blocks(run: Callable[[int, int], T], n_blocks: int, work: int) -> list[T]:
    """``run(first, last)`` of ranges that cover all blocks, at the same time if it pays.

    ``run`` releases the interpreter's lock, and blocks write to different places, so that results
    do not depend on the number of threads.

    Args:
        run: computes some blocks.
        n_blocks: how many there are.
        work: amplitudes touched in all.
    """
    n_threads = min(torch.get_num_threads(), n_blocks) if work > _WORTHWHILE else 1
    if n_threads <= 1:
        return [run(0, n_blocks)]
    bounds = [n_blocks * thread // n_threads for thread in range(n_threads + 1)]
    pool = _pool(os.getpid())
    others = [pool.submit(run, first, last) for first, last in pairwise(bounds[1:])]
    try:
        first = run(bounds[0], bounds[1])
    finally:
        wait(others)  # they write to the caller's arrays, also after an error
    return [first, *(other.result() for other in others)]


@lru_cache(maxsize=1)
def _pool(_process: int) -> ThreadPoolExecutor:
    """Threads of this process; those of the process that it was forked from do not run here."""
    return ThreadPoolExecutor(thread_name_prefix="qmann")
