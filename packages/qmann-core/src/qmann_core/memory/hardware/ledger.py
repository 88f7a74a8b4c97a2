"""What a recall costs: on a simulator, as gates, and with a QRAM that nobody has built."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from .conditions import Asked, Phases, grover
from .loading import Registers
from .resources import GateCounts, RecallCounts, recall_counts

_MAY = """\
Calls are counted; they grow as sqrt(N / M) for M matches among N entries.
The simulation is exact, O(N d) for keys of d numbers; a circuit of gates has the same outcomes \
(QMatrix.to_circuit).
Weights of a soft recall are those of attention with fidelities as its kernel."""
_MUST = """\
Simulated: all {entries:,} keys were compared, as in a scan; nothing is faster, and loading is O(N).
Without a QRAM a loader call is O(N) gates, so a search is O(N^1.5), worse than a scan.
Measured fidelity of a bucket-brigade QRAM: 0.800 with 2 layers, 0.604 with 3 (arXiv:2506.16682).
A search ends in one address. All the weights are read from the simulated state; hardware would \
search again for each, because n qubits give n bits when they are read."""


_MOST_WIRES = 256
"""Of address and key: gates of wider circuits are not counted, which would take minutes."""


class Claims(NamedTuple):
    """Sentences."""

    may: tuple[str, ...]
    must: tuple[str, ...]


def claims(entries: int) -> Claims:
    """What may be said of a recall from so many entries, and what must be."""
    return Claims(tuple(_MAY.splitlines()), tuple(_MUST.format(entries=entries).splitlines()))


@dataclass(frozen=True, kw_only=True, eq=False)
class Ledger:
    """The cost of one recall; calls and gates are of the whole search, all attempts together."""

    entries: int
    """Entries searched."""
    iterations: int
    """k, summed over the attempts."""
    preparations: int
    """2 k + 1, summed over them: no state is cloned, so every attempt prepares again."""
    seconds: float
    """Wall time of this simulated recall."""
    scan_seconds: float
    """The part of it that a classical scan needs, too: all fidelities, and the k best."""
    registers: Registers
    """Wires of address and key."""
    asked: Asked | None = None
    """What the circuit asks; None where there is none: a table, a predicate of one's own."""
    length: int = 1
    """Of the fixed-point sequence behind a threshold."""
    phases: Phases | None = None
    """Of one attempt where all are alike; None where they are plain iterates."""

    @property
    def oracle_calls(self) -> int:
        """Phases put on what is good: one for each iteration, and those behind a threshold."""
        return self.iterations + self.preparations * (self.length // 2)

    @property
    def loader_calls(self) -> int:
        """Loadings and unloadings of the keys: one a preparation, times the length."""
        return self.preparations * self.length

    @property
    def shots(self) -> int:
        """Times that the registers are measured: the attempts."""
        return self.preparations - 2 * self.iterations

    @cached_property
    def qubits(self) -> int | None:
        """Of all registers; None where there is no circuit."""
        return None if self._attempts is None else self._attempts[0].n_qubits

    @cached_property
    def gates(self) -> GateCounts | None:
        """With loaders made of gates."""
        return self._of_all(lambda attempt: attempt.total)

    @cached_property
    def gates_with_qram(self) -> GateCounts | None:
        """Besides the calls of the loader."""
        return self._of_all(lambda attempt: attempt.besides_loader)

    @property
    def break_even_query_seconds(self) -> float | None:
        """How fast one call of a QRAM would have to be for the search to beat this scan.

        None where nothing was loaded.
        """
        return self.scan_seconds / self.loader_calls if self.loader_calls else None

    def _of_all(self, part: Callable[[RecallCounts], GateCounts]) -> GateCounts | None:
        """Of a part of each attempt, the sum over the attempts that were made."""
        if self._attempts is None:
            return None
        none, one = map(part, self._attempts)
        return none * self.shots + (one + none * -1) * self.iterations

    @cached_property
    def _attempts(self) -> tuple[RecallCounts, RecallCounts] | None:
        """Two attempts, of which the second has one iteration more, or those that are alike.

        Every plain iteration costs the same, so two of them give the cost of any number.
        """
        if self.asked is None or self.entries == 0 or self.registers.n_wires > _MOST_WIRES:
            return None
        if self.phases is not None:
            same = recall_counts(self.registers, self.entries, self.asked, self.phases)
            return same, same
        none = recall_counts(self.registers, self.entries, self.asked, ())
        return none, recall_counts(self.registers, self.entries, self.asked, grover(1))

    def __str__(self) -> str:
        rows = (
            ("entries", f"{self.entries}"),
            ("oracle calls", f"{self.oracle_calls}"),
            ("loader calls", f"{self.loader_calls}"),
            ("measurements", f"{self.shots}"),
            ("qubits", "no circuit" if self.qubits is None else f"{self.qubits}"),
            ("gates, no QRAM", _gates(self.gates)),
            ("gates, with QRAM", _gates(self.gates_with_qram)),
            (
                "simulated in",
                f"{_seconds(self.seconds)}, of which scan {_seconds(self.scan_seconds)}",
            ),
            ("break-even", _break_even(self.break_even_query_seconds)),
        )
        return "\n".join(f"{name:<17} {text}" for name, text in rows)


def _gates(counts: GateCounts | None) -> str:
    if counts is None:
        return "no circuit"
    return (
        f"{counts.total:,} ({counts.one_wire:,} on one wire, {counts.two_wire:,} on two, "
        f"{counts.toffoli:,} Toffoli)"
    )


def _seconds(value: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def _break_even(value: float | None) -> str:
    return "nothing loaded" if value is None else f"a QRAM call below {_seconds(value)}"
