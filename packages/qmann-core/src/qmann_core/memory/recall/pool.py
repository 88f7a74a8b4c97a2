"""The entries that a recall searches, and how well each of them answers."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64, Num, Shaped

from ..hardware import Contents, Registers
from ..keys.decoherence import Decoherence
from ..keys.encodings import Encoding
from ..store.contents import Snapshot
from .question import Question


@dataclass(frozen=True, eq=False)
class Pool:
    """The entries in superposition: all, or those that have not expired and have a tag."""

    snapshot: Snapshot
    encoding: Encoding
    encoded: Num[np.ndarray, "slot column"]
    slots: Int64[np.ndarray, " entry"] | None
    """Slots of these entries; None for all."""
    decoherence: Decoherence | None
    now: float
    """Seconds since 1970."""

    def __len__(self) -> int:
        return len(self.snapshot) if self.slots is None else len(self.slots)

    @property
    def addresses(self) -> Int64[np.ndarray, " entry"]:
        return self._of(self.snapshot.addresses)

    @property
    def keys(self) -> Num[np.ndarray, "entry key"]:
        return self._of(self.snapshot.keys)

    @property
    def ages(self) -> Float64[np.ndarray, " entry"]:
        """Seconds since each entry's timestamp."""
        return np.asarray(self.now - self._of(self.snapshot.timestamps))

    def slots_of(self, entries: Int64[np.ndarray, " chosen"]) -> Int64[np.ndarray, " chosen"]:
        """Slots of the snapshot in which some entries of the pool are."""
        return entries if self.slots is None else self.slots[entries]

    def fidelities(self, query: Num[np.ndarray, " feature"]) -> Float64[np.ndarray, " entry"]:
        """F_a of one copy: |<q|k_a>|^2, or <q|rho_a|q> with decoherence."""
        if self.decoherence is None:
            return self.encoding.fidelities(query, self._of(self.encoded))
        return self.decoherence.fidelities(self.encoding, query[None], self.keys, self.ages)

    def answers(self, question: Question) -> Float64[np.ndarray, " entry"]:
        """F_a; of a hard recall the probability that the predicate holds, or a table's 0 and 1.

        Raises:
            DataError: an address of the table holds nothing.
        """
        if question.table is not None:
            self.snapshot.slots(question.table)
            return np.isin(self.addresses, question.table).astype(np.float64)
        if question.predicate is None:
            return self.fidelities(question.key)
        if self.decoherence is None:
            return question.predicate.matches(self.keys).astype(np.float64)
        return self.decoherence.matching(question.predicate, self.keys, self.ages)

    def registers(self, copies: int) -> Registers:
        """The wires of a circuit that recalls from these entries."""
        layout = self.snapshot.layout
        return Registers(self.encoding.name, layout.key_width, layout.n_address, copies)

    def contents(self, copies: int) -> Contents:
        """The entries as a circuit loads them, in double precision.

        Raises:
            CircuitError: there are none.
        """
        keys = self.keys.astype(np.float64)
        n_address = self.snapshot.layout.n_address
        return Contents(self.encoding.name, self.addresses, keys, n_address, copies)

    def _of(self, column: Shaped[np.ndarray, "slot ..."]) -> Shaped[np.ndarray, "entry ..."]:
        return column if self.slots is None else column[self.slots]
