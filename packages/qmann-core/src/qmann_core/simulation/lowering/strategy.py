"""Which strategy a circuit is run by, and why; and whether it fits into this machine."""

import os
import sys
from typing import Literal

from ...errors import CircuitError
from .lower import Lowered

TorchStrategy = Literal["fused", "gates", "adjoint"]
Strategy = Literal["auto", "kernel", "fused", "gates", "adjoint"]

MAX_FUSED_WIRES = 6  # measured, forward and backward, batches of 32 and 256: beyond, gates win
_MAX_KEPT_WIRES = 17  # beyond, the states of all layers outgrow memory: they are undone

_BYTES_PER_AMPLITUDE = 64  # state, adjoint state, room to permute both, and permutations


def choose(lowered: Lowered, strategy: Strategy) -> tuple[TorchStrategy, str]:
    """The PyTorch strategy that a request comes to, and why.

    Raises:
        CircuitError: fusing is asked for where inputs are read again.
    """
    if strategy == "fused" and lowered.rereads_inputs:
        raise CircuitError(
            "strategy 'fused' needs gates after the encoding that read weights only, but this "
            "circuit reads inputs after weights or entangling gates; use 'auto' or 'gates'"
        )
    if strategy != "auto" and strategy != "kernel":
        return strategy, "as asked for"
    if lowered.rereads_inputs:
        kept: TorchStrategy = "gates" if lowered.n_wires <= _MAX_KEPT_WIRES else "adjoint"
        return kept, "because inputs are read after weights or entangling gates"
    if lowered.n_wires <= MAX_FUSED_WIRES:
        return "fused", f"because there are at most {MAX_FUSED_WIRES} wires"
    if lowered.n_wires <= _MAX_KEPT_WIRES:
        return "gates", f"because there are more than {MAX_FUSED_WIRES} wires"
    return "adjoint", f"because there are more than {_MAX_KEPT_WIRES} wires"


def check_memory(n_wires: int) -> None:
    """Refuse a register whose states do not fit.

    Raises:
        CircuitError: with the memory that it needs and that there is.
    """
    needed = _BYTES_PER_AMPLITUDE * 2**n_wires
    present = _physical_memory()
    if present is not None and needed > present:
        raise CircuitError(
            f"{n_wires} wires: simulating one sample with its gradient needs about "
            f"{needed / 2**30:,.0f} GiB, and this machine has {present / 2**30:,.0f} GiB; use "
            "fewer wires"
        )


def _physical_memory() -> int | None:
    """Bytes of memory of this machine; None on systems that do not tell (Windows)."""
    if sys.platform == "win32":
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
