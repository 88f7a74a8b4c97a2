"""Whether a register fits into this machine."""

import os
import sys

from ...errors import CircuitError

_BYTES_PER_AMPLITUDE = 64  # state, adjoint state, room to permute both, and permutations


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
