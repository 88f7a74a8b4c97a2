"""What a whole recall circuit costs: its parts are built and counted, the whole is not."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import pi

import numpy as np

from ...circuits import Operation
from ...circuits.controlled import reflection
from .conditions import (
    Asked,
    Oracle,
    Phases,
    Soft,
    WorkWires,
    unquery,
    work_wires,
)
from .conditions import oracle as oracle_of
from .loading import Contents, Registers, prepare


@dataclass(frozen=True)
class GateCounts:
    """Gates on one wire, on two, and Toffolis (each is 6 CNOTs and 9 gates on one wire)."""

    one_wire: int = 0
    two_wire: int = 0
    toffoli: int = 0

    @property
    def total(self) -> int:
        return self.one_wire + self.two_wire + self.toffoli

    def __add__(self, other: "GateCounts") -> "GateCounts":
        return GateCounts(
            self.one_wire + other.one_wire,
            self.two_wire + other.two_wire,
            self.toffoli + other.toffoli,
        )

    def __mul__(self, times: int) -> "GateCounts":
        return GateCounts(self.one_wire * times, self.two_wire * times, self.toffoli * times)


@dataclass(frozen=True)
class RecallCounts:
    """Gates, calls and qubits of one attempt.

    Attributes:
        total: gates of the whole circuit.
        loader: gates of one call of the loader, which a QRAM would replace.
        loader_calls: how often keys are loaded or unloaded; 2 k + 1 without a threshold.
        oracle_calls: how often a phase is put on what is good, the inner sequences of a threshold
            included; k without a threshold.
        n_qubits: of all registers, work wires included.
    """

    total: GateCounts
    loader: GateCounts
    loader_calls: int
    oracle_calls: int
    n_qubits: int

    @property
    def besides_loader(self) -> GateCounts:
        """Gates that remain if a QRAM does all the loading."""
        return self.total + self.loader * -self.loader_calls


def recall_counts(
    layout: Registers,
    n_entries: int,
    asked: Asked,
    phases: Phases,
    *,
    n_work: WorkWires = "fewest",
) -> RecallCounts:
    """Counts of ``recall_circuit`` for that many entries, whatever their keys and addresses are.

    Raises:
        CircuitError: there are too few work wires.

    Example:
        >>> import numpy as np
        >>> from qmann_core.memory.hardware import Soft, grover
        >>> asked, layout = Soft(np.ones(16)), Registers("amplitude", 16, n_address=20)
        >>> recall_counts(layout, 2**20, asked, grover(3)).loader_calls
        7
    """
    work = work_wires(asked, layout, n_work)
    address, keys = layout.address_wires, layout.key_wires
    oracle = _turning(oracle_of(asked, layout, work))
    whole = _turning(lambda angle: reflection((*address, *keys), angle, clean=work))
    of_key = _turning(lambda angle: reflection(keys, angle, clean=work, borrowed=address))
    loader = _loader(layout)
    inner = asked.phases if isinstance(asked, Soft) else ()
    preparation = _addressing(n_entries, layout.n_address)
    preparation += _amplified(loader, oracle, of_key, inner)
    total = _amplified(preparation, oracle, whole, phases)
    if isinstance(asked, Soft):
        total += counted(unquery(asked, layout))
    calls = 2 * len(phases) + 1
    return RecallCounts(
        total=total,
        loader=loader,
        loader_calls=calls * (2 * len(inner) + 1),
        oracle_calls=len(phases) + calls * len(inner),
        n_qubits=layout.n_wires + len(work),
    )


def counted(operations: Sequence[Operation]) -> GateCounts:
    """The gates of a circuit that is there."""
    sizes = Counter(len(step.wires) for step in operations)
    return GateCounts(sizes[1], sizes[2], sizes[3])


def _addressing(n_entries: int, n_address: int) -> GateCounts:
    if n_entries == 2**n_address:
        return counted(prepare(np.arange(n_entries), n_address))
    return _by_addresses(lambda n: counted(prepare(np.array([0]), n)), n_address)


def _loader(layout: Registers) -> GateCounts:
    one, key = np.array([0]), np.ones((1, layout.width))
    return _by_addresses(
        lambda n: counted(Contents(layout.encoding, one, key, n, layout.copies).loader),
        layout.n_address,
    )


def _by_addresses(build: Callable[[int], GateCounts], n_address: int) -> GateCounts:
    """Of a multiplexed part, whose gates are a 2^n + b: from those for 2 and 4 addresses."""
    two, four = build(1), build(2)
    return two + (four + two * -1) * ((1 << (n_address - 1)) - 1)


def _turning(part: Oracle) -> Callable[[bool], GateCounts]:
    """Counts of what turns by pi (True) or by any other angle, each built once and when needed."""
    return cache(lambda half: counted(part(pi if half else 1.0)))


def _amplified(
    preparation: GateCounts,
    oracle: Callable[[bool], GateCounts],
    reflection: Callable[[bool], GateCounts],
    phases: Phases,
) -> GateCounts:
    """The preparation 2 k + 1 times, and k times the oracle and the reflection."""
    total = preparation * (2 * len(phases) + 1)
    for alpha, beta in phases:
        total += reflection(bool(abs(alpha) == pi)) + oracle(bool(abs(beta) == pi))
    return total
