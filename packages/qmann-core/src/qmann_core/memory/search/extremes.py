"""The best entries by repeated search above a rising threshold."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ...data.numbers import whole
from ...errors import DataError
from .search import Attempts, bbht


@dataclass(frozen=True, kw_only=True)
class TopK(Attempts):
    """Entries with the largest values, as a search for them left them, and what it cost."""

    indices: Int[np.ndarray, " best"]
    """Best first; among equal values the lower index first."""
    rounds: int
    """Searches for something better, the last one in vain."""
    miss_bound: float
    """These are not the k best with at most this probability."""


def durr_hoyer(
    values: Float[np.ndarray, " entry"],
    k: int,
    generator: np.random.Generator,
    *,
    miss: float = 1e-6,
) -> TopK:
    """The k entries with the largest values, among N in expected O(sqrt(k N)) oracle calls.

    Starts with k measured entries. Each round searches, by :func:`bbht`, for an entry outside
    the k that is better than the worst of them, and replaces that one; the first round without a
    hit is the last. Entries are compared by value, then by lower index, so that equal values have
    an order. Round j may miss with ``miss / (j (j + 1))``: together at most ``miss``.
    Durr and Hoyer, arXiv:quant-ph/9607014, for the best one; Durr, Heiligman, Hoyer and Mhalla,
    arXiv:quant-ph/0401091, for k. The dynamics is exact: which entries are marked enters only
    by their number.

    Args:
        values: what is maximised; negate for the smallest.
        k: at least 1; with k >= N the answer is everything and no search is needed.
        generator: draws the start and every measurement.
        miss: in (0, 1].

    Raises:
        DataError: a value is NaN.
        ConfigError: ``k`` or ``miss`` out of range.
    """
    size = len(values)
    if np.isnan(values).any():
        raise DataError(
            f"{int(np.isnan(values).sum())} of {size} values are NaN and have no rank; leave "
            "their entries out"
        )
    order = np.argsort(-values, kind="stable")  # entries by rank, 0 is the best
    if whole("k", k) >= size:
        return TopK(indices=order, rounds=0, iterations=(), miss_bound=0.0)
    chosen = np.sort(generator.choice(size, k, replace=False))
    rounds, found = 0, True
    made = (0,) * k  # measured without an iteration
    while found:
        rounds += 1
        marked = int(chosen[-1]) - (k - 1)  # better than the worst and not among the k
        share = miss / (rounds * (rounds + 1))
        search = bbht(marked / size, generator, lower_bound=1 / size, miss=share)
        made += search.iterations
        found = search.found
        if found:
            hit = _not_among(chosen, int(generator.integers(marked)))
            chosen = np.sort(np.append(chosen[:-1], hit))
    return TopK(
        indices=order[chosen],
        rounds=rounds,
        iterations=made,
        miss_bound=miss,
    )


def _not_among(chosen: Int[np.ndarray, " best"], number: int) -> int:
    """The ``number``-th natural number that is not among the ascending ones."""
    below = chosen - np.arange(len(chosen))  # how many that are not chosen lie below each
    return number + int(np.searchsorted(below, number, side="right"))
