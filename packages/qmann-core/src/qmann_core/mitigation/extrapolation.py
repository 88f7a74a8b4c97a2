"""Values at several noise scales, extrapolated to none: closed forms, batched, differentiable.

Scales are numbers that increase. Values have one axis for each: (scale, replicate, row,
observable). Whether a fit makes sense is decided for all replicates of a value at once, by the
first one, which was measured, and by their spread, its standard error.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..circuits import Observable, Projector
from ..plots import SERIES, curve, points
from .base import WITHIN, Found, Reduced, standard_errors

Scaled = Float[Tensor, "scale replicate row observable"]
Asymptotes = Float[Tensor, " observable"]
Places = Float[Tensor, "place row observable"]

CLEAR = 3.0
"""Standard errors that a signal is away from 0, or it is taken for noise."""
MOST = 2.3
"""Of the logarithm of a signal's growth from the first scale to none: tenfold."""
REFUTED = 2.0
"""Standard errors of the difference by which a more flexible fit refutes a stiffer one."""
_TINY = 1e-9
_DRAWN = 40
_LIGHTEST = 1e-6
_LEAST = 0.1
"""A replicate's signal is taken to be at least so large, relative to the measured one."""


def asymptotes(observables: Sequence[Observable | Projector]) -> Asymptotes:
    """What noise without end leaves of each: ``tr(O) / 2^n``.

    That is 0 of a Pauli word, 1 of the identity, ``2^-k`` of a projector on k wires.
    """
    limits = [
        0.5 ** len(each.bits) if isinstance(each, Projector) else float(set(each.word) == {"I"})
        for each in observables
    ]
    return torch.tensor(limits, dtype=torch.float64)


def weights(scales: Sequence[float | int], degree: int) -> Float[Tensor, " scale"]:
    """Of the values, in the least-squares polynomial at 0.

    ``v(0) = sum_s w_s v(s)``; where values have equal errors, the variance is ``sum_s w_s^2``
    times theirs: 2.5 for a line through scales 1 and 3, 5.22 for a parabola through 1, 3 and 5.
    """
    powers = np.vander(np.asarray(scales, dtype=np.float64), degree + 1, increasing=True)
    return torch.from_numpy(np.linalg.pinv(powers)[0])


def polynomial(scales: Sequence[float | int], values: Scaled, degree: int) -> Found:
    """The least-squares polynomial of ``degree``, at 0."""
    return torch.einsum("s,s...->...", weights(scales, degree).to(values), values)


def linear(scales: Sequence[float | int], values: Scaled) -> Found:
    """The least-squares line, at 0."""
    return polynomial(scales, values, 1)


def exponential(scales: Sequence[float | int], values: Scaled, limits: Asymptotes) -> Reduced:
    """``v(s) = a + b exp(-l s)`` with known a, at 0. Endo, Benjamin and Li, arXiv:1712.09271.

    ``log |v - a|`` is a line by least squares, weighted by ``(v - a)^2``; through two values it
    is a closed form. Growth to scale 0 is at most tenfold. A value is extrapolated by a line where
    its signal ``v - a`` is below `CLEAR` standard errors at one of the first two scales, or changes
    its sign.
    """
    clear = clear_signals(values - limits)
    found = torch.where(clear, _exponential(scales, values, limits, 1), linear(scales, values))
    return Reduced(found, fallen_back(clear))


def poly_exponential(scales: Sequence[float | int], values: Scaled, limits: Asymptotes) -> Reduced:
    """``v(s) = a + b exp(-l s + m s^2)``, at 0: the decay is a mixture of rates.

    As `exponential`, to which it returns where the signal is not clear at all scales, or the second
    term is more than the first one.
    """
    plain, said = exponential(scales, values, limits)
    second = _exponential(scales, values, limits, 2)
    small = (second - plain)[0].abs() <= (plain - values[0])[0].abs()
    kept = small & clear_signals(values - limits, len(scales))
    return Reduced(torch.where(kept, second, plain), said)


def best(scales: Sequence[float | int], values: Scaled, limits: Asymptotes) -> Reduced:
    """Of each value the stiffest fit that a more flexible one does not refute.

    The stiff fit is an `exponential` where the signal is clear and a line where it is not; with
    three scales or more a `poly_exponential`, or Richardson's, takes its place if it differs by
    more than `REFUTED` standard errors of the difference. So many shots make the bias small, few
    shots the variance, and exact values are extrapolated by the most flexible fit.
    """
    clear = clear_signals(values - limits)
    stiff = exponential(scales, values, limits).values
    if len(scales) == 2:
        return Reduced(stiff, (_taken(clear, torch.zeros_like(clear)),))
    curved = poly_exponential(scales, values, limits).values
    flexible = torch.where(clear, curved, polynomial(scales, values, len(scales) - 1))
    apart = (flexible - stiff).detach()
    refuted = apart[0].abs() > REFUTED * apart.std(0, correction=0)
    return Reduced(torch.where(refuted, flexible, stiff), (_taken(clear, refuted),))


def between(
    scales: Sequence[float | int], values: Scaled, limits: Asymptotes, found: Found
) -> Places:
    """The fit that gave ``found`` at scale 0, at places from there to the last scale.

    It is found again among all fits of what was measured, as the one nearest to that value.
    """
    degrees = range(1, len(scales))

    def fitted(at: float) -> Float[Tensor, "fit row observable"]:
        moved = [scale - at for scale in scales]
        fits = [polynomial(moved, values[:, :1], degree) for degree in degrees]
        fits += [_exponential(moved, values[:, :1], limits, degree) for degree in degrees[:2]]
        return torch.cat(fits)

    chosen = (fitted(0.0) - found[:1]).abs().argmin(0, keepdim=True)
    return torch.cat([fitted(at).gather(0, chosen) for at in drawn_at(scales)])


def drawn_at(scales: Sequence[float | int]) -> list[float]:
    """Where a fit is drawn: from 0 to the last scale."""
    return [scales[-1] * k / _DRAWN for k in range(_DRAWN + 1)]


def drawn(
    axes: Any, scales: Sequence[float | int], values: Scaled, found: Found, fit: Places, row: int
) -> None:
    """Values of a row at all scales, what was fitted to them, and its value at 0."""
    spread = torch.stack([standard_errors(each) for each in values])
    shown = zip(values[:, 0, row].T, spread[:, row].T, fit[:, row].T, strict=True)
    zero = zip(found[0, row], standard_errors(found)[row], strict=True)
    for colour, (y, error, line), (value, within) in zip(SERIES, shown, zero, strict=False):
        points(axes, scales, y, WITHIN * error, color=colour)
        curve(axes, drawn_at(scales), line, color=colour, lw=1.2)
        points(axes, [0], [value], [WITHIN * within], color=colour, fmt="s", ms=5)
    axes.set(xlabel="noise scale", ylabel="expectation value")
    axes.set_xticks((0, *scales), [f"{scale:.3g}" for scale in (0, *scales)])


def clear_signals(signal: Scaled, n_scales: int = 2) -> Bool[Tensor, "row observable"]:
    """Whether a signal is clear of noise at the first scales, and nowhere clearly of another sign.

    Args:
        signal: values less their asymptotes.
        n_scales: at how many scales it must be clear.
    """
    signal = signal.detach()
    measured, error = signal[:, 0], signal.std(1, correction=0)
    clear = measured.abs() > CLEAR * error + _TINY
    other_sign = clear & (measured.sign() != measured[0].sign())
    return clear[:n_scales].all(0) & ~other_sign.any(0)


def _taken(clear: Tensor, refuted: Tensor) -> str:
    """Which fit `best` took for how many values, and why."""
    taken = {
        "exponential (clear signal)": clear & ~refuted,
        "poly-exponential (clear signal, clear curvature)": clear & refuted,
        "linear (signal below its noise)": ~clear & ~refuted,
        "Richardson (signal changes sign or is small, clear curvature)": ~clear & refuted,
    }
    counts = {name: int(which.sum()) for name, which in taken.items()}
    return "of the values " + ", ".join(f"{n} {name}" for name, n in counts.items() if n)


def fallen_back(kept: Bool[Tensor, "row observable"]) -> tuple[str, ...]:
    """How many values are extrapolated by a line instead, if any."""
    n_lines, n = int((~kept).sum()), kept.numel()
    reason = f"their signal changes sign or is below {CLEAR:g} standard errors"
    return (f"{n_lines} of {n} values by a line: {reason}",) if n_lines else ()


def _exponential(
    scales: Sequence[float | int], values: Scaled, limits: Asymptotes, degree: int
) -> Found:
    """The exponential of a polynomial, at 0; of no meaning where the signal is not clear."""
    signal = values - limits
    sign = signal[0, 0].detach().sign()
    size = torch.maximum(signal * sign, _LEAST * signal[:, :1].detach().abs() + _TINY)
    powers = torch.tensor(np.vander(scales, degree + 1, increasing=True)).to(values)
    weight = (size / size.amax(0)).square().clamp(min=_LIGHTEST)
    normal = torch.einsum("s...,si,sj->...ij", weight, powers, powers)
    right = torch.einsum("s...,si->...i", weight * size.log(), powers)
    growth = torch.linalg.solve(normal, right)[..., 0] - size[0].log()
    found: Found = limits + sign * size[0] * growth.clamp(-MOST, MOST).exp()
    return found
