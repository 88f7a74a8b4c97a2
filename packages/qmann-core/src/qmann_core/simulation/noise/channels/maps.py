"""Channels as matrices that act on density matrices or on Pauli vectors."""

from functools import reduce
from itertools import product

import numpy as np
import torch
from jaxtyping import Complex, Float
from numpy.typing import NDArray
from torch import Tensor

LETTERS = "IXYZ"
"""The order of a Pauli vector's entries; of several wires, the last one's letter changes first."""
_PAULIS = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def pauli_words(n_wires: int) -> tuple[str, ...]:
    """All ``4**n_wires`` words in the order of a Pauli vector, the identity first."""
    return tuple("".join(letters) for letters in product(LETTERS, repeat=n_wires))


def superoperator(
    kraus: Complex[Tensor, "operator row column"],
) -> Complex[Tensor, "entry entry"]:
    """``sum_k K_k (x) conj(K_k)``: acts on density matrices flattened row by row."""
    size = kraus.shape[-1] ** 2
    return torch.einsum("kab,kcd->acbd", kraus, kraus.conj()).reshape(size, size)


def transfer_matrix(
    kraus: Complex[Tensor, "operator row column"],
) -> Float[Tensor, "entry entry"]:
    """``R[P, Q] = tr(P channel(Q)) / 2**n`` for Pauli words P and Q, ordered as `LETTERS`."""
    n_wires = kraus.shape[-1].bit_length() - 1
    words = np.stack([word_matrix(word) for word in pauli_words(n_wires)])
    rows = torch.from_numpy(words.reshape(len(words), -1)).to(kraus)
    traces = rows.conj() @ superoperator(kraus) @ rows.T
    return traces.real.div(2**n_wires)


def word_matrix(word: str) -> NDArray[np.complex128]:
    """A Pauli word as a matrix, its first letter on the most significant bit."""
    return np.asarray(reduce(np.kron, [_PAULIS[LETTERS.index(letter)] for letter in word]))
