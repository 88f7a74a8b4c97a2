"""Noise as Kraus operators and Pauli transfer matrices, differentiable in its rates.

A channel maps a density matrix ``rho`` to ``sum_k K_k rho K_k^dagger``. Definitions are those of
Nielsen and Chuang, Quantum Computation and Quantum Information, chapter 8, with PennyLane's
parameters. A rate is a number or a tensor without axes, which may require a gradient.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Complex, Float
from numpy.typing import NDArray
from torch import Tensor

from ...errors import CircuitError
from ..tensors.tables import COMPLEX
from .rates import LETTERS, Rate, check_probability, number, pauli_words, root, stacked, word_matrix


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
    ours, theirs = (
        np.array([list(word) for word in some]) for some in (words, pauli_words(len(words[0])))
    )
    differ = (ours[:, None] != theirs) & (ours[:, None] != "I") & (theirs != "I")
    return np.asarray(differ.sum(2) % 2, dtype=np.float64)


@dataclass(frozen=True)
class Relaxation:
    """Populations and coherence of one wire decay, as the Pauli vector (1, x, y, z) shows.

    ``x -> coherence x``, ``y -> coherence y``,
    ``z -> (1 - decay) z + decay (1 - 2 excited_population)``.

    Raises:
        CircuitError: a rate is not in [0, 1], or ``coherence**2 > 1 - decay``: coherence lives at
            most twice as long as the populations.
    """

    decay: Rate
    coherence: Rate
    excited_population: Rate = 0.0

    def __post_init__(self) -> None:
        for name in ("decay", "coherence", "excited_population"):
            check_probability(name, getattr(self, name))
        decay, coherence = number("decay", self.decay), number("coherence", self.coherence)
        if coherence**2 > 1 - decay + 1e-6:  # single precision
            raise CircuitError(
                f"coherence**2 is at most 1 - decay; got coherence={coherence:g}, decay={decay:g}"
            )

    @property
    def n_wires(self) -> int:
        """Wires that it acts on."""
        return 1

    def kraus(
        self, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> Complex[Tensor, "operator row column"]:
        """Decay to |0> with probability ``1 - excited_population``, to |1> otherwise.

        The first three are ``diag(1, c)``, ``diag(0, sqrt(1 - g - c**2))`` and
        ``sqrt(g) |0><1|`` with g the decay and c the coherence; the others have 0 and 1 exchanged.
        """
        decay, kept, excited = self._rates(dtype, device)
        zero, one = torch.zeros_like(decay), torch.ones_like(decay)
        lost = root(1 - decay - kept**2, floor=8 * torch.finfo(dtype).eps)
        stays = torch.stack((one, zero, zero, kept))
        loses = torch.stack((zero, zero, zero, lost))
        falls = torch.stack((zero, root(decay), zero, zero))
        down = torch.stack((stays, loses, falls)).view(3, 2, 2)
        operators = (root(1 - excited) * down, root(excited) * down.flip(1, 2))
        return torch.cat(operators).to(COMPLEX[dtype])

    def transfer(
        self, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> Float[Tensor, "entry entry"]:
        """The formulas above as a matrix."""
        decay, kept, excited = self._rates(dtype, device)
        shift = torch.zeros(4, 4, dtype=dtype, device=decay.device)
        shift[3, 0] = 1.0
        diagonal = torch.stack((torch.ones_like(decay), kept, kept, 1 - decay)).diag()
        return diagonal + decay * (1 - 2 * excited) * shift

    def _rates(self, dtype: torch.dtype, device: torch.device | None) -> tuple[Tensor, ...]:
        rates = (self.decay, self.coherence, self.excited_population)
        return stacked(rates, dtype, device).unbind()


def amplitude_damping(gamma: Rate, excited_population: Rate = 0.0) -> Relaxation:
    """|1> decays to |0> with probability gamma; generalised: from warm surroundings.

    In the long run |1> keeps the probability ``excited_population``, PennyLane's p in
    ``GeneralizedAmplitudeDamping`` and ``1 - p`` in Nielsen and Chuang, section 8.3.5.
    """
    check_probability("amplitude_damping: gamma", gamma)
    check_probability("amplitude_damping: excited_population", excited_population)
    return Relaxation(gamma, (1 - gamma) ** 0.5, excited_population)


def phase_damping(gamma: Rate) -> Relaxation:
    """Off-diagonal elements shrink by ``sqrt(1 - gamma)``; Nielsen and Chuang, section 8.3.6."""
    check_probability("phase_damping: gamma", gamma)
    return Relaxation(0.0, (1 - gamma) ** 0.5)


def thermal_relaxation(
    t1: Rate, t2: Rate, duration: Rate, excited_population: Rate = 0.0
) -> Relaxation:
    """What a wire with lifetimes T1 and T2 undergoes in ``duration``, all in the same unit.

    Populations approach equilibrium as ``exp(-duration / t1)``, off-diagonal elements vanish as
    ``exp(-duration / t2)``.

    Args:
        t1: relaxation time, above 0; infinity for none.
        t2: coherence time, above 0 and at most ``2 * t1``; infinity for none.
        duration: of the gate, at least 0.
        excited_population: probability of |1> in equilibrium.

    Raises:
        CircuitError: a time out of range, or ``t2 > 2 * t1``.
    """
    first, second = number("thermal_relaxation: t1", t1), number("thermal_relaxation: t2", t2)
    for name, time in (("t1", first), ("t2", second)):
        if not time > 0:
            raise CircuitError(f"thermal_relaxation: {name} is a time above 0, got {time:g}")
    if second > 2 * first:
        raise CircuitError(
            "thermal_relaxation: t2 is at most 2 * t1, since relaxation destroys coherence, too; "
            f"got t1={first:g}, t2={second:g}"
        )
    length = number("thermal_relaxation: duration", duration)
    if not 0 <= length < math.inf:
        raise CircuitError(
            f"thermal_relaxation: duration is a finite time, at least 0, got {length:g}"
        )
    check_probability("thermal_relaxation: excited_population", excited_population)
    return Relaxation(1 - _exp(-duration / t1), _exp(-duration / t2), excited_population)


def _exp(value: Rate) -> Rate:
    return value.exp() if isinstance(value, Tensor) else math.exp(value)


@dataclass(frozen=True)
class ReadoutConfusion:
    """A wire in |0> is read as 1 with ``p1_given_0``, one in |1> as 0 with ``p0_given_1``.

    Raises:
        CircuitError: a probability is not in [0, 1].
    """

    p1_given_0: Rate
    p0_given_1: Rate

    def __post_init__(self) -> None:
        check_probability("p1_given_0", self.p1_given_0)
        check_probability("p0_given_1", self.p0_given_1)

    def kraus(
        self, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> Complex[Tensor, "operator row column"]:
        """``sqrt(P(j | k)) |j><k|`` for each reading j of state k: a channel before it is read."""
        entries = root(self.matrix(dtype, device)).reshape(4)
        return torch.diag(entries).reshape(4, 2, 2).to(COMPLEX[dtype])

    def matrix(
        self, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> Float[Tensor, "read prepared"]:
        """Probability of reading the row where the column was prepared; columns add up to 1."""
        up, down = stacked((self.p1_given_0, self.p0_given_1), dtype, device).unbind()
        return torch.stack((1 - up, down, up, 1 - down)).view(2, 2)
