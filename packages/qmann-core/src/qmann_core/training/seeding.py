"""Seeds, threads and precision: choices follow from one number; global state is left as found."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from ..base import own_random_state
from ..errors import ConfigError

_COUNTING = threading.Lock()
_ASKED: list[list[int]] = []  # numbers of threads: as found, and of each block that is inside


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

    Those of the CPU and of ``device`` are seeded; ``device`` is a CPU or CUDA device. Threads that
    do so at once wait for each other, and each draws what it would alone.
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
    with own_random_state([device] if device.type == "cuda" else []):
        for generator in generators:
            generator.manual_seed(seed)
        yield


@contextmanager
def torch_threads(n: int | None) -> Iterator[None]:
    """Use ``n`` threads inside, and as many as before afterwards; None changes nothing.

    Operations on small tensors lose more time by waking threads than these save. PyTorch has one
    number for all of Python's threads: of several that are inside, the last to come in counts.
    """
    own = [torch.get_num_threads() if n is None else n]  # a list, to be told from its equals
    with _COUNTING:
        if not _ASKED:
            _ASKED.append([torch.get_num_threads()])
        _ASKED.append(own)
        torch.set_num_threads(own[0])
    try:
        yield
    finally:
        with _COUNTING:
            _ASKED[:] = [each for each in _ASKED if each is not own]
            torch.set_num_threads(_ASKED[-1][0])
            if len(_ASKED) == 1:
                _ASKED.clear()


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
