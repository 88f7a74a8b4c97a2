"""Blocks of samples over threads, as many as PyTorch may use."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise

import torch

_WORTHWHILE = 1 << 21  # amplitudes touched: some 200 microseconds, ten times what a thread costs


def over_blocks(run: Callable[[int, int], None], n_blocks: int, work: int) -> None:
    """Call ``run(first, last)`` for ranges that cover all blocks, at the same time if it pays.

    ``run`` releases the interpreter's lock, and blocks write to different places, so that results
    do not depend on the number of threads.

    Args:
        run: computes some blocks.
        n_blocks: how many there are.
        work: amplitudes touched in all.
    """
    n_threads = min(torch.get_num_threads(), n_blocks) if work > _WORTHWHILE else 1
    bounds = [n_blocks * thread // n_threads for thread in range(n_threads + 1)]
    others = [_pool(os.getpid()).submit(run, first, last) for first, last in pairwise(bounds[1:])]
    run(bounds[0], bounds[1])
    for other in others:
        other.result()


@lru_cache(maxsize=1)
def _pool(_process: int) -> ThreadPoolExecutor:
    """Threads of this process; those of the process that it was forked from do not run here."""
    return ThreadPoolExecutor(thread_name_prefix="qmann")
