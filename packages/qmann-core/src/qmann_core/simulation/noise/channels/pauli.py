"""Channels that apply Pauli words at random."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Complex, Float
from numpy.typing import NDArray
from torch import Tensor

from ....errors import CircuitError
from ...tensors.tables import COMPLEX
from .maps import LETTERS, pauli_words, word_matrix
from .rates import Rate, check_probability, number, root, stacked


@dataclass(frozen=True)
class PauliChannel:
    """``rho -> (1 - sum_w p_w) rho + sum_w p_w W rho W``: each Pauli word W with its probability.

    Raises:
        CircuitError: a probability below 0 or a sum above 1, no words, words that are not of one
            or two letters X, Y, Z, I, or one that is named twice or is the identity.
    """

    words: tuple[str, ...]
    probabilities: tuple[Rate, ...]

    def __post_init__(self) -> None:
        lengths = {len(word) for word in self.words}
        letters = set("".join(self.words))
        if lengths not in ({1}, {2}) or letters - set(LETTERS):
            raise CircuitError(
                f"a Pauli channel takes words of one letter or words of two, of {LETTERS}; "
                f"got {self.words}"
            )
        if len(set(self.words)) != len(self.words) or any(set(w) == {"I"} for w in self.words):
            raise CircuitError(
                "a Pauli channel names each word once and leaves out the identity; "
                f"got {self.words}"
            )
        if len(self.words) != len(self.probabilities):
            raise CircuitError(
                f"{len(self.words)} Pauli words need as many probabilities, "
                f"got {len(self.probabilities)}"
            )
        for word, rate in zip(self.words, self.probabilities, strict=True):
            check_probability(f"the probability of {word}", rate)
        total = sum(number("a probability", rate) for rate in self.probabilities)
        if total > 1 + 1e-6:  # thirds do not add up to 1 exactly
            raise CircuitError(f"the probabilities of a channel add up to at most 1, got {total:g}")

    @property
    def n_wires(self) -> int:
        """Wires that it acts on."""
        return len(self.words[0])

    def kraus(
        self, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> Complex[Tensor, "operator row column"]:
        """``sqrt(1 - sum_w p_w) I`` and ``sqrt(p_w) W``, complex in the precision of ``dtype``."""
        rates = stacked(self.probabilities, dtype, device)
        matrices = np.stack([word_matrix(w) for w in ("I" * self.n_wires, *self.words)])
        words = torch.from_numpy(matrices).to(rates.device, COMPLEX[dtype])
        return root(torch.cat((1 - rates.sum(0, keepdim=True), rates)))[:, None, None] * words

    def transfer(
        self, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> Float[Tensor, "entry entry"]:
        """Diagonal: word Q keeps ``1 - 2 sum_w p_w`` over the words w that anticommute with it."""
        rates = stacked(self.probabilities, dtype, device)
        return (1 - 2 * rates @ rates.new_tensor(_conflicts(self.words))).diag()


def depolarising(p: Rate, *, n_wires: int = 1) -> PauliChannel:
    """Each Pauli word but the identity with probability ``p / 3``, on two wires ``p / 15``.

    This is PennyLane's ``DepolarizingChannel`` (Nielsen and Chuang, eq. 8.103) and Cirq's
    ``depolarize``: the state is maximally mixed at p = 3/4 (15/16), not at 1. Qiskit's
    ``depolarizing_error(q, n)``, which replaces the state by I / 2**n with probability q, is
    ``p = q (1 - 4**-n)``.
    """
    if n_wires not in (1, 2):
        raise CircuitError(f"depolarising: acts on 1 or 2 wires, got n_wires={n_wires}")
    check_probability("depolarising: p", p)
    words = pauli_words(n_wires)[1:]
    return PauliChannel(words, (p / len(words),) * len(words))


def pauli_channel(px: Rate, py: Rate, pz: Rate) -> PauliChannel:
    """X, Y and Z with the probabilities given, on one wire."""
    return PauliChannel(("X", "Y", "Z"), (px, py, pz))


def bit_flip(p: Rate) -> PauliChannel:
    """X with probability p; Nielsen and Chuang, section 8.3.3, write ``1 - p`` for it."""
    check_probability("bit_flip: p", p)
    return PauliChannel(("X",), (p,))


def phase_flip(p: Rate) -> PauliChannel:
    """Z with probability p; Nielsen and Chuang, section 8.3.3, write ``1 - p`` for it."""
    check_probability("phase_flip: p", p)
    return PauliChannel(("Z",), (p,))


@lru_cache
def _conflicts(words: tuple[str, ...]) -> NDArray[np.float64]:
    """(word, entry): 1 where the word anticommutes with the entry of the Pauli vector."""
    others = pauli_words(len(words[0]))
    return np.array([[_anticommute(word, other) for other in others] for word in words])


def _anticommute(word: str, other: str) -> float:
    pairs = zip(word, other, strict=True)
    return float(sum("I" not in pair and pair[0] != pair[1] for pair in pairs) % 2)
