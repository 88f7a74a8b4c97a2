"""A circuit as arrays, and the memory in which kernels run it.

A state is two flat arrays, real and imaginary parts, amplitude by amplitude with all samples of the
block side by side. `Code` is what `simulation.program.KernelProgram` makes of a circuit.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .options import compiled, inlined
from .simd import load, store

SHARED, PER_SAMPLE, PERMUTATION, SIGNED_PERMUTATION = range(4)
X, Y, Z, FIXED = range(4)
TABLE = 17  # numbers of a 2x2 complex matrix and of a 3x3 rotation
START = np.int64(0)  # a literal 0 would have whatever it is given to compiled once more


class Code(NamedTuple):
    """A circuit as arrays."""

    shape: NDArray[np.int64]
    """wires, inputs, weights, are amplitudes real, inputs that are amplitudes, are inputs angles"""
    factors: NDArray[np.int64]
    """(factor, 2), gates that no input steers: axis and weight, or `FIXED`"""
    constants: NDArray[Any]
    """(factor, `TABLE`): of a fixed gate"""
    segments: NDArray[np.int64]
    """(segment, 3): axis and input, or `FIXED`, first factor and one past the last"""
    runs: NDArray[np.int64]
    """(run, 2): first segment and one past the last; the first `wires` runs make the start"""
    stages: NDArray[np.int64]
    """(stage, 3): kind, wire or row of ``sources``, run"""
    sources: NDArray[np.int32]
    """(permutation, amplitude): where each amplitude comes from"""
    signs: NDArray[np.int8]
    """(permutation, amplitude)"""
    observables: NDArray[np.int64]
    """(observable, 4): kind; flips, signs, power of i; for a projector: mask, bits, 0"""


class Scratch(NamedTuple):
    """Working memory for one block: each state has room for itself and for its permutation."""

    psi: Any
    psi_i: Any
    lam: Any
    lam_i: Any
    columns: Any
    """Four vectors for every wire, or eight."""
    bloch: Any


@compiled
def scratch(code: Any, like: Any, lanes: Any) -> Any:
    """Working memory in the precision of ``like``."""
    n = (2 << code.shape[0]) * len(lanes)
    dtype = like.dtype
    return Scratch(
        np.empty(n, dtype),
        np.zeros(n, dtype),
        np.empty(n, dtype),
        np.zeros(n, dtype),
        np.empty((4 * code.shape[0] + 4) * len(lanes), dtype),
        np.empty(3 * len(lanes), dtype),
    )


@inlined
def clear(x: Any) -> Any:
    """Zeros to a flat array: compiled in a tenth of the time that ``x[:] = 0`` takes."""
    for index in range(x.size):
        x[index] = 0


@compiled
def keep_state(code: Any, work: Any, at: Any, states: Any, lanes: Any) -> Any:
    """Copy the state at ``at`` to ``states`` (2, amplitude * lane)."""
    re, im = states[0], states[1]
    for place in range(0, len(lanes) << code.shape[0], len(lanes)):
        store(re, place, load(work.psi, at + place, lanes))
        if code.shape[3] == 0:
            store(im, place, load(work.psi_i, at + place, lanes))


@compiled
def recall_state(code: Any, work: Any, states: Any, lanes: Any) -> Any:
    """Copy a kept state to the beginning of ``work.psi``."""
    re, im = states[0], states[1]
    for place in range(0, len(lanes) << code.shape[0], len(lanes)):
        store(work.psi, place, load(re, place, lanes))
        if code.shape[3] == 0:
            store(work.psi_i, place, load(im, place, lanes))
