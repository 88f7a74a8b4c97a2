"""Constants of a compiled circuit: NumPy arrays, and their tensors per precision and device."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..circuits import Input, Weight
from .cosines import monomials
from .gates import SignedPermutation
from .lowering import Layer
from .readout import Readout

Arrays = dict[str, NDArray[Any]]
Tensors = Mapping[str, Tensor]

COMPLEX = {torch.float32: torch.complex64, torch.float64: torch.complex128}


@runtime_checkable
class HasMasters(Protocol):
    """A compiled circuit with constants from `as_masters`, hashed by identity."""

    def __hash__(self) -> int: ...

    @property
    def masters(self) -> Tensors:
        """Constants by name."""


def as_masters(arrays: Arrays) -> Tensors:
    """Constants as tensors in double precision on the CPU."""
    with torch.inference_mode(False):  # what is kept must serve training, too
        return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}


def constants(program: HasMasters, dtype: torch.dtype, device: torch.device) -> Tensors:
    """The constants of ``program`` where they are needed; kept, except while tracing."""
    if torch.compiler.is_compiling():
        return cast(program.masters, dtype, device)
    return _kept(program, dtype, device)


@lru_cache(maxsize=256)
def _kept(program: HasMasters, dtype: torch.dtype, device: torch.device) -> Tensors:
    with torch.inference_mode(False):
        return cast(program.masters, dtype, device)


def cast(masters: Tensors, dtype: torch.dtype, device: torch.device) -> Tensors:
    """Real tensors in precision ``dtype``, complex ones in the one that matches it."""
    kinds = {torch.float64: dtype, torch.complex128: COMPLEX[dtype], torch.int64: torch.int64}
    return {name: master.to(device, kinds[master.dtype]) for name, master in masters.items()}


def half_angles(angles: Sequence[Input | Weight], n_parameters: int) -> NDArray[np.float64]:
    """The matrix from parameters to half of each angle: (angle, parameter)."""
    select = np.zeros((len(angles), n_parameters))
    select[np.arange(len(angles)), [angle.index for angle in angles]] = 0.5
    return select


def layer_arrays(
    name: str, layers: Sequence[Layer], n_parameters: int, *, columns: int = 2
) -> Arrays:
    """Constants of `state.layer_matrices` for ``layers`` that all read the same parameters.

    The matrix of a wire is linear in as many features as its layer's monomials have (`cosines`);
    wires with fewer angles than others get features that count for nothing. With ``columns=1``
    only what the matrices make of |0>.
    """
    n_features = 2 ** max(len(wire.angles) for layer in layers for wire in layer.wires)
    shape = (len(layers[0].wires), len(layers), n_features)
    frequencies = np.zeros((*shape, n_parameters))
    quarter_turns = np.zeros(shape)
    basis = np.zeros((*shape, 2, 2), dtype=np.complex128)
    for column, layer in enumerate(layers):
        for row, wire in enumerate(layer.wires):
            cosines, matrix = monomials(len(wire.angles))
            used = (row, column, slice(len(matrix)))
            frequencies[used] = cosines.frequencies @ half_angles(wire.angles, n_parameters)
            quarter_turns[used] = cosines.quarter_turns
            basis[used] = (matrix.T @ wire.tensor.reshape(len(matrix), 4)).reshape(-1, 2, 2)
    return {
        f"{name}.frequencies": frequencies.reshape(quarter_turns.size, n_parameters),
        f"{name}.phases": -np.pi / 2 * quarter_turns.reshape(-1),
        f"{name}.basis": real_or_parts(basis[..., :columns]),
    }


def real_or_parts(array: NDArray[np.complex128]) -> NDArray[np.float64]:
    """The array itself where it is real, else with a last axis (real part, imaginary part)."""
    return np.stack([array.real, array.imag], axis=-1) if array.imag.any() else array.real


def permutation_arrays(stages: Sequence[Layer | SignedPermutation]) -> Arrays:
    """Constants of `state.permuted` for the permutations among ``stages``."""
    arrays: Arrays = {}
    for position, stage in enumerate(stages):
        if isinstance(stage, SignedPermutation):
            arrays[f"stage{position}.source"] = stage.source
            if (stage.sign < 0).any():
                arrays[f"stage{position}.sign"] = stage.sign
    return arrays


def readout_arrays(readout: Readout) -> Arrays:
    """Constants of `state.expectations`."""
    arrays: Arrays = {"coefficients": readout.coefficients.T}
    if not readout.is_squares:
        arrays |= {"left": readout.left, "right": readout.right}
    return arrays
