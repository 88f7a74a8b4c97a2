"""Probabilistic error cancellation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cache, partial
from math import inf, pi, prod
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..circuits import AMPLITUDE_ENCODING, Circuit, Operation
from ..errors import CircuitError, ConfigError
from ..plots import GREY, SERIES, curve, points
from ..simulation import Channel, NoiseModel
from ..simulation.noise.model import too_wide
from ..simulation.noise.rates import pauli_words
from .base import WITHIN, Done, Found, Job, Reduced, Stage, standard_errors
from .insertions import Diagonal, Site, drawn, solved

_LEAST = 1e-9  # that noise leaves of a Pauli word, and can still be undone
_Part = tuple[tuple[int, ...], Diagonal]


@dataclass(frozen=True)
class PEC(Stage):
    """Pauli gates inserted at random, with signs, so that on average noise N becomes ``N**gain``.

    A gate's noise keeps ``f_Q`` of each Pauli word Q. Words P are inserted after it with
    quasi-probabilities q that solve

        sum_P q_P s_P(Q) g_P(Q) = f_Q ** (gain - 1)    for every Q,

    where ``s_P(Q)`` is -1 if P and Q anticommute, else 1, and ``g_P(Q)`` is what the noise of the
    inserted gates keeps: on a device they are gates as all others. With gain 0 noise is cancelled,
    with 1 it is left alone, above 1 amplified, between 0 and 1 cancelled in part. Shots count for
    ``gamma**-2`` of themselves with ``gamma = prod_gates sum_P |q_P|``. The circuit without
    insertions is taken with its own weight, ``prod_gates q_I``; others are drawn.

    Temme, Bravyi and Gambetta, arXiv:1612.02058; Endo, Benjamin and Li, arXiv:1712.09171; van den
    Berg et al., arXiv:2201.09866. Decay to |0> is cancelled as its Pauli twirl: what is left of it
    is a pull towards |0>, which may be larger than without.

    Raises:
        CircuitError: a channel that leaves nothing of some word has no inverse.
        ConfigError: a gain below 0, no samples, or noise that is not known, or known twice.

    Example:
        >>> from qmann_core.simulation import depolarising
        >>> stage = PEC((depolarising(0.001),), (depolarising(0.01, n_wires=2),), free=("RZ",))
        >>> stage.gain
        0
    """

    one_wire: tuple[Channel, ...] = ()
    """What follows each gate on one wire; see `NoiseModel`."""
    two_wire: tuple[Channel, ...] = ()
    """What follows each gate on two wires."""
    _: KW_ONLY
    by_wires: Mapping[tuple[int, ...], Channel] = field(default_factory=dict, hash=False)
    """Instead, what follows each gate on these wires, in the gate's order; see `learned_pec`. Gates
    that are inserted on a wire that it lacks are taken to be free."""
    free: tuple[str, ...] = ()
    """Gates without noise, such as ``("RZ",)`` on devices where it is virtual."""
    gain: float | int = 0
    """The power of noise that is wanted."""
    samples: int = 100
    """How often insertions are drawn."""
    sampled: bool = True
    """False, for our simulator with a `NoiseModel` alone: exactly that, by one job with a gain."""

    def __post_init__(self) -> None:
        if not 0 <= self.gain < inf:
            raise ConfigError(
                f"gain={self.gain!r}: expected a number of at least 0, where 0 cancels all noise"
            )
        if not isinstance(self.samples, int) or self.samples < 1:
            raise ConfigError(f"samples={self.samples!r}: expected a whole number of at least 1")
        if self.sampled and bool(self.one_wire or self.two_wire) == bool(self.by_wires):
            raise ConfigError(
                f"{'noise is given twice' if self.by_wires else 'nothing to cancel'}: say what "
                "follows gates on one wire and on two, such as (depolarising(0.001),), or "
                "by_wires, or sampled=False where the simulator knows"
            )
        for name in ("one_wire", "two_wire"):
            for place, channel in enumerate(getattr(self, name)):
                _check_invertible(f"channel {place} of {name}", channel)
        for wires, channel in self.by_wires.items():
            if channel.n_wires != len(wires):
                got = f"a channel on {channel.n_wires} wires after gates on {wires}"
                raise CircuitError(f"by_wires: got {got}, expected one on as many")
            _check_invertible(f"the channel of wires {wires}", channel)
        NoiseModel(self.one_wire, self.two_wire)  # it checks on how many wires they act

    def gamma(self, circuit: Circuit) -> float:
        """By what the signs multiply standard errors, and its square the shots that are needed.

        Of a gate followed by `depolarising` noise that replaces the state with probability l, on n
        wires and with inserted gates free of noise, ``(1 + l (1 - 2 / 4**n)) / (1 - l)``.
        """
        return prod((float(s.quasi.abs().sum()) for s in self.sites(circuit)), start=1.0)

    def sites(self, circuit: Circuit, noise: float | int = 1) -> tuple[Site, ...]:
        """Where gates are inserted, and how likely, if a gate's noise has the power ``noise``.

        Raises:
            CircuitError: a channel on two wires at once after a gate on three, or a gate on wires
                that ``by_wires`` lacks.
        """
        after = cache(partial(self._quasi, noise))
        found: list[Site] = []
        for position, operation in enumerate(circuit.operations):
            if operation.gate == AMPLITUDE_ENCODING or operation.gate in self.free:
                continue
            self._check_known(operation)
            found += [Site(position, *each) for each in after(operation.wires)]
        return tuple(site for site in found if site.quasi[1:].any())

    def expand(self, job: Job, generator: torch.Generator) -> tuple[Job, ...]:
        """The circuit without insertions, then each that is drawn, however often, once."""
        if not self.sampled:
            return (replace(job, gain=job.gain * self.gain, weight=1.0),)
        sites = self.sites(job.circuit, job.gain)
        words, weights = drawn(sites, self.samples, generator)
        shares = job.share * weights.abs() / weights.abs().sum()
        drawn_ones = zip(words.tolist(), shares.tolist(), weights.tolist(), strict=True)
        return tuple(
            replace(job, circuit=self._inserted(job.circuit, sites, chosen), share=part, weight=w)
            for chosen, part, w in drawn_ones
        )

    def reduce(self, job: Job, jobs: Sequence[Job], values: Sequence[Found]) -> Reduced:
        """``sum_k w_k values_k``; replicates draw the insertions again from those there are."""
        del job
        if not self.sampled:
            return Reduced(values[0], (f"noise to the power of {self.gain:g} on the simulator",))
        weights = torch.tensor([job.weight for job in jobs], dtype=torch.float64)
        again = self._redrawn(weights, len(values[0]) - 1)
        found = torch.einsum("rj,jrio->rio", again.to(values[0]), torch.stack(tuple(values)))
        return Reduced(found, tuple(self._words(weights)))

    def draw(self, done: Done, axes: Any, row: int, wires: Mapping[int, int]) -> None:
        """``sum_k w_k values_k`` as it grows by one circuit after the other, the heaviest first."""
        del wires
        found = self.reduce(*done).values
        weights = torch.tensor([each.weight for each in done.jobs], dtype=torch.float64)
        order = weights.abs().argsort(descending=True, stable=True)
        measured = torch.stack([each[0, row] for each in done.values])
        sums = (weights[:, None] * measured)[order].cumsum(0)
        results = zip(found[0, row], standard_errors(found)[row], strict=True)
        n = len(done.jobs)
        rows = zip(SERIES, sums.T, measured[0], results, strict=False)
        for colour, line, first, (value, error) in rows:
            curve(axes, range(1, 1 + n), line, color=colour, drawstyle="steps-post")
            axes.plot([1], [float(first)], "o", color=colour, ms=5, mfc="white")
            points(axes, [n], [value], [WITHIN * error], color=colour, fmt="s", ms=5)
        axes.plot([], [], "o", color=GREY, ms=4, mfc="white", label="nothing inserted")
        axes.plot([], [], "s", color=GREY, ms=4, label="result")
        axes.legend(fontsize=8, frameon=False)
        axes.set(xlabel="circuits, the heaviest first", ylabel="sum of weight times value")

    def _quasi(self, noise: float | int, wires: tuple[int, ...]) -> list[_Part]:
        """After a gate on ``wires``: on those that each channel acts on, of noise to a power."""
        power = noise * (self.gain - 1)
        return [
            (some, solved(kept**power, [self._letters(noise, wire) for wire in some]))
            for some, kept in self._kept(wires)
        ]

    def _kept(self, wires: tuple[int, ...]) -> list[_Part]:
        """What noise after a gate on ``wires`` keeps of each word, on those that it acts on."""
        if self.by_wires:
            known = [self.by_wires[wires]] if wires in self.by_wires else []
            return [(wires, each.transfer(torch.float64).detach().diagonal()) for each in known]
        one, each, both = NoiseModel(self.one_wire, self.two_wire).matrices(
            torch.float64, torch.device("cpu")
        )
        found: list[tuple[tuple[int, ...], Tensor | None]] = [(wires, both)]
        if len(wires) == 1 or both is None:
            found = [((wire,), one if len(wires) == 1 else each) for wire in wires]
        return [(some, m[0, 0].detach().diagonal()) for some, m in found if m is not None]

    def _letters(self, noise: float | int, wire: int) -> list[Float[Tensor, " letter"]]:
        """What the gates that insert I, X, Y and Z keep of each letter."""
        own = dict(self._kept((wire,))).get((wire,), torch.ones(4, dtype=torch.float64)) ** noise
        return [own ** sum(g.gate not in self.free for g in self._gates(x, 0)) for x in "IXYZ"]

    def _check_known(self, operation: Operation) -> None:
        if self.by_wires and operation.wires not in self.by_wires:
            known = ", ".join(map(str, self.by_wires))
            raise CircuitError(
                f"got {operation.gate} on wires {operation.wires}: expected wires whose noise is "
                f"known, {known}; learn it on this circuit"
            )
        if len(operation.wires) > 2 and any(each.n_wires == 2 for each in self.two_wire):
            raise CircuitError(f"{operation.gate} {too_wide(operation)}")

    def _gates(self, letter: str, wire: int) -> tuple[Operation, ...]:
        turn = Operation("RZ", (wire,), (pi,))
        flip = Operation("X", (wire,))
        if "RZ" in self.free:
            return {"I": (), "X": (flip,), "Y": (flip, turn), "Z": (turn,)}[letter]
        return () if letter == "I" else (Operation(letter, (wire,)),)

    def _inserted(self, circuit: Circuit, sites: Sequence[Site], chosen: list[int]) -> Circuit:
        after: dict[int, tuple[Operation, ...]] = {}
        for site, word in zip(sites, chosen, strict=True):
            letters = zip(pauli_words(len(site.wires))[word], site.wires, strict=True)
            gates = tuple(gate for letter, wire in letters for gate in self._gates(letter, wire))
            after[site.position] = after.get(site.position, ()) + gates
        operations = tuple(
            step
            for position, operation in enumerate(circuit.operations)
            for step in (operation, *after.get(position, ()))
        )
        return replace(circuit, operations=operations)

    def _redrawn(self, weights: Float[Tensor, " job"], n: int) -> Float[Tensor, "replicate job"]:
        drawn = weights[1:]
        if not n or not len(drawn):
            return weights.expand(n + 1, -1)
        rng = torch.Generator().manual_seed(0)
        places = torch.multinomial(drawn.abs().expand(n, -1), self.samples, True, generator=rng)
        counts = torch.zeros(n, len(drawn), dtype=weights.dtype)
        counts.scatter_add_(1, places, torch.ones_like(places, dtype=weights.dtype))
        again = counts * drawn.sign() * drawn.abs().sum() / self.samples
        return torch.cat([weights[None], torch.cat([weights[:1].expand(n, 1), again], 1)])

    def _words(self, weights: Float[Tensor, " job"]) -> Iterator[str]:
        gamma = float(weights.abs().sum())
        yield (
            f"{len(weights)} different circuits of {self.samples} drawn, "
            f"overhead gamma^2 = {gamma**2:.3g}"
        )
        if not all(map(_is_diagonal, (*self.one_wire, *self.two_wire, *self.by_wires.values()))):
            yield "decay to |0> is cancelled as its Pauli twirl alone, which may add to its bias"


def _check_invertible(name: str, channel: Channel) -> None:
    least = float(channel.transfer(torch.float64).detach().diagonal().min())
    if least < _LEAST:
        raise CircuitError(
            f"{name} keeps {least:.2g} of some Pauli word, and what nothing is left of cannot be "
            "restored: expected less noise, such as depolarising(p) with p below 3/4 (15/16 on two "
            "wires)"
        )


def _is_diagonal(channel: Channel) -> bool:
    matrix = channel.transfer(torch.float64).detach()
    return bool((matrix == matrix.diagonal().diag()).all())
