"""What a whole recall circuit costs, without building it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi

from ...errors import CircuitError
from . import counts
from .conditions import Asked, Hard, Phases, Threshold, WorkWires, check_fits, work_wires
from .counts import GateCounts
from .registers import Layout

MAX_GATES = 2_000_000
"""A longer circuit is not written down: it would take gigabytes and tell nobody anything."""


@dataclass(frozen=True)
class RecallCounts:
    """Gates, calls and qubits of one attempt.

    Attributes:
        total: gates of the whole circuit.
        addressing: gates that put the occupied addresses in superposition, once.
        loader: gates of one call of the loader, which a QRAM would replace.
        oracle: gates of one plain call of the oracle (angle pi).
        reflection: gates of one plain reflection about |0...0>.
        loader_calls: how often keys are loaded or unloaded; 2 k + 1 without a threshold.
        oracle_calls: how often a phase is put on what is good, the inner sequences of a threshold
            included; k without a threshold.
        n_work: work wires.
        n_qubits: of all registers.
    """

    total: GateCounts
    addressing: GateCounts
    loader: GateCounts
    oracle: GateCounts
    reflection: GateCounts
    loader_calls: int
    oracle_calls: int
    n_work: int
    n_qubits: int

    @property
    def besides_loader(self) -> GateCounts:
        """Gates that remain if a QRAM does all the loading."""
        return self.total + self.loader * -self.loader_calls


def recall_counts(
    layout: Layout,
    n_entries: int,
    asked: Asked,
    phases: Phases,
    *,
    n_work: WorkWires = "fewest",
) -> RecallCounts:
    """Counts of ``recall_circuit`` for that many entries, whatever their keys and addresses are.

    Raises:
        CircuitError: what is asked does not fit the keys, or there are too few work wires.

    Example:
        >>> import numpy as np
        >>> from qmann_core.memory.hardware import Soft, grover
        >>> asked, layout = Soft(np.ones(16)), Layout("amplitude", 16, n_address=20)
        >>> recall_counts(layout, 2**20, asked, grover(3)).loader_calls
        7
    """
    check_fits(asked, layout)
    clean = len(work_wires(asked, layout, n_work))
    n_keys = len(layout.key_wires)
    query = counts.query_inverse(layout.encoding, layout.width) * layout.copies

    def oracle(half_turn: bool) -> GateCounts:
        idle = layout.n_address
        if isinstance(asked, Hard):
            return counts.phase_oracle(
                asked.predicate, half_turn=half_turn, n_work=clean, borrowed=idle
            )
        turn = counts.reflection(n_keys, half_turn=half_turn, clean=clean, borrowed=idle)
        return turn + query * 2

    def reflection(half_turn: bool) -> GateCounts:
        return counts.reflection(layout.n_wires, half_turn=half_turn, clean=clean)

    def inner_reflection(half_turn: bool) -> GateCounts:
        return counts.reflection(
            n_keys, half_turn=half_turn, clean=clean, borrowed=layout.n_address
        )

    addressing = counts.prepare(n_entries, layout.n_address)
    loader = counts.load_keys(layout.encoding, layout.width, layout.n_address) * layout.copies
    inner = asked.phases if isinstance(asked, Threshold) else ()
    preparation = addressing + _amplified(loader, oracle, inner_reflection, inner)
    total = _amplified(preparation, oracle, reflection, phases)
    calls = 2 * len(phases) + 1
    return RecallCounts(
        total=total if isinstance(asked, Hard) else total + query,
        addressing=addressing,
        loader=loader,
        oracle=oracle(True),
        reflection=reflection(True),
        loader_calls=calls * (2 * len(inner) + 1),
        oracle_calls=len(phases) + calls * len(inner),
        n_work=clean,
        n_qubits=layout.n_wires + clean,
    )


def check_size(found: RecallCounts) -> None:
    """Raises CircuitError: the circuit is too long to be written down."""
    if found.total.total > MAX_GATES:
        raise CircuitError(
            f"the circuit would have {found.total.total} gates, more than {MAX_GATES}; "
            "count them by `recall_counts`, or take fewer addresses or iterations"
        )


def _amplified(
    preparation: GateCounts,
    oracle: Callable[[bool], GateCounts],
    reflection: Callable[[bool], GateCounts],
    phases: Phases,
) -> GateCounts:
    """The preparation 2 k + 1 times, and k times the oracle and the reflection."""
    total = preparation * (2 * len(phases) + 1)
    alphas = [abs(alpha) == pi for alpha, _ in phases]
    betas = [abs(beta) == pi for _, beta in phases]
    for half_turn in (True, False):
        total += reflection(half_turn) * alphas.count(half_turn)
        total += oracle(half_turn) * betas.count(half_turn)
    return total
