"""Searches with one attempt, and with as many as an unknown number of matches takes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from .closed_form import best_iterations, probability, rotation_angle, success_probability, within
from .fixed_point import fixed_point_length, fixed_point_success
from .phases import exact_schedule, partial_success

_GROWTH = 6 / 5
_SMALLEST = 1e-30
"""Lower bound of p0 for which numbers of iterations still are 64-bit integers."""
_REACH = 3 / 2
"""Full range of `bbht` in units of 1 / sin(2 theta_w); 1 would do, with a miss of 3/4."""
_MISS = 2 / 3
"""1/2 + 1 / (4 _REACH): of an attempt of `bbht` at its full range, at most."""


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """What was tried, and what it cost: no attempt is free, because no state is cloned."""

    iterations: tuple[int, ...]
    """Of each attempt that was made."""

    @property
    def oracle_calls(self) -> int:
        """One for each iteration. The classical check after each attempt is not among them."""
        return sum(self.iterations)

    @property
    def preparations(self) -> int:
        """Calls of the loader or its inverse: 2 k + 1 for an attempt with k iterations."""
        return 2 * self.oracle_calls + len(self.iterations)

    @property
    def evaluations(self) -> int:
        """Oracle calls and the classical check after each attempt: what a scan counts, too."""
        return self.oracle_calls + len(self.iterations)


@dataclass(frozen=True, kw_only=True)
class Search(Attempts):
    """What a search came to."""

    found: bool
    """Whether an attempt measured a good state, checked classically."""
    success_probability: float
    """Of the whole schedule, all attempts together, before the first one."""
    miss_bound: float
    """The schedule as a whole misses at most this often if what it was told about p0 is true."""


def known(p0: float) -> Search:
    """One attempt with the k of the first maximum of P_k, for a p0 that is known.

    Nothing is drawn: ``found`` says whether there is anything to find.

    Args:
        p0: probability of a good state in the prepared one.

    Raises:
        DataError: ``p0`` is not in [0, 1].
    """
    steps = best_iterations(p0)
    success = float(success_probability(p0, steps))
    return _single(success, steps, 1 - success if p0 > 0 else 0.0)


def exact(p0: float) -> Search:
    """One attempt of full iterations and a partial last one, certain for a p0 that is known.

    ``found``, args and errors are those of :func:`known`; at p0 = 0 there is nothing to do.
    """
    if probability(p0) == 0:
        return _single(0.0, 0, 0.0)
    schedule = exact_schedule(p0)
    success = min(partial_success(p0, *schedule), 1.0)
    return _single(success, schedule.iterations, 1 - success)


def fixed_point(p0: float, lower_bound: float, delta: float) -> Search:
    """One attempt of a Yoder-Low-Chuang sequence, which needs only a lower bound of p0.

    ``found`` is that of :func:`known`.

    Args:
        p0: probability of a good state in the prepared one.
        lower_bound: of p0; from there on the attempt misses with at most delta^2.
        delta: in (0, 1].

    Raises:
        DataError: ``p0`` is not in [0, 1].
        ConfigError: ``lower_bound`` or ``delta`` is not in (0, 1].
    """
    length = fixed_point_length(lower_bound, delta)
    success = float(fixed_point_success(p0, length, delta))
    return _single(success, length // 2, delta**2)


def bbht(
    p0: float, generator: np.random.Generator, *, lower_bound: float, miss: float = 1e-6
) -> Search:
    """Attempts with growing random k until a hit, for a p0 that nobody knows.

    Attempt i draws k uniformly from the m_i = ceil((6/5)^i) smallest numbers, never more than
    m = ceil(1.5 / sin(2 theta_w)) for the lower bound w of p0, and checks what it measured. For any
    p0 >= w an attempt with m_i = m misses with at most 2/3, so that the search ends, with nothing
    found, after as many of them as bring the bound below ``miss``. With M matches among N the
    hit takes 1.1 to 1.5 sqrt(N / M) calls on average from N / M = 1000 on, fewer before, and the
    end without one takes 15 sqrt(1 / w) at the default.
    Boyer, Brassard, Hoyer and Tapp, arXiv:quant-ph/9605034.

    Args:
        p0: probability of a good state; it decides what is measured, the schedule ignores it.
        generator: draws k and what is measured.
        lower_bound: the smallest p0 other than 0 that is possible, 1 / N for N addresses.
        miss: in (0, 1].

    Raises:
        DataError: ``p0`` is not in [0, 1].
        ConfigError: ``lower_bound`` is not in (1e-30, 1] or ``miss`` not in (0, 1].
    """
    ranges, bound = _ranges(lower_bound, miss)
    steps = generator.integers(ranges)
    hits = generator.random(len(steps)) < success_probability(p0, steps)
    found = bool(hits.any())
    made = steps[: int(hits.argmax()) + 1] if found else steps
    return Search(
        found=found,
        success_probability=float(1 - np.prod(_misses(p0, ranges))),
        iterations=tuple(made.tolist()),
        miss_bound=bound,
    )


def _ranges(lower_bound: float, miss: float) -> tuple[Int[np.ndarray, " attempt"], float]:
    """How many values of k each attempt draws from, and the bound of missing in all of them."""
    within(lower_bound, "lower_bound", low=_SMALLEST)
    within(miss, "miss")
    # from 1/2 on measuring the prepared state is best, and misses with at most 1/2
    doubled = np.sin(2 * rotation_angle(lower_bound))
    most = np.ceil(_REACH / doubled).item() if lower_bound < 0.5 else 1.0
    growing = int(np.ceil(np.log(most) / np.log(_GROWTH)))
    full = max(1, int(np.ceil(np.log(miss) / np.log(_MISS))))
    sizes = np.ceil(np.minimum(_GROWTH ** np.arange(growing + full), most))
    return sizes.astype(np.int64), _MISS**full


def _misses(p0: float, ranges: Int[np.ndarray, " attempt"]) -> Float[np.ndarray, " attempt"]:
    """1/2 + sin(4 m theta) / (4 m sin(2 theta)): the mean of 1 - P_k over k = 0 .. m - 1."""
    doubled = 2 * rotation_angle(p0)
    if np.sin(doubled) < 1e-12:
        return np.full(len(ranges), 1.0 - np.round(p0))
    mean: np.ndarray = 0.5 + np.sin(2 * ranges * doubled) / (4 * ranges * np.sin(doubled))
    return mean


def _single(success: float, steps: int, bound: float) -> Search:
    return Search(
        found=success > 0, success_probability=success, iterations=(steps,), miss_bound=bound
    )
