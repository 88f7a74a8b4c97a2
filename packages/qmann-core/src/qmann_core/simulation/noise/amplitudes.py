"""Pauli vectors of states given by real amplitudes."""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from ...errors import CircuitError


def pauli_vectors(
    inputs: Float[Tensor, "sample input"], n_amplitudes: int, n_wires: int
) -> Float[Tensor, "sample entry"]:
    """``tr(P |a><a|)`` for every Pauli word P, of the normalised inputs a, padded with zeros.

    The word with X on the bits of x and Z on those of z, up to factors i that make it Hermitian,
    has the value ``sum_b (-1)**(z . b) a[b] a[b ^ x]``; it vanishes for an odd number of Y.

    Raises:
        CircuitError: a sample is all zeros.
    """
    amplitudes = pad(inputs[:, :n_amplitudes], (0, 2**n_wires - n_amplitudes))
    norms = torch.linalg.vector_norm(amplitudes, dim=1, keepdim=True)
    if not bool(norms.all()):
        sample = int((norms.detach().flatten() == 0).nonzero()[0])
        raise CircuitError(
            f"amplitude encoding: all {n_amplitudes} inputs of sample {sample} (of {len(norms)}, "
            "counted from 0) are zero, so they have no direction; leave the sample out or add a "
            "constant input"
        )
    amplitudes = amplitudes / norms
    partners, signs, entries, phases = (
        torch.from_numpy(array).to(inputs.device) for array in _tables(n_wires)
    )
    products = amplitudes[:, None] * amplitudes[:, partners]  # (sample, x, b)
    values = (products @ signs.to(inputs.dtype)).flatten(1)  # (sample, x and z)
    return torch.mul(values[:, entries], phases.to(inputs.dtype))


@lru_cache
def _tables(
    n_wires: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """``b ^ x``, ``(-1)**(z . b)``, and of each entry its (x, z) and its sign."""
    index = np.arange(2**n_wires)
    partners = np.bitwise_xor.outer(index, index)
    signs = np.where(np.bitwise_count(index[:, None] & index) % 2, -1.0, 1.0)
    entry, places = np.arange(4**n_wires), np.arange(n_wires)
    letters = (entry[:, None] >> 2 * places) & 3  # the last wire first: I, X, Y, Z
    x = (np.isin(letters, (1, 2)) << places).sum(1)
    z = (np.isin(letters, (2, 3)) << places).sum(1)
    phases = np.array([1.0, 0.0, -1.0, 0.0])[(letters == 2).sum(1) % 4]
    return partners, signs, (x * 2**n_wires + z).astype(np.int64), phases
