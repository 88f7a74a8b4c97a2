"""Exponential extrapolation whose decay all values of a circuit share, as far as they agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ..errors import ConfigError
from .base import Done, Found, Job, Reduced, Stage
from .extrapolation import (
    CLEAR,
    MOST,
    Scaled,
    drawn,
    drawn_at,
    linear,
    weights,
)
from .scaling import Fold, amplified, check_scales, gathered, scales_of, shared

_WIDE = 0.5
"""The standard deviation of a rate of which nothing is known, around 0."""
_USUAL = 0.25
"""The rate for which shots are shared."""
_ALIKE = 4
"""Values whose rates are taken to be alike for that, at most."""
_LOOSE = 0.08
"""The standard error of a value's asymptote: decay to |0> leads elsewhere than ``tr(O) / 2^n``."""
_STEPS = 12
_STILL = 1e-6
"""The change of a rate after which no other step is made."""
_STRIDE = 0.3
"""The most that a rate changes in a step, lest it overshoots to where no signal is left."""
_EXACT = 1e-6
"""The standard error that exact values are taken to have."""


@dataclass(frozen=True, kw_only=True)
class ExponentialExtrapolation(Stage):
    """``v(s) = a + b exp(-l s)`` at scale 0, with a = ``tr(O) / 2^n`` and the rate l pooled.

    The rates of a circuit's values are taken to be normal around one mean, ``l_j ~ N(m, t^2)``. m,
    and how far they differ, t, come from all rows and observables of the job together, weighted by
    signal squared over variance; each ``l_j`` is then the most likely one given its own values,
    too. So few shots share one rate, whose error is small, and exact values have their own. Without
    a known ``rate``, m is taken to be within about 0.5 of 0, which matters at very few shots only.
    The mean square t^2 is that of DerSimonian and Laird (Controlled Clinical Trials 7, 1986); the
    decay is that of Endo, Benjamin and Li, arXiv:1712.09271. With shots, a is taken to be known to
    within 0.08, so that a value whose signal is small does not grow by a rate that is not its own.
    A value whose signal ``v - a`` changes its sign beyond doubt is extrapolated by a line.

    Raises:
        ConfigError: a rate or its error that is not positive; as `ZNE` for scales.

    Example:
        >>> ExponentialExtrapolation(rate=0.15).scales
        (1, 3)
    """

    scales: tuple[float | int, ...] = (1, 3)
    """Odd whole numbers, or with ``fold="channel"`` real ones; (1,) is enough with a ``rate``."""
    fold: Fold = "global"
    """See `folding.FOLDS`; ``"channel"`` is a gain of our simulator's noise."""
    rate: float | None = None
    """What is known beforehand of the mean rate at scale 1, such as the sum of all gates' errors by
    a calibration."""
    rate_error: float = 0.3
    """The standard error of ``rate``, relative to it."""

    def __post_init__(self) -> None:
        known = self.rate is not None
        what = "an exponential of known rate" if known else "an exponential"
        check_scales(self.scales, self.fold, 1 if known else 2, what)
        if self.rate is None:
            return
        for name in ("rate", "rate_error"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ConfigError(f"{name}={getattr(self, name)!r}: expected a positive number")

    def expand(self, job: Job, generator: torch.Generator) -> tuple[Job, ...]:
        """The job at each scale, with shares for which the variance is about the least."""
        del generator
        jobs = amplified(job, self.scales, self.fold)
        n_values = len(job.inputs) * len(job.circuit.observables)
        return shared(jobs, _parts(scales_of(jobs, self.scales, self.fold), n_values))

    def reduce(self, job: Job, jobs: Sequence[Job], values: Sequence[Found]) -> Reduced:
        """The exponential at scale 0."""
        del job
        scales, scaled, limits = gathered(jobs, values, self.scales, self.fold)
        signal = scaled - limits
        fitted = _pooled(scales, signal, self.rate, self.rate_error)
        changes = _changes_sign(signal)
        said = f"rate {fitted.mean[0].item():.3g}, between values +- {fitted.between.item():.2g}"
        if n := int(changes.sum()):
            said += f"; {n} of {changes.numel()} values by a line: they change sign"
        found = torch.where(changes, linear(scales, scaled), limits + fitted.size)
        return Reduced(found, (said,))

    def draw(self, done: Done, axes: Any, row: int, wires: Mapping[int, int]) -> None:
        """Values by scale, and their exponentials from the last scale to 0."""
        del wires
        scales, scaled, limits = gathered(done.jobs, done.values, self.scales, self.fold)
        fitted = _pooled(scales, scaled - limits, self.rate, self.rate_error)
        decays = [limits + fitted.size * (-fitted.own * at).exp() for at in drawn_at(scales)]
        lines = [linear([each - at for each in scales], scaled) for at in drawn_at(scales)]
        by_line = _changes_sign(scaled - limits)
        fit = torch.where(by_line, torch.stack(lines), torch.stack(decays))[:, 0]
        drawn(axes, scales, scaled, self.reduce(*done).values, fit, row)


def _parts(scales: Sequence[float | int], n_values: int) -> list[float]:
    """Shares of shots for which the variance of ``log v(0) = sum_s w_s log v(s)`` is the least.

    A value's logarithm at s is off by about ``1 / v(s)`` times the error of a value, so the share
    is ``|w_s| / v(s)``. In w are 1 for the first scale s_0, from which the fit goes back to 0, and
    what a line through the logarithms adds, less as n values share its slope: by ``1 / sqrt(n)``.
    """
    places = torch.tensor(scales, dtype=torch.float64)
    own = (places == places[0]).to(places)
    of_rate = weights(scales, 1) - own
    found = own + of_rate / min(n_values, _ALIKE) ** 0.5
    return [float(part) for part in found.abs() * (_USUAL * places).exp()]


class _Pooled(NamedTuple):
    size: Found
    own: Found
    """The rate of each value."""
    mean: Float[Tensor, "replicate 1 1"]
    between: Float[Tensor, ""]


class _Data(NamedTuple):
    places: Float[Tensor, "scale 1 1 1"]
    signal: Scaled
    precision: Scaled
    """Of each, one over its variance; the same in all replicates."""
    loose: float
    """The variance of asymptotes."""


class _Decay(NamedTuple):
    """A least-squares signal ``b exp(-l s)`` at given rates."""

    size: Found
    score: Found
    """Derivative of the log-likelihood by the rate."""
    information: Found
    """Its expected second derivative, with the opposite sign, b being fitted, too."""
    centre: Found
    """Derivative of ``log b`` by the rate."""


def _pooled(
    scales: Sequence[float | int], signal: Scaled, rate: float | None, error: float
) -> _Pooled:
    variance = signal.var(1, keepdim=True, correction=0)  # where all shots agreed it is not 0
    precision = 1 / ((variance + variance.mean((2, 3), keepdim=True)) / 2 + _EXACT**2)
    places = signal.new_tensor(scales).reshape(-1, 1, 1, 1)
    data = _Data(places, signal, precision, loose=0.0)
    unknown = 0.0, _WIDE**-2
    prior = unknown if rate is None else (rate, (rate * error) ** -2)
    start = signal.new_zeros(signal.shape[1], 1, 1)
    mean = _mean(data, start, signal.new_zeros(()), unknown)
    square = _square_between(_decay(data, mean))
    mean = _mean(data, mean, square, prior)
    own = mean.expand(signal.shape[1:])
    data = data._replace(loose=_LOOSE**2 * (signal.shape[1] > 1))  # exact values have own rates
    for _ in range(_STEPS):
        decay = _decay(data, own)
        change = (square * decay.score + mean - own) / (square * decay.information + 1)
        own = (own + change.clamp(-_STRIDE, _STRIDE)).clamp(-MOST, MOST)
        if bool((change.abs() < _STILL).all()):
            break
    size = _spread(_decay(data, own), square)
    return _Pooled(size, own, mean, square.sqrt())


def _spread(decay: _Decay, square: Tensor) -> Found:
    """Sizes whose replicates differ by the error of pooling, too.

    A rate that is pooled is off by a bias whose mean square is ``t^2 / (1 + t^2 I)^2``, I being the
    information of the value itself; replicates, which are all pooled alike, know nothing of it.
    """
    first = decay.size[:1]
    off = first * decay.centre[:1] / (1 + square * decay.information[:1])
    unseen = square * off.square() / (decay.size.var(0, correction=0) + _EXACT**2)
    return first + (decay.size - first) * (1 + unseen).sqrt()


def _mean(
    data: _Data, mean: Float[Tensor, "replicate 1 1"], square: Tensor, prior: tuple[float, float]
) -> Float[Tensor, "replicate 1 1"]:
    """The most likely mean rate of each replicate, by Fisher scoring from ``mean`` on."""
    expected, certainty = prior
    for _ in range(_STEPS):
        decay = _decay(data, mean)
        share = 1 / (1 + square * decay.information)
        score = (share * decay.score).sum((1, 2), keepdim=True) + certainty * (expected - mean)
        information = (share * decay.information).sum((1, 2), keepdim=True) + certainty
        change = score / (information + _EXACT)
        mean = (mean + change.clamp(-_STRIDE, _STRIDE)).clamp(0, MOST)
        if bool((change.abs() < _STILL).all()):
            break
    return mean


def _square_between(decay: _Decay) -> Float[Tensor, ""]:
    """The variance of rates beyond what noise explains, of the first replicate.

    Only values that tell a rate from 0 and `_WIDE` count: others, without a signal, are no normal.
    """
    knows = decay.information[0] > _WIDE**-2
    score, information = decay.score[0][knows], decay.information[0][knows]
    excess = (score.square() / (information + _EXACT)).sum() - (score.numel() - 1)
    total = information.sum()
    spread = total - information.square().sum() / (total + _EXACT)
    return excess.clamp(min=0) / (spread + _WIDE**-2)


def _decay(data: _Data, rate: Tensor) -> _Decay:
    """By least squares whose errors are those of shots, and of the asymptote.

    That one is off by d, of variance L, adds ``d (1 - exp(-l s))`` at s, alike at all scales, so
    the weights are ``P - P u u^T P L / (1 + L u^T P u)``, u being what stands beside d.
    """
    places, signal, precision, loose = data
    shape = (-rate * places).exp()
    pull = precision * (1 - shape)
    alike = loose / (1 + loose * (pull * (1 - shape)).sum(0))

    def weighted(each: Tensor) -> Tensor:
        return precision * each - pull * (alike * (pull * each).sum(0))

    weight = weighted(shape)
    norm = (weight * shape).sum(0)
    size = (weight * signal).sum(0) / norm
    centre = (weight * shape * places).sum(0) / norm
    slope = -size * shape * (places - centre)
    weight = weighted(slope)
    score = (weight * (signal - size * shape)).sum(0)
    return _Decay(size, score, (weight * slope).sum(0), centre)


def _changes_sign(signal: Scaled) -> Tensor:
    """Whether two scales have clear signals of opposite signs: (row, observable)."""
    signal = signal.detach()
    clear = signal[:, 0].abs() > CLEAR * signal.std(1, correction=0) + _EXACT
    signs = torch.where(clear, signal[:, 0].sign(), 0)
    return (signs.amax(0) > 0) & (signs.amin(0) < 0)


EVD = ExponentialExtrapolation
"""What the specification calls it."""
