"""Amplification under global depolarising noise, and when to stop.

Each iteration leaves the state as it is with probability f, the survival, and replaces it by the
maximally mixed one otherwise: P_k = f^k sin^2((2 k + 1) theta) + (1 - f^k) floor.
"""

from collections.abc import Callable
from typing import overload

import numpy as np
from jaxtyping import Float, Int

from ...errors import DataError
from .checks import Count, Number, count, probability, within
from .closed_form import best_iterations, success_probability

_SCANNED = 4096
"""Iteration counts looked at in one pass."""


@overload
def noisy_success(p0: float, iterations: int, survival: float) -> float: ...
@overload
def noisy_success(
    p0: Float[np.ndarray, "..."], iterations: Count, survival: float
) -> Float[np.ndarray, "..."]: ...
@overload
def noisy_success(
    p0: float, iterations: Int[np.ndarray, "..."], survival: float
) -> Float[np.ndarray, "..."]: ...
def noisy_success(p0: Number, iterations: Count, survival: float) -> Number:
    """P_k = f^k sin^2((2 k + 1) theta) + (1 - f^k) p0.

    The floor is that of a search over all addresses, M / N = p0: the share of good states among
    all of them. (Where the key register is measured too, the true floor is lower.)

    Args:
        p0: probability of a good state in the prepared one; a number or an array.
        iterations: k; a number, or an array that broadcasts with ``p0``.
        survival: f, in (0, 1].

    Raises:
        DataError: ``p0`` is not in [0, 1].
        ConfigError: ``survival`` or ``iterations`` out of range.
    """
    start, steps = probability(p0), count(iterations)
    kept = within(survival, "survival") ** steps.astype(np.float64)
    values = kept * success_probability(start, steps) + (1 - kept) * start
    return values if values.ndim else float(values)


def expected_calls(p0: float, iterations: int, survival: float = 1.0) -> float:
    """(k + 1) / P_k: expected oracle calls of attempts with k iterations and a check each.

    Raises:
        DataError: ``p0`` is not in (0, 1]: without a match no attempt ever succeeds.
        ConfigError: ``survival`` or ``iterations`` out of range.
    """
    _check_reachable(p0)
    return (iterations + 1) / noisy_success(p0, iterations, survival)


def cheapest_iterations(p0: float, survival: float = 1.0) -> int:
    """The k, up to the first maximum of P_k, whose repeated attempts cost least.

    Minimises :func:`expected_calls`. Without noise that is 0.88 sqrt(1 / p0) calls at three
    quarters of the iterations that one attempt would take.

    Raises:
        DataError: ``p0`` is not in (0, 1].
        ConfigError: ``survival`` is not in (0, 1].
    """
    _check_reachable(p0)

    def cost(steps: Int[np.ndarray, " step"]) -> Float[np.ndarray, " step"]:
        calls: np.ndarray = (steps + 1) / noisy_success(p0, steps, survival)
        return calls

    return _lowest(cost, _useful(p0, survival))


def best_single_shot(p0: float, survival: float = 1.0) -> int:
    """The k, up to the first noiseless maximum, at which one attempt is likeliest to succeed.

    Raises:
        DataError: ``p0`` is not in [0, 1].
        ConfigError: ``survival`` is not in (0, 1].
    """

    def failure(steps: Int[np.ndarray, " step"]) -> Float[np.ndarray, " step"]:
        return -noisy_success(p0, steps, survival)

    return _lowest(failure, _useful(p0, survival))


def _useful(p0: float, survival: float) -> int:
    """More iterations than this help neither purpose: past the peak, or f^k below e^-8."""
    most = best_iterations(p0)
    lost = -float(np.log(within(survival, "survival")))
    return most if lost * most <= 8 else int(8 / lost) + 1


def _lowest(
    function: Callable[[Int[np.ndarray, " step"]], Float[np.ndarray, " step"]], upper: int
) -> int:
    """The first minimum on 0..upper of a function that falls and then rises."""
    low, high = 0, upper
    while True:
        steps = np.unique(np.linspace(low, high, _SCANNED).astype(np.int64))
        best = int(np.argmin(function(steps)))
        if high - low < _SCANNED:
            return int(steps[best])
        low, high = int(steps[max(best - 1, 0)]), int(steps[min(best + 1, len(steps) - 1)])


def _check_reachable(p0: float) -> None:
    if not probability(p0) > 0:
        raise DataError(
            f"p0 must be above 0, got {p0}: with nothing to find no attempt succeeds; check "
            "for p0 == 0 first, or search with bbht, which ends with found=False"
        )
