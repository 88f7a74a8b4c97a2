"""How kernels are compiled."""

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Any:
    """Compile at first use, keep the machine code on disk, run without the interpreter's lock."""
    return njit(function, cache=True, nogil=True, error_model="numpy")
