"""Elementary functions of vectors, to the last few bits of either precision."""

from typing import Any

from .options import inlined
from .simd import exp_parts, remainder


@inlined
def half_angle(angle: Any) -> Any:
    """``(cos(angle / 2), sin(angle / 2))``, both up to one common sign.

    That sign is a global phase of the gate. Taylor series of a quarter of the angle (at most
    pi / 4) to below 1e-16, then doubled.
    """
    x = remainder(angle) * 0.25
    y = x * x
    sine = y * (-1 / 1307674368000.0) + (1 / 6227020800.0)
    sine = sine * y + (-1 / 39916800.0)
    sine = sine * y + (1 / 362880.0)
    sine = sine * y + (-1 / 5040.0)
    sine = sine * y + (1 / 120.0)
    sine = sine * y + (-1 / 6.0)
    sine = sine * y * x + x
    cosine = y * (1 / 20922789888000.0) + (-1 / 87178291200.0)
    cosine = cosine * y + (1 / 479001600.0)
    cosine = cosine * y + (-1 / 3628800.0)
    cosine = cosine * y + (1 / 40320.0)
    cosine = cosine * y + (-1 / 720.0)
    cosine = cosine * y + (1 / 24.0)
    cosine = cosine * y + (-0.5)
    cosine = cosine * y + 1.0
    double = sine + sine
    return 1.0 - double * sine, double * cosine


@inlined
def exp(x: Any) -> Any:
    """The exponential, by a Taylor series of the remainder modulo ln 2."""
    r, power = exp_parts(x)
    series = r * (1 / 479001600.0) + (1 / 39916800.0)
    series = series * r + (1 / 3628800.0)
    series = series * r + (1 / 362880.0)
    series = series * r + (1 / 40320.0)
    series = series * r + (1 / 5040.0)
    series = series * r + (1 / 720.0)
    series = series * r + (1 / 120.0)
    series = series * r + (1 / 24.0)
    series = series * r + (1 / 6.0)
    series = series * r + 0.5
    series = series * r + 1.0
    return (series * r + 1.0) * power


@inlined
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return 1.0 / (exp(x * (-1.0)) + 1.0)


@inlined
def tanh(x: Any) -> Any:
    """1 - 2 / (exp(2 x) + 1)."""
    return 1.0 - 2.0 / (exp(x + x) + 1.0)
