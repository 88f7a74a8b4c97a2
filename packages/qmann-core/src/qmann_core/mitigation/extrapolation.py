"""Values at several noise scales, extrapolated to none: closed forms, batched, differentiable.

Scales are numbers that increase. Values have one axis for each: (scale, replicate, row,
observable). Whether a fit makes sense is decided for all replicates of a value at once, by the
first one, which was measured, and by their spread, its standard error.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..circuits import Observable, Projector
from .base import Found, Reduced

Scaled = Float[Tensor, "scale replicate row observable"]
Asymptotes = Float[Tensor, " observable"]

CLEAR = 3.0
"""Standard errors that a signal is away from 0, or it is taken for noise."""
MOST = 2.3
"""Of the logarithm of a signal's growth from the first scale to none: tenfold."""
_TINY = 1e-9
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


def weights(scales: Sequence[float], degree: int) -> Float[Tensor, " scale"]:
    """Of the values, in the least-squares polynomial at 0.

    ``v(0) = sum_s w_s v(s)``; where values have equal errors, the variance is ``sum_s w_s^2``
    times theirs: 2.5 for a line through scales 1 and 3, 5.22 for a parabola through 1, 3 and 5.
    """
    powers = np.vander(np.asarray(scales, dtype=np.float64), degree + 1, increasing=True)
    return torch.from_numpy(np.linalg.pinv(powers)[0])


def polynomial(scales: Sequence[float], values: Scaled, degree: int) -> Found:
    """The least-squares polynomial of ``degree``, at 0."""
    return torch.einsum("s,s...->...", weights(scales, degree).to(values), values)


def linear(scales: Sequence[float], values: Scaled) -> Found:
    """The least-squares line, at 0."""
    return polynomial(scales, values, 1)


def richardson(scales: Sequence[float], values: Scaled) -> Found:
    """The polynomial through all values, at 0. Temme, Bravyi and Gambetta, arXiv:1612.02058."""
    return polynomial(scales, values, len(scales) - 1)


def exponential(scales: Sequence[float], values: Scaled, limits: Asymptotes) -> Reduced:
    """``v(s) = a + b exp(-l s)`` with known a, at 0. Endo, Benjamin and Li, arXiv:1712.09271.

    ``log |v - a|`` is a line by least squares, weighted by ``(v - a)^2``; through two values it
    is a closed form. Growth to scale 0 is at most tenfold. A value is extrapolated by a line where
    its signal ``v - a`` changes its sign or is at a scale below `CLEAR` standard errors.
    """
    clear = clear_signals(values - limits)
    curve = _exponential(scales, values, limits, clear, 1)
    found = torch.where(clear, curve, linear(scales, values))
    return Reduced(found, fallen_back(clear, "an exponential"))


def poly_exponential(scales: Sequence[float], values: Scaled, limits: Asymptotes) -> Reduced:
    """``v(s) = a + b exp(-l s + m s^2)``, at 0: the decay is a mixture of rates.

    As `exponential`, to which it returns where the second term is more than the first one.
    """
    clear = clear_signals(values - limits)
    first, second = (_exponential(scales, values, limits, clear, degree) for degree in (1, 2))
    change, grown = (second - first)[0].abs(), (first - values[0])[0].abs()
    small = (change <= grown).detach()
    curve = torch.where(small, second, first)
    found = torch.where(clear, curve, linear(scales, values))
    return Reduced(found, fallen_back(clear, "an exponential"))


def best(scales: Sequence[float], values: Scaled, limits: Asymptotes) -> Reduced:
    """Of each value the fit with the least expected squared error, ``bias^2 + variance``.

    The variance is that of the replicates; the bias is the distance from the most flexible fit
    that makes sense, less the variance of that distance: an exponential where the signal is clear
    (with three scales a `poly_exponential`), Richardson's elsewhere. So exact values take the most
    flexible fit, and few shots a stiff one.
    """
    clear = clear_signals(values - limits)
    fits = {"linear": linear(scales, values)}
    if len(scales) > 2:
        fits["richardson"] = richardson(scales, values)
    fits["exponential"] = exponential(scales, values, limits).values
    if len(scales) > 2:
        fits["poly_exponential"] = poly_exponential(scales, values, limits).values
    names, found = list(fits), torch.stack(list(fits.values()))
    rough = fits["richardson"] if len(scales) > 2 else fits["linear"]
    apart = (found - torch.where(clear, found[-1], rough)).detach()
    bias = (apart[:, 0].square() - apart.var(1, correction=0)).clamp(min=0)
    chosen = (bias + found.detach().var(1, correction=0)).argmin(0)
    counts = torch.bincount(chosen.flatten(), minlength=len(names)).tolist()
    taken = ", ".join(f"{name} for {n}" for name, n in zip(names, counts, strict=True) if n)
    index = chosen.expand(1, *found.shape[1:])
    said = f"least bias squared plus variance, by the spread of replicates: {taken} values"
    return Reduced(found.gather(0, index)[0], (said,))


def clear_signals(signal: Scaled) -> Bool[Tensor, "row observable"]:
    """Whether a signal has one sign, and is clear of noise, at all scales."""
    signal = signal.detach()
    measured, error = signal[:, 0], signal.std(1, correction=0)
    one_sign = (measured.sign() == measured[0].sign()).all(0)
    return one_sign & (measured.abs() > CLEAR * error + _TINY).all(0)


def fallen_back(kept: Bool[Tensor, "row observable"], wanted: str) -> tuple[str, ...]:
    """How many values are extrapolated by a line instead, if any."""
    n_lines, n = int((~kept).sum()), kept.numel()
    reason = f"their signal changes sign or is below {CLEAR:g} standard errors"
    return (f"{n_lines} of {n} values by a line, not {wanted}: {reason}",) if n_lines else ()


def _exponential(
    scales: Sequence[float],
    values: Scaled,
    limits: Asymptotes,
    clear: Bool[Tensor, "row observable"],
    degree: int,
) -> Found:
    """The exponential of a polynomial, at 0; of no meaning where the signal is not clear."""
    signal = values - limits
    sign = signal[0, 0].detach().sign()
    size = torch.where(clear, signal * sign, 1.0)
    size = torch.maximum(size, _LEAST * size[:, :1])
    powers = torch.tensor(np.vander(scales, degree + 1, increasing=True)).to(values)
    weight = (size / size[0]).square()
    normal = torch.einsum("s...,si,sj->...ij", weight, powers, powers)
    right = torch.einsum("s...,si->...i", weight * size.log(), powers)
    growth = torch.linalg.solve(normal, right)[..., 0] - size[0].log()
    found: Found = limits + sign * size[0] * growth.clamp(-MOST, MOST).exp()
    return found
