"""Grover adaptive search: the least of 2^n costs, by a threshold that only falls."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ...errors import DataError
from .search import bbht


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """The best assignment that was measured, how the search came to it and what it cost."""

    index: int
    """The assignment's bits as a number, wire 0 the most significant."""
    cost: float
    thresholds: tuple[float, ...]
    """The cost of the start and of each improvement; the last one is ``cost``."""
    calls: tuple[int, ...]
    """Oracle calls made until each threshold was reached, 0 for the start."""
    rounds: int
    """Searches for something better, the last one in vain."""
    oracle_calls: int
    preparations: int
    miss_bound: float
    """There is a lower cost with at most this probability."""


def grover_adaptive_search(
    costs: Float[np.ndarray, " assignment"] | Int[np.ndarray, " assignment"],
    generator: np.random.Generator,
    *,
    start: int | None = None,
    miss: float = 1e-6,
) -> Minimum:
    """The minimum of a cost over all assignments of n bits.

    The oracle marks the assignments that cost less than the best one so far: the sign bit of
    cost - threshold in a register that the preparation computes. Each round is one :func:`bbht`
    for p0 = M / 2^n; a hit becomes the threshold, the first round without one is the last. Round
    j may miss with ``miss / (j (j + 1))``: together at most ``miss``.
    Gilliam, Woerner and Gonciulea, arXiv:1912.04088; Durr and Hoyer, arXiv:quant-ph/9607014.

    Args:
        costs: of assignment 0 to 2^n - 1.
        generator: draws the start and every measurement.
        start: an assignment that is known already, such as a classical heuristic's; else one is
            measured.
        miss: in (0, 1].

    Raises:
        DataError: the costs are not 2^n numbers without NaN, or ``start`` is not one of them.
        ConfigError: ``miss`` is not in (0, 1].
    """
    best = _checked_start(costs, start, generator)
    size = len(costs)
    order = np.argsort(costs, kind="stable")
    ascending = costs[order]
    thresholds, reached = [float(costs[best])], [0]
    calls, preparations, found = 0, int(start is None), True
    while found:
        marked = int(np.searchsorted(ascending, costs[best], side="left"))
        rounds = len(thresholds)
        share = miss / (rounds * (rounds + 1))
        search = bbht(marked / size, generator, lower_bound=1 / size, miss=share)
        calls += search.oracle_calls
        preparations += search.preparations
        found = search.found
        if found:
            best = int(order[generator.integers(marked)])
            thresholds.append(float(costs[best]))
            reached.append(calls)
    return Minimum(
        index=best,
        cost=thresholds[-1],
        thresholds=tuple(thresholds),
        calls=tuple(reached),
        rounds=len(thresholds),
        oracle_calls=calls,
        preparations=preparations,
        miss_bound=miss,
    )


def _checked_start(
    costs: Float[np.ndarray, " assignment"] | Int[np.ndarray, " assignment"],
    start: int | None,
    generator: np.random.Generator,
) -> int:
    size = len(costs)
    if size < 1 or size & (size - 1) or np.isnan(costs).any():
        raise DataError(
            f"costs must be 2^n numbers, one for each assignment of n bits, and none NaN; got "
            f"{size} of which {int(np.isnan(costs).sum())} are NaN"
        )
    if start is not None and not 0 <= start < size:
        raise DataError(f"start must be one of the {size} assignments, got {start}")
    return int(generator.integers(size)) if start is None else start
