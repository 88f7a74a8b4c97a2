"""Decay of populations and of coherence."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from ....errors import CircuitError
from ...tensors.tables import COMPLEX
from .rates import Rate, check_probability, number, root, stacked


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
    return Relaxation(gamma, _sqrt(1 - gamma), excited_population)


def phase_damping(gamma: Rate) -> Relaxation:
    """Off-diagonal elements shrink by ``sqrt(1 - gamma)``; Nielsen and Chuang, section 8.3.6."""
    check_probability("phase_damping: gamma", gamma)
    return Relaxation(0.0, _sqrt(1 - gamma))


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


def _sqrt(value: Rate) -> Rate:
    return value.sqrt() if isinstance(value, Tensor) else math.sqrt(value)


def _exp(value: Rate) -> Rate:
    return value.exp() if isinstance(value, Tensor) else math.exp(value)
