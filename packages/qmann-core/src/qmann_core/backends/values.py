"""What comes back: expectation values with their standard errors, and counts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from ..circuits import Observable, Projector


@dataclass(frozen=True, kw_only=True, eq=False)
class Values:
    """Expectation values, and how well they are known."""

    mean: Float[Tensor, "sample observable"]
    """In float64, on the CPU."""
    error: Float[Tensor, "sample observable"]
    """Standard errors; 0 where values are exact."""


def counted(counts: Int64[Tensor, "sample outcome"], n_wires: int) -> tuple[Counter[str], ...]:
    """The outcomes of each sample that occurred, as bit strings, wire 0 first."""
    return tuple(
        Counter({f"{k:0{n_wires}b}": int(row[k]) for k in row.nonzero().flatten().tolist()})
        for row in counts
    )


def standard_errors(
    mean: Float[Tensor, "sample observable"],
    observables: Sequence[Observable | Projector],
    shots: int | Float[Tensor, "sample 1"] | None,
) -> Float[Tensor, "sample observable"]:
    """sqrt(p (1 - p) / shots) of the upper one of two values, times the distance between them.

    p is (k + 1) / (shots + 2) for k such readings (Laplace), so that a value is not taken for
    certain because it was always read.
    """
    if shots is None:
        return torch.zeros_like(mean)
    words = [each.word if isinstance(each, Observable) else "" for each in observables]
    low = -torch.tensor([bool(word) for word in words], dtype=torch.float64)
    span = (1 - low) * torch.tensor([set(word) != {"I"} for word in words])
    chance = (mean - low) / (1 - low)
    p = (chance * shots + 1) / (shots + 2)
    return span * (p * (1 - p) / shots).sqrt()
