"""Recall in three modes: one pass over the keys, then the exact dynamics of the search."""

import time
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64, Int64

from ...errors import CircuitError, ConfigError
from ..hardware import Asked, Phases, grover
from ..hardware.ledger import Ledger
from ..search import AmplitudeAmplification, Search, best_iterations, durr_hoyer
from .pool import Pool
from .question import Question
from .result import AGED, EXACT, TABLE, RecallResult
from .schedules import NOTHING, Schedule, phases, search, verified

_BLOCK = 1024
_FEW = 16 * _BLOCK
_TOLERANCE = {"float32": 2e-6, "float64": 1e-12, "uint8": 1e-12}
"""Rounding of a fidelity: equal keys pass a threshold of 1. That of an overlap, so that a fidelity
of its square is as good as 0."""
_LEAST = 1e-24
"""p0 below which nothing is found: a search would take more than 10^12 calls."""
_MOST_ITERATES = 1_000_000
"""Of an attempt that is written out as a circuit."""


@dataclass(frozen=True, eq=False)
class Scan:
    """What one pass over the entries says of a question."""

    fidelities: Float64[np.ndarray, " entry"]
    strengths: Float64[np.ndarray, " entry"]
    """P(good | a)."""
    passing: Int64[np.ndarray, " passing"] | None
    """Entries that pass the classical check after a measurement; None for all."""
    leaked: float
    """Sum of the strengths of those that do not."""
    least: float
    """Strength of an entry that just passes."""
    answers: bool
    """Whether a fidelity is more than rounding, and some entry passes."""
    chosen: Int64[np.ndarray, " best"]
    """The k strongest; those of highest fidelity above a threshold, where strengths only ripple."""

    @cached_property
    def amplification(self) -> AmplitudeAmplification:
        """About the entries in equal superposition, of which there is at least one."""
        return AmplitudeAmplification(None, self.strengths)

    def drawn(self, generator: np.random.Generator) -> int:
        """The entry that a successful search ends in."""
        passing = self.passing
        sums = (self.strengths if passing is None else self.strengths[passing]).cumsum()
        number = int(np.searchsorted(sums, generator.random() * sums[-1], side="right"))
        return number if passing is None else int(passing[number])


def scan(pool: Pool, question: Question, k: int) -> Scan:
    """Fidelities, strengths and the k best; O(entries x width)."""
    fidelities = pool.answers(question)
    strengths = question.strengths(fidelities)
    tolerance = _TOLERANCE[pool.snapshot.layout.dtype]
    if question.mode != "threshold":
        chosen = best(strengths, pool.addresses, k)
        answers = bool((fidelities > tolerance**2).any())
        return Scan(fidelities, strengths, None, 0.0, 1.0, answers, chosen)
    passing = np.flatnonzero(fidelities >= question.threshold - tolerance)
    leaked = 0.0
    if len(passing) < len(strengths):
        leaked = max(float(strengths.sum()) - float(strengths[passing].sum()), 0.0)
    least = float(question.strengths(np.array([question.threshold]))[0])
    above_zero = 1 + fidelities[passing]  # what passes at threshold 0 may be orthogonal
    chosen = passing[best(above_zero, pool.addresses[passing], k)]
    return Scan(fidelities, strengths, passing, leaked, least, len(passing) > 0, chosen)


def recall(
    pool: Pool,
    question: Question,
    k: int,
    *,
    schedule: Schedule | Literal["durr_hoyer"],
    delta: float = 1.0,
    miss: float,
    generator: np.random.Generator,
) -> RecallResult:
    """The k best entries, their exact weights, and a search for one of them by a schedule.

    The search may miss an entry with ``miss``, a fixed-point attempt with ``delta``^2. By
    "durr_hoyer" (`search.durr_hoyer`) all k are searched, each above the worst so far; no circuit
    is known here for its oracle, which compares fidelities, so that only calls are counted.
    """
    begun = time.perf_counter()
    seen = scan(pool, question, k)
    scanned = time.perf_counter() - begun
    asked, sequence = question.asked, None
    if schedule == "durr_hoyer":
        order = np.argsort(pool.addresses)  # equal fidelities go by lower address
        top = durr_hoyer(seen.fidelities[order], k, generator, miss=miss)
        chosen, asked = order[top.indices], None
        measured = chosen[0] if len(chosen) else None
        ended = Search(
            found=len(chosen) > 0,
            success_probability=1 - top.miss_bound,
            iterations=top.iterations,
            miss_bound=top.miss_bound,
        )
    else:
        ended = _ended(seen, schedule, delta=delta, miss=miss, generator=generator)
        chosen = seen.chosen if ended.found else seen.chosen[:0]
        measured = seen.drawn(generator) if ended.found else None
        if max(ended.iterations, default=0) > _MOST_ITERATES:
            asked = None
        elif ended.iterations:
            sequence = phases(schedule, seen.amplification, ended, delta)
    exactness = EXACT if pool.decoherence is None else AGED
    return RecallResult(
        **columns(pool, seen, chosen),
        errors=np.zeros(len(chosen)),
        mode="nearest" if schedule == "durr_hoyer" else question.mode,
        schedule=schedule,
        success_probability=ended.success_probability,
        found=ended.found,
        measured=None if measured is None else int(pool.addresses[measured]),
        miss_bound=ended.miss_bound,
        exactness=exactness if question.table is None else TABLE,
        ledger=Ledger(
            entries=len(pool),
            iterations=ended.oracle_calls,
            preparations=ended.preparations,
            seconds=time.perf_counter() - begun,
            scan_seconds=scanned,
            registers=pool.registers(question.copies),
            asked=asked,
            length=question.length,
            phases=sequence,
        ),
    )


def columns(pool: Pool, seen: Scan, chosen: Int64[np.ndarray, " best"]) -> dict[str, Any]:
    """What a result says of each of the entries that it gives back."""
    slots, snapshot = pool.slots_of(chosen), pool.snapshot
    return {
        "addresses": snapshot.addresses[slots],
        "values": snapshot.values[slots],
        "weights": seen.strengths[chosen] / ((len(chosen) and seen.amplification.total) or 1.0),
        "fidelities": seen.fidelities[chosen],
        "timestamps": snapshot.timestamps[slots],
        "tags": tuple(snapshot.tags(slots)),
    }


def special_phases(
    seen: Scan, schedule: Schedule, *, delta: float, miss: float, generator: np.random.Generator
) -> Phases | None:
    """Those of an attempt by a schedule; None where it is plain iterates."""
    ended = _ended(seen, schedule, delta=delta, miss=miss, generator=generator)
    return phases(schedule, seen.amplification, ended, delta) if ended.iterations else None


def _ended(
    seen: Scan, schedule: Schedule, *, delta: float, miss: float, generator: np.random.Generator
) -> Search:
    """The search for an entry that passes, of which there may be none at all.

    Who searches is told the least p0 that there can be: of one entry that just passes or, where
    all the keys are less alike the query than that, their own.
    """
    if not len(seen.strengths):
        return NOTHING
    about, bound = seen.amplification, seen.least / len(seen.strengths)
    if seen.answers:
        bound = max(min(bound, about.success), _LEAST)
    ended = verified(
        lambda: search(schedule, about, generator, lower_bound=bound, delta=delta, miss=miss),
        leaked=seen.leaked,
        total=about.total,
        least=seen.least,
        miss=miss,
        generator=generator,
    )
    return replace(ended, miss_bound=1.0) if seen.answers and about.success < bound else ended


def attempt(pool: Pool, question: Question, iterations: int | None) -> tuple[Asked, Phases]:
    """One attempt of k plain iterates, by default the best k, as what a circuit is emitted from.

    Raises:
        ConfigError: ``iterations`` is negative or no whole number.
        CircuitError: there are no entries, or no circuit is known for the question.
    """
    if iterations is not None:
        if not isinstance(iterations, Integral) or iterations < 0:
            raise ConfigError(f"iterations is {iterations!r}: expected 0 or more")
        if iterations > _MOST_ITERATES:
            raise CircuitError(
                f"got {iterations} iterations: a circuit is written down for up to {_MOST_ITERATES}"
            )
    if not len(pool):
        raise CircuitError("the memory holds nothing to recall, so it has no circuit; write to it")
    asked = question.asked
    if asked is None:
        raise CircuitError(
            "no circuit is known for this question: threshold 0 asks nothing, and a predicate is "
            "Equal, Masked or Within; for others see hardware.amplify"
        )
    if iterations is None:
        iterations = best_iterations(scan(pool, question, 1).amplification.success)
    return asked, grover(iterations)


def best(
    strengths: Float64[np.ndarray, " entry"], addresses: Int64[np.ndarray, " entry"], k: int
) -> Int64[np.ndarray, " best"]:
    """Indices of the k largest strengths above 0, the largest first, ties by lower address.

    One pass over all of them: the k-th largest of the maxima of blocks is a bound that few others
    reach.
    """
    k = min(k, len(strengths))
    if k == 0:
        return np.zeros(0, dtype=np.int64)
    last = _kth_largest(strengths, k)
    above = np.flatnonzero(strengths > last)
    equal = np.flatnonzero(strengths == last) if last > 0 else above[:0]
    lacking = min(k - len(above), len(equal))
    if lacking < len(equal):
        equal = equal[np.argpartition(addresses[equal], lacking)[:lacking]]
    chosen = np.concatenate([above, equal])
    return chosen[np.lexsort((addresses[chosen], -strengths[chosen]))]


def _kth_largest(values: Float64[np.ndarray, " entry"], k: int) -> float:
    n_blocks = len(values) // _BLOCK
    if len(values) > _FEW and k <= n_blocks // 4:
        maxima = values[: n_blocks * _BLOCK].reshape(n_blocks, _BLOCK).max(axis=1)
        bound = np.partition(maxima, n_blocks - k)[n_blocks - k]
        values = values[values >= bound]
    return float(np.partition(values, len(values) - k)[len(values) - k])
