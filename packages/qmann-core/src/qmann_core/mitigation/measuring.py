"""Values of jobs on a back end, and what they might as well have been."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate, pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..backends import Backend
from ..backends.outcomes import chances, words
from ..circuits import Observable, Projector
from ..simulation import Measurement, measurements
from ..simulation.shots.sampling import eigenvalues
from .base import Found, Job

TOGETHER = 6
"""Wires whose outcomes are drawn again together, unless an observable is wider."""
MAX_WIRES = 12
"""Of an observable."""
REPLICATES = 200
_LEAST_REPLICATES = 20
_MOST = 4_000_000  # numbers drawn for one setting


def measured(job: Job, backend: Backend, shots: int | None, n: int, seed: int) -> Found:
    """The values of a job, and of ``n`` more replicates."""
    circuit, there = job.circuit, backend.with_gain(job.gain)
    found = job.inputs.new_ones(1 + n, len(job.inputs), len(circuit.observables))
    rng = np.random.default_rng((seed, 1))  # a back end may draw from that of the seed alone
    settings = _parts(circuit.observables)
    for parts, values in zip(settings, _asked(job, settings, there, shots, seed), strict=True):
        each_of = torch.split(values, [2 ** len(part.wires) for part in parts], dim=1)
        for part, each in zip(parts, each_of, strict=True):
            outcomes = chances(each, part).unsqueeze(0)
            if shots is not None:
                outcomes = torch.cat((outcomes, _drawn_again(outcomes, shots, n, rng)))
            worth = eigenvalues(circuit.observables, part).to(outcomes)
            found = found.index_copy(-1, torch.tensor(part.positions), outcomes @ worth)
    return found


def looked_at(
    observables: Sequence[Observable | Projector], positions: Iterable[int], together: int
) -> list[Measurement]:
    """Observables whose outcomes are looked at together, wide ones first; none on no wires.

    These are on at most ``together`` wires, or within those of one that is wider.
    """
    found: list[tuple[set[tuple[int, str]], list[int]]] = []
    bases = {k: set(measurements([observables[k]])[0].basis) for k in positions}
    for position in sorted(bases, key=lambda k: -len(bases[k])):
        for basis, places in found:
            if len(basis | bases[position]) <= max(together, len(basis)):
                basis |= bases[position]
                places.append(position)
                break
        else:
            found.append((set(bases[position]), [position]))
    return [Measurement(tuple(sorted(basis)), tuple(places)) for basis, places in found if basis]


@lru_cache(maxsize=256)
def _parts(observables: tuple[Observable | Projector, ...]) -> list[list[Measurement]]:
    """Of each setting, what is looked at together.

    The frequencies of different ones are drawn again apart, as if they were of different shots.
    """
    found = [setting for setting in measurements(observables) if setting.wires]
    return [looked_at(observables, setting.positions, TOGETHER) for setting in found]


def _asked(
    job: Job,
    settings: Sequence[Sequence[Measurement]],
    there: Backend,
    shots: int | None,
    seed: int,
) -> list[Float[Tensor, "row _"]]:
    """The values of all words of each setting, in one call if they come from its own shots."""
    each = [tuple(word for part in parts for word in words(part)) for parts in settings]
    ends = list(accumulate(map(len, each), initial=0))
    whole = tuple(word for some in each for word in some)
    says = {k for k, word in enumerate(whole) if set(word.word) != {"I"}}
    own = [tuple(k for k in range(start, end) if k in says) for start, end in pairwise(ends)]
    groups = [tuple(k for k in m.positions if k in says) for m in measurements(whole)]
    calls = [whole] if groups == own else each
    nothing = job.inputs.new_zeros(0)
    values = [
        there.expectations(
            replace(job.circuit, observables=asked),
            job.inputs,
            nothing,
            shots=shots,
            seed=(seed + number) % 2**32,
        ).mean
        for number, asked in enumerate(calls)
    ]
    if len(calls) == len(each):
        return values
    return [values[0][:, start:end] for start, end in pairwise(ends)]


def replicates(jobs: Sequence[Job]) -> int:
    """How often frequencies are drawn again: as often for all jobs of a pipeline."""
    largest: int = max(
        len(job.inputs) * 2 ** len(part.wires)
        for job in jobs
        for parts in _parts(job.circuit.observables)
        for part in parts
    )
    return min(REPLICATES, max(_LEAST_REPLICATES, _MOST // largest))


def _drawn_again(
    outcomes: Float[Tensor, "1 row outcome"], shots: int, n: int, rng: np.random.Generator
) -> Float[Tensor, "replicate row outcome"]:
    """As many frequencies of as many shots, from those that were measured."""
    chance = outcomes[0].detach().clamp(min=0).numpy()
    chance = chance / chance.sum(axis=1, keepdims=True)
    return torch.from_numpy(rng.multinomial(shots, chance, size=(n, len(chance))) / shots)
