"""Observables: Pauli words whose expectation values a circuit returns."""

from ..errors import CircuitError
from .circuit import Observable


def z_each(n_wires: int, k: int | None = None) -> tuple[Observable, ...]:
    """Z on each of the first ``k`` wires; on all of them if ``k`` is not given."""
    k = n_wires if k is None else k
    if not 1 <= k <= n_wires:
        raise CircuitError(f"k is between 1 and the {n_wires} wires there are, got {k}")
    return tuple(Observable("Z", (wire,)) for wire in range(k))


def pauli(word: str, wires: tuple[int, ...] | None = None) -> Observable:
    """The Pauli word with letter k on wire ``wires[k]``; on wires 0, 1, ... if not given."""
    return Observable(word, tuple(range(len(word))) if wires is None else wires)
