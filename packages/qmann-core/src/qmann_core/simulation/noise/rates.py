"""A rate: a number, or a tensor whose derivative is wanted; and words and channels as matrices."""

from functools import reduce
from itertools import product
from typing import Any

import numpy as np
import torch
from jaxtyping import Complex, Float
from numpy.typing import NDArray
from torch import Tensor

from ...errors import CircuitError
from ..lowering.factors import PAULI

LETTERS = "IXYZ"
"""The order of a Pauli vector's entries; of several wires, the last one's letter changes first."""
_MATRICES: dict[str, NDArray[Any]] = {"I": np.eye(2), **PAULI}
Rate = float | Float[Tensor, ""]


def number(name: str, rate: Rate | Tensor) -> float:
    """The rate's value.

    Raises:
        CircuitError: a tensor with axes.
    """
    if not isinstance(rate, Tensor):
        return rate
    if rate.ndim:
        raise CircuitError(
            f"{name} is a number or a tensor without axes, got one of shape {tuple(rate.shape)}"
        )
    return float(rate.detach())


def check_probability(name: str, rate: Rate | Tensor) -> None:
    """Refuse what is not between 0 and 1."""
    value = number(name, rate)
    if not 0 <= value <= 1:
        raise CircuitError(f"{name} is a number between 0 and 1, got {value:g}")


def stacked(
    rates: tuple[Rate, ...], dtype: torch.dtype, device: torch.device | None
) -> Float[Tensor, " rate"]:
    """Rates as one tensor; tensors among them must have the precision and device asked for."""
    tensors = [rate for rate in rates if isinstance(rate, Tensor)]
    if device is None:
        device = tensors[0].device if tensors else torch.device("cpu")
    for rate in tensors:
        if rate.dtype != dtype or rate.device != device:
            raise CircuitError(
                f"a rate is {rate.dtype} on {rate.device}, but {dtype} on {device} is asked for; "
                "convert it, or use numbers"
            )
    return torch.stack([torch.as_tensor(rate, dtype=dtype, device=device) for rate in rates])


def root(values: Float[Tensor, "*shape"], *, floor: float = 0.0) -> Float[Tensor, "*shape"]:
    """Square roots; 0 up to ``floor``, with derivative 0: an operator that vanishes stays away."""
    positive = values > floor
    return torch.where(positive, torch.where(positive, values, 1.0).sqrt(), 0.0)


def pauli_words(n_wires: int) -> tuple[str, ...]:
    """All ``4**n_wires`` words in the order of a Pauli vector, the identity first."""
    return tuple("".join(letters) for letters in product(LETTERS, repeat=n_wires))


def transfer_matrix(
    kraus: Complex[Tensor, "operator row column"],
) -> Float[Tensor, "entry entry"]:
    """``R[P, Q] = tr(P channel(Q)) / 2**n`` for Pauli words P and Q, ordered as `LETTERS`."""
    n_wires = kraus.shape[-1].bit_length() - 1
    words = torch.from_numpy(np.stack([word_matrix(word) for word in pauli_words(n_wires)]))
    words = words.to(kraus)
    made = torch.einsum("kab,qbc,kdc->qad", kraus, words, kraus.conj())
    return torch.einsum("pda,qad->pq", words, made).real.div(2**n_wires)


def word_matrix(word: str) -> NDArray[Any]:
    """A Pauli word as a matrix, its first letter on the most significant bit."""
    return np.asarray(reduce(np.kron, [_MATRICES[letter] for letter in word]))
