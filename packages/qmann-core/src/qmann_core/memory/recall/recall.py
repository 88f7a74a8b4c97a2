"""Recall in three modes: one pass over the keys, then the exact dynamics of the search."""

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from ..hardware.ledger import Ledger
from ..search import Search, durr_hoyer
from .best import best
from .pool import Pool
from .question import Question
from .result import AGED, EXACT, TABLE, RecallResult
from .schedules import Schedule, nothing, phases, search, verified

_TOLERANCE = {"float32": 2e-6, "float64": 1e-12, "uint8": 1e-12}
"""Rounding of a fidelity: equal keys pass a threshold of 1."""


@dataclass(frozen=True, eq=False)
class Scan:
    """What one pass over the entries says of a question."""

    fidelities: Float64[np.ndarray, " entry"]
    strengths: Float64[np.ndarray, " entry"]
    """P(good | a)."""
    total: float
    """Sum of the strengths."""
    passing: Int64[np.ndarray, " passing"] | None
    """Entries that pass the classical check after a measurement; None for all."""
    leaked: float
    """Sum of the strengths of those that do not."""
    least: float
    """Strength of an entry that just passes."""
    chosen: Int64[np.ndarray, " best"]
    """The k strongest; those of highest fidelity above a threshold, where strengths only ripple."""

    @property
    def p0(self) -> float:
        """Probability of a good state before any iteration."""
        return min(self.total / len(self.strengths), 1.0) if len(self.strengths) else 0.0

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
    total = float(strengths.sum())
    if question.mode != "threshold":
        chosen = best(strengths, pool.addresses, k)
        return Scan(fidelities, strengths, total, None, 0.0, 1.0, chosen)
    tolerance = _TOLERANCE[pool.snapshot.layout.dtype]
    passing = np.flatnonzero(fidelities >= question.threshold - tolerance)
    kept = strengths[passing]
    leaked = total - float(kept.sum()) if len(passing) < len(strengths) else 0.0
    least = float(question.strengths(np.array([question.threshold]))[0])
    above_zero = 1 + fidelities[passing]  # what passes at threshold 0 may be orthogonal
    chosen = passing[best(above_zero, pool.addresses[passing], k)]
    return Scan(fidelities, strengths, total, passing, max(leaked, 0.0), least, chosen)


def recall(
    pool: Pool,
    question: Question,
    k: int,
    *,
    schedule: Schedule,
    delta: float,
    miss: float,
    generator: np.random.Generator,
) -> RecallResult:
    """The k best entries, their exact weights, and a search for one of them by a schedule.

    Args:
        pool: the entries, of which there may be none.
        question: what is asked of them.
        k: at most that many are given back.
        schedule: of the search.
        delta: of a fixed-point attempt.
        miss: how often a search may miss.
        generator: draws what is measured.
    """
    begun = time.perf_counter()
    seen = scan(pool, question, k)
    scanned = time.perf_counter() - begun

    def attempt() -> Search:
        bound = seen.least / len(pool)
        return search(schedule, seen.p0, generator, lower_bound=bound, delta=delta, miss=miss)

    ended = nothing(0.0)
    if len(pool):
        sums = {"leaked": seen.leaked, "total": seen.total, "least": seen.least}
        ended = verified(attempt, **sums, miss=miss, generator=generator)
    measured = seen.drawn(generator) if ended.found else None
    return RecallResult(
        **_entries(pool, seen, ended.found),
        mode=question.mode,
        schedule=schedule,
        success_probability=ended.success_probability,
        found=ended.found,
        measured=None if measured is None else int(pool.addresses[measured]),
        miss_bound=ended.miss_bound,
        exactness=_exactness(pool, question),
        ledger=Ledger(
            entries=len(pool),
            iterations=ended.oracle_calls,
            preparations=ended.preparations,
            seconds=time.perf_counter() - begun,
            scan_seconds=scanned,
            registers=pool.registers(question.copies),
            asked=question.asked,
            length=question.length,
            phases=phases(schedule, seen.p0, ended, delta),
        ),
    )


def nearest(
    pool: Pool, question: Question, k: int, *, miss: float, generator: np.random.Generator
) -> RecallResult:
    """The k entries of largest fidelity by repeated searches, each above the worst so far.

    Durr and Hoyer, arXiv:quant-ph/9607014; see `amplification.durr_hoyer`. No circuit is known
    here for its oracle, which compares fidelities, so that only calls are counted.

    Args:
        pool: the entries, of which there may be none.
        question: a soft one.
        k: how many; all there are if fewer.
        miss: how often these may not be the nearest.
        generator: draws what is measured.
    """
    begun = time.perf_counter()
    seen = scan(pool, question, k)
    scanned = time.perf_counter() - begun
    order = np.argsort(pool.addresses)  # equal fidelities go by lower address
    top = durr_hoyer(seen.fidelities[order], k, generator, miss=miss)
    chosen = order[top.indices]
    return RecallResult(
        **_entries(pool, replace(seen, chosen=chosen), found=True),
        mode="nearest",
        schedule="durr_hoyer",
        success_probability=1 - top.miss_bound,
        found=len(chosen) > 0,
        measured=int(pool.addresses[chosen[0]]) if len(chosen) else None,
        miss_bound=top.miss_bound,
        exactness=_exactness(pool, question),
        ledger=Ledger(
            entries=len(pool),
            iterations=top.oracle_calls,
            preparations=top.preparations,
            seconds=time.perf_counter() - begun,
            scan_seconds=scanned,
            registers=pool.registers(1),
        ),
    )


def _entries(pool: Pool, seen: Scan, found: bool) -> dict[str, Any]:
    """The columns of a result: no entry that was not found."""
    chosen = seen.chosen if found else seen.chosen[:0]
    slots, snapshot = pool.slots_of(chosen), pool.snapshot
    return {
        "addresses": snapshot.addresses[slots],
        "values": snapshot.values[slots],
        "weights": seen.strengths[chosen] / (seen.total if seen.total > 0 else 1.0),
        "fidelities": seen.fidelities[chosen],
        "timestamps": snapshot.timestamps[slots],
        "tags": tuple(snapshot.tags(slots)),
    }


def _exactness(pool: Pool, question: Question) -> str:
    if question.table is not None:
        return TABLE
    return EXACT if pool.decoherence is None else AGED
