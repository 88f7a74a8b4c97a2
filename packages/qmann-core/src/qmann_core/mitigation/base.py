"""Stages of error mitigation: circuits that are run besides, and what their values become."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ..circuits import Circuit

Found = Float[Tensor, "replicate row observable"]
"""Values of a job, in float64. The first replicate is what was measured; the others, if there are
shots, what might as well have been: drawn again from the frequencies. Each stage works on all of
them alike, so that their spread is the standard error of whatever comes out in the end."""


WITHIN = 1.959964
"""Standard errors, of 95 %."""


def standard_errors(found: Found) -> Float[Tensor, "row observable"]:
    """The spread of the replicates; 0 without shots."""
    again = found[1:]
    return again.std(dim=0) if len(again) > 1 else torch.zeros_like(found[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """A circuit without weights, which is run on every row of its inputs."""

    circuit: Circuit
    inputs: Float[Tensor, "row n_inputs"]
    gain: float | int = 1
    """The power of every gate's noise: 0 takes it away, 1 leaves it, 3 triples it. Simulators with
    a `NoiseModel` alone know others than 1."""
    share: float = 1.0
    """Of the shots: those of each row, relative to those of each row of other jobs."""
    weight: float = 1.0
    """What its values count for in the stage that made it."""


class Done(NamedTuple):
    """What a stage was given to reduce, without gradients."""

    job: Job
    jobs: tuple[Job, ...]
    values: tuple[Found, ...]


class Reduced(NamedTuple):
    """What comes out of a stage."""

    values: Found
    said: tuple[str, ...] = ()
    """What it decided, and why."""


class Stage(ABC):
    """One kind of mitigation.

    Stages form a pipeline: the last one's `expand` comes first, and each job that it gives is
    expanded by the stage before it; values go the other way. A stage keeps nothing between the two.
    """

    @abstractmethod
    def expand(self, job: Job, generator: torch.Generator) -> tuple[Job, ...]:
        """The jobs to run in place of one, whose ``share`` they divide among them.

        All their rows together have as many shots as all rows of the one.

        Args:
            job: what is asked.
            generator: of whatever is drawn.

        Raises:
            CircuitError: a circuit for which this stage makes no sense.
        """

    @abstractmethod
    def reduce(self, job: Job, jobs: Sequence[Job], values: Sequence[Found]) -> Reduced:
        """What the values of the jobs that ``job`` became amount to; differentiable in them."""

    @abstractmethod
    def draw(self, done: Done, axes: Any, row: int, wires: Mapping[int, int]) -> None:
        """A picture of what `reduce` did for a row, with 95 % intervals.

        Observables have the colours of `plots.SERIES`, in their order.

        Args:
            done: what `reduce` was given.
            axes: matplotlib's, of an empty panel.
            row: of the inputs.
            wires: what those of the job are called.
        """
