"""Zero-noise extrapolation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch

from ..errors import ConfigError
from .base import Done, Found, Job, Reduced, Stage
from .extrapolation import (
    best,
    between,
    drawn,
    exponential,
    poly_exponential,
    polynomial,
    weights,
)
from .scaling import Fold, amplified, check_scales, gathered, scales_of, shared

Fit = Literal["linear", "richardson", "polynomial", "exponential", "poly_exponential", "best"]

_CURVES = {"exponential": exponential, "poly_exponential": poly_exponential, "best": best}


@dataclass(frozen=True, kw_only=True)
class ZNE(Stage):
    """Values at several scales of the noise, extrapolated to none.

    ``v(0) = f(0)`` of a function f fitted to the values ``v(s)`` at the scales s that were reached.
    Temme, Bravyi and Gambetta, arXiv:1612.02058; Giurgica-Tiron et al., arXiv:2005.10921. Where
    the fit is a sum ``sum_s w_s v(s)``, shots are shared in proportion to ``|w_s|``, for which the
    variance is least; else equally.

    Raises:
        ConfigError: an unknown fold or fit, too few scales for the fit, scales that do not start
            with 1 or do not increase, or that the fold cannot reach.

    Example:
        >>> ZNE(scales=(1, 3, 5), fit="richardson").fold
        'global'
    """

    scales: tuple[float | int, ...] = (1, 3)
    """Odd whole numbers, or with ``fold="channel"`` real ones; the first is 1."""
    fold: Fold = "global"
    """See `folding.FOLDS`; ``"channel"`` is a gain of our simulator's noise."""
    fit: Fit = "linear"
    """See `extrapolation`."""
    degree: int = 2
    """Of ``fit="polynomial"``."""

    def __post_init__(self) -> None:
        if self.fit not in get_args(Fit):
            raise ConfigError(f"unknown fit {self.fit!r}; use one of {', '.join(get_args(Fit))}")
        if not isinstance(self.degree, int) or self.degree < 1:
            raise ConfigError(f"degree={self.degree!r}: expected a whole number of at least 1")
        least = {"polynomial": self.degree + 1, "poly_exponential": 3}.get(self.fit, 2)
        check_scales(self.scales, self.fold, least, f"fit={self.fit!r}")

    def expand(self, job: Job, generator: torch.Generator) -> tuple[Job, ...]:
        """The job at each scale."""
        del generator
        jobs = amplified(job, self.scales, self.fold)
        if self.fit in _CURVES:
            return shared(jobs, [1.0] * len(jobs))
        reached = scales_of(jobs, self.scales, self.fold)
        return shared(jobs, weights(reached, self._degree).abs().tolist())

    def reduce(self, job: Job, jobs: Sequence[Job], values: Sequence[Found]) -> Reduced:
        """The fit at scale 0."""
        del job
        scales, scaled, limits = gathered(jobs, values, self.scales, self.fold)
        if self.fit in _CURVES:
            return _CURVES[self.fit](scales, scaled, limits)
        return Reduced(polynomial(scales, scaled, self._degree))

    def draw(self, done: Done, axes: Any, row: int, wires: Mapping[int, int]) -> None:
        """Values by scale, and the fit from the last scale to 0."""
        del wires
        scales, scaled, limits = gathered(done.jobs, done.values, self.scales, self.fold)
        found = self.reduce(*done).values
        drawn(axes, scales, scaled, found, between(scales, scaled, limits, found), row)

    @property
    def _degree(self) -> int:
        return {"linear": 1, "polynomial": self.degree}.get(self.fit, len(self.scales) - 1)
