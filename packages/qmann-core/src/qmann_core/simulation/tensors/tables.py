"""Constants of a compiled circuit: NumPy arrays, and their tensors per precision and device."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..lowering.lower import Layer
from ..lowering.permutations import SignedPermutation
from ..lowering.readout import Readout
from .cosines import monomials

Arrays = dict[str, NDArray[Any]]
Tensors = Mapping[str, Tensor]

COMPLEX = {torch.float32: torch.complex64, torch.float64: torch.complex128}
MAX_DENSE = 2**17  # entries of a layer's matrix of frequencies; beyond, angles are looked up


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
    """Real numbers (and signs, int8) in precision ``dtype``; indices (int32) as they are."""
    kinds = {torch.float64: dtype, torch.int8: dtype, torch.int32: torch.int32}
    return {name: master.to(device, kinds[master.dtype]) for name, master in masters.items()}


def layer_arrays(
    name: str, layers: Sequence[Layer], n_parameters: int, *, columns: int = 2, is_real: bool
) -> Arrays:
    """Constants of `state.layer_matrices` for ``layers`` that all read the same parameters.

    The matrix of a wire is linear in the features (`cosines`) of its angles; where there are fewer
    angles than in other wires, further ones of 0 are imagined. With ``columns=1`` only what the
    matrices make of |0>; with ``is_real`` there are no imaginary parts.
    """
    wires = [layer.wires[wire] for wire in range(len(layers[0].wires)) for layer in layers]
    n_angles = max(len(wire.angles) for wire in wires)
    cosines, matrix = monomials(n_angles)
    tensors = np.zeros((len(wires), 2**n_angles, 2, 2), dtype=np.complex128)
    index = np.full((len(wires), n_angles), n_parameters)
    for row, wire in enumerate(wires):
        k = len(wire.angles)
        tensors[row, :: 2 ** (n_angles - k)] = wire.tensor.reshape(2**k, 2, 2)
        index[row, :k] = [angle.index for angle in wire.angles]
    basis = np.einsum("mf,wmij->wfij", matrix, tensors)[..., :columns]
    basis = basis.reshape(len(layers[0].wires), len(layers), *basis.shape[1:])
    return {
        f"{name}.basis": basis.real if is_real else real_and_imaginary(basis),
        **_angle_arrays(name, index, n_parameters, cosines.frequencies / 2),
        f"{name}.phases": -np.pi / 2 * np.tile(cosines.quarter_turns, len(wires)),
    }


def _angle_arrays(
    name: str, index: NDArray[np.int64], n_parameters: int, frequencies: NDArray[np.float64]
) -> Arrays:
    """From parameters to the arguments of all cosines: in one step or, for many, in two."""
    (n_wires, n_angles), n_features = index.shape, len(frequencies)
    if n_wires * n_features * n_parameters > MAX_DENSE:
        flat = index.reshape(-1).astype(np.int32)
        return {f"{name}.angles": flat, f"{name}.turns": frequencies}
    dense = np.zeros((n_wires, n_features, n_parameters + 1))
    for angle in range(n_angles):
        dense[np.arange(n_wires), :, index[:, angle]] += frequencies[:, angle]
    return {f"{name}.frequencies": dense[..., :-1].reshape(n_wires * n_features, n_parameters)}


def real_and_imaginary(array: NDArray[np.complex128]) -> NDArray[np.float64]:
    """A last axis (real part, imaginary part)."""
    return np.stack([array.real, array.imag], axis=-1)


def permutation_arrays(name: str, permutation: SignedPermutation, *, inverse: bool) -> Arrays:
    """Constants of `state.permuted`; with ``inverse`` those of the way back, too."""
    arrays: Arrays = {f"{name}.source": permutation.source}
    if inverse:
        arrays[f"{name}.inverse"] = permutation.inverse.source
    if permutation.has_signs:
        arrays[f"{name}.sign"] = permutation.sign
    return arrays


def readout_arrays(readout: Readout) -> Arrays:
    """Constants of `state.expectations`."""
    arrays: Arrays = {"coefficients": readout.coefficients.T}
    if not readout.is_squares:
        arrays["left"] = readout.left.astype(np.int32)
        arrays["right"] = readout.right.astype(np.int32)
    return arrays
