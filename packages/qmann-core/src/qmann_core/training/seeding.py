"""Seeds, threads and precision: choices follow from one number; global state is left as found."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from ..errors import ConfigError


def derive(seed: int, *path: int) -> int:
    """A seed for one purpose, independent of the seeds of every other path.

    ``derive(seed, 3)`` and ``derive(seed + 1, 2)`` have nothing in common, unlike the sums
    ``seed + 3`` and ``seed + 1 + 2``. All numbers are at least 0; the result fits 63 bits.
    """
    if min(seed, *path, 0) < 0:
        raise ConfigError(f"got seed {seed}: expected a whole number from 0; choose another one")
    words = np.random.SeedSequence(seed, spawn_key=path).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(1))


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's own generators, from which dropout draws, inside; restore them afterwards.

    Those of the CPU and of ``device`` are seeded; ``device`` is a CPU or CUDA device.
    """
    generators = [torch.default_generator]
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        generators.append(torch.cuda.default_generators[index])
    elif device.type != "cpu":
        raise ConfigError(
            f"got a model on {device}, whose random state cannot be restored, so that training "
            "would not be repeatable; move the model to cpu or cuda"
        )
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        for generator in generators:
            generator.manual_seed(seed)
        yield


@contextmanager
def torch_threads(n: int | None) -> Iterator[None]:
    """Use ``n`` threads inside, and as many as before afterwards; None changes nothing.

    Operations on small tensors lose more time by waking threads than these save.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(before if n is None else n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Precision:
    """The default dtype that was found, and how many are inside `single_precision`."""

    lock = threading.Lock()
    inside = 0
    found = torch.float32


@contextmanager
def single_precision() -> Iterator[None]:
    """Make float32 PyTorch's default inside, of which models and samples are; also a decorator.

    The last of the threads inside puts back what the first one found.
    """
    with _Precision.lock:
        if not _Precision.inside:
            _Precision.found = torch.get_default_dtype()
            torch.set_default_dtype(torch.float32)
        _Precision.inside += 1
    try:
        yield
    finally:
        with _Precision.lock:
            _Precision.inside -= 1
            if not _Precision.inside:
                torch.set_default_dtype(_Precision.found)
