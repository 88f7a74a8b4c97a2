"""Newton's method with halved steps, for the convex problems that heads start from."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import DataError

_STEPS = 100
_LEAST = 1e-10  # part of a step below which halving ends
_ROUNDING = 1e-13  # of a value: so much more is no rise, and the last step is taken whole


def newton(
    value: Callable[[Tensor], Tensor],
    slopes: Callable[[Tensor], tuple[Tensor, Tensor]],
    start: Tensor,
    *,
    least: Callable[[float], float],
) -> Tensor:
    """Weights that minimise a convex ``value``.

    Args:
        value: weights -> what is minimised.
        slopes: weights -> its gradient and its Hessian, positive definite.
        start: weights, float64.
        least: value -> the decrease in one step below which the minimum counts as found.

    Raises:
        DataError: there is no minimum.
    """
    weights, now = start, float(value(start))
    for _ in range(_STEPS):
        gradient, hessian = slopes(weights)
        step, singular = torch.linalg.solve_ex(hessian, gradient)
        size, most = 1.0, now + _ROUNDING * abs(now)
        while (new := float(value(weights - size * step))) > most and size > _LEAST:
            size /= 2
        if singular or not math.isfinite(new):
            raise DataError("the linear model has no minimum: are regressors collinear?")
        weights, decrease, now = weights - size * step, now - new, new
        if decrease < least(now):
            break
    return weights
