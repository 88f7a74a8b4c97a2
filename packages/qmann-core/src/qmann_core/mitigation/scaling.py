"""A job at several scales of its noise, as extrapolation needs it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import isfinite
from typing import Literal, get_args

import torch

from ..errors import CircuitError, ConfigError
from .base import Found, Job
from .extrapolation import Asymptotes, Scaled, asymptotes
from .folding import FOLDS, reached

Fold = Literal["global", "local", "two_wire", "identity", "channel"]
"""How noise grows: by a fold of `folding.FOLDS`, or by the channels of our simulator."""


def check_scales(scales: Sequence[float | int], fold: Fold, least: int, what: str) -> None:
    """Refuse scales that cannot be run or are too few.

    Raises:
        ConfigError: an unknown fold, fewer than ``least`` scales, scales that do not start with 1,
            do not increase, or are no odd whole numbers where a circuit is folded.
    """
    if fold not in get_args(Fold):
        raise ConfigError(f"unknown fold {fold!r}; use one of {', '.join(get_args(Fold))}")
    if len(scales) < least:
        raise ConfigError(f"{what} needs scales, at least {least}; got {tuple(scales)}")
    if scales[0] != 1 or not all(a < b for a, b in pairwise(scales)):
        raise ConfigError(f"scales start with 1 and increase, got {tuple(scales)}")
    if fold == "channel":
        if not isfinite(scales[-1]):
            raise ConfigError(f"scales are finite, got {tuple(scales)}")
    elif not all(scale % 2 == 1 for scale in scales):
        raise ConfigError(
            f"fold={fold!r} takes odd whole scales such as (1, 3, 5), got {tuple(scales)}; "
            "real ones are gains of our simulator's noise: fold='channel'"
        )


def amplified(job: Job, scales: Sequence[float | int], fold: Fold) -> tuple[Job, ...]:
    """The job at each scale; every one with the whole share.

    Raises:
        CircuitError: the fold changes nothing, as there is no gate that it folds.
    """
    if fold == "channel":
        return tuple(replace(job, gain=job.gain * scale) for scale in scales)
    circuits = [FOLDS[fold](job.circuit, int(scale)) for scale in scales]
    if any(circuit == job.circuit for circuit in circuits[1:]):
        raise CircuitError(
            f"fold={fold!r} leaves this circuit as it is: there is no gate for it; "
            "use another fold, or no extrapolation"
        )
    return tuple(replace(job, circuit=circuit) for circuit in circuits)


def shared(jobs: Sequence[Job], parts: Sequence[float]) -> tuple[Job, ...]:
    """The jobs with their share in proportion to ``parts``."""
    whole = sum(parts)
    return tuple(
        replace(job, share=job.share * part / whole) for job, part in zip(jobs, parts, strict=True)
    )


def scales_of(
    jobs: Sequence[Job], scales: Sequence[float | int], fold: Fold
) -> tuple[float | int, ...]:
    """The scales that were reached, relative to the first job's."""
    if fold == "channel":
        return tuple(scales)
    return tuple(reached(jobs[0].circuit, job.circuit) for job in jobs)


def gathered(
    jobs: Sequence[Job], values: Sequence[Found], scales: Sequence[float | int], fold: Fold
) -> tuple[tuple[float | int, ...], Scaled, Asymptotes]:
    """The values at all scales that were reached, and what they tend to."""
    limits = asymptotes(jobs[0].circuit.observables)
    return scales_of(jobs, scales, fold), torch.stack(list(values)), limits
