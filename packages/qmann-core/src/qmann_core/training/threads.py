"""How many threads PyTorch uses while a model is trained."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


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
