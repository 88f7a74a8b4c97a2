"""A quantum content-addressable memory, simulated exactly or run on a back end."""

import time
from collections.abc import Sequence
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np

from ..circuits import Circuit
from ..data.numbers import whole
from ..errors import ConfigError, DataError, QMANNError
from ..parsing import shortened
from .addressed import AddressedMemory
from .hardware import WorkWires, recall_circuit
from .keys.decoherence import Decoherence
from .keys.encodings import ENCODINGS
from .recall.pool import Pool
from .recall.question import Mode, OracleKind, Query, ask
from .recall.recall import attempt, recall
from .recall.result import RecallResult
from .recall.schedules import Schedule, check_schedule
from .store.entries import Numbers

if TYPE_CHECKING:
    from ..backends import Backend

_MISS = 1e-6
"""How often a search may end without a hit where there is one."""


@final
class QMatrix(AddressedMemory):
    """Keys as quantum states at addresses, and recall by what a key is like.

    The memory is the state |M> = s^(-1/2) sum_a |a>|k_a> of s entries. A recall amplifies the part
    of it that answers a query and measures the address:

    - ``soft``: P(a | success) = F_a / sum F with the fidelity F_a = |<q|k_a>|^2: attention.
    - ``threshold``: a smooth step of F_a, so that only keys about as near as the threshold weigh.
    - ``hard``: a predicate of binary keys (equality, masked bits, Hamming distance).

    Everything is simulated: a recall looks at every key, as a classical scan does, and says in its
    ledger what the same search would cost in calls and gates. One thread may write while others
    recall; a recall sees the memory as it was at one moment.

    Args:
        capacity: most entries; addresses are 0 to ``capacity - 1``.
        key_width: numbers in a key.
        encoding: "basis": bits; "amplitude": numbers divided by their norm, on log2 as many wires;
            "angle": each number turns a wire by RY; "iqp": `circuits.iqp`, at most 10 numbers.
        value_width: numbers in the value of an entry, 0 for none.
        dtype: of keys and values; bits are one byte each, with values in float32.
        policy: what a full memory forgets, see `store.shape.Policy`; "error" refuses to write.
        decoherence: lifetimes of the wires, with which stored keys age; None: they do not.

    Raises:
        ConfigError: an argument is out of range.

    Example:
        >>> memory = QMatrix(capacity=4, key_width=2, value_width=1)
        >>> memory.write([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], [[10.0], [20.0], [30.0]])
        array([0, 1, 2])
        >>> memory.recall([1.0, 0.0], k=2).weights.round(3)
        array([0.667, 0.333])
    """

    def recall(
        self,
        query: Query,
        k: int = 1,
        *,
        mode: Mode = "soft",
        threshold: float | None = None,
        delta: float = 0.1,
        schedule: Schedule = "bbht",
        oracle: OracleKind = "predicate",
        matches: Numbers | None = None,
        copies: int = 1,
        seed: int | np.random.Generator = 0,
        tags: str | Sequence[str] | None = None,
        now: float | None = None,
        backend: "str | Backend" = "exact",
        shots: int | None = None,
    ) -> RecallResult:
        """The k entries that answer best, their weights, and what a search for one costs.

        Entries that have expired are left out. Empty memories, and those in which nothing answers,
        give a result that is not ``found`` and says how often a search misses.

        Args:
            query: a key; of a hard recall bits ("0110" or a sequence) or a predicate.
            k: at most that many entries are given back.
            mode: "soft", "hard" or "threshold".
            threshold: of the fidelity, from 0, which every key reaches, to 1, which only equal keys
                do. Weights fall off slowly below it, and random keys of d amplitudes have a mean
                fidelity of 1/d: with many of them a search rarely ends above the threshold, unless
                ``copies`` make the step steeper. What is below is never given back.
            delta: a key at the threshold passes its smooth step with probability 1 - delta^2.
            schedule: "bbht": an unknown number of matches; "known" and "exact": they are known;
                "fixed_point": a lower bound is; "estimate": they are estimated first.
            oracle: "predicate", or "table" for a list of ``matches`` that was worked out before,
                which is no quantum recall; the result says so.
            matches: addresses, for a table.
            copies: of each key: fidelities are raised to this power, the inverse of a temperature.
            seed: of what is measured.
            tags: only entries that have at least one of them.
            now: seconds since 1970; by default the clock's.
            backend: "exact": the search is simulated from what the scan says. Another name, or a
                `Backend`, or any with shots, runs the circuit of one attempt, and weights are how
                often it ends in each entry, with their ``errors``. The attempt is that of the
                schedule or, of "bbht" and "estimate", whose attempts differ, that of "known".
            shots: of that attempt; None for the exact values of a back end that has them.

        Raises:
            ConfigError: options that are unknown or do not go together, an unknown back end, or one
                for keys that age.
            DataError: a query that is no key, or a table with an address that holds nothing.
            CircuitError: of a back end: an empty memory, a question without a circuit, a circuit
                that is too long or too wide for it, or shots that make no sense.
            ModuleNotFoundError: its library is not installed; the message names the extra.
            BackendError: the simulator or device fails.
        """
        k = int(whole("k", k))
        check_schedule(schedule, delta)
        question = ask(
            query,
            self._encoding,
            self.layout,
            mode=mode,
            threshold=threshold,
            delta=delta,
            oracle=oracle,
            matches=matches,
            copies=copies,
        )
        moment = _moment(now)
        asked = self._pool(tags, moment), question, k
        plan: dict[str, Any] = {
            "schedule": schedule,
            "delta": delta,
            "miss": _MISS,
            "generator": _generator(seed),
        }
        if backend == "exact" and shots is None:
            result = recall(*asked, **plan)
        else:
            from .recall.measured import recall_on  # PyTorch, which simulation does without

            result = recall_on(backend, *asked, shots=shots, **plan)
        self.touch(result.addresses, moment)
        return result

    def nearest(
        self,
        query: Query,
        k: int = 1,
        *,
        seed: int | np.random.Generator = 0,
        tags: str | Sequence[str] | None = None,
        now: float | None = None,
    ) -> RecallResult:
        """The k entries of largest fidelity by Durr-Hoyer searches, all of whose calls are counted.

        Args and errors are those of `recall`.
        """
        k = int(whole("k", k))
        moment = _moment(now)
        question = ask(query, self._encoding, self.layout)
        result = recall(
            self._pool(tags, moment),
            question,
            k,
            schedule="durr_hoyer",
            miss=_MISS,
            generator=_generator(seed),
        )
        self.touch(result.addresses, moment)
        return result

    @classmethod
    def load(cls, path: str | Path) -> "QMatrix":
        """Read what `save` wrote, after checking that every byte is as written.

        Raises:
            DataError: a file that is missing, truncated, damaged, no memory, or of a later version.
        """
        from .store.saving import load  # PyTorch, which only files need, takes a second

        snapshot, facts = load(path)
        times = facts.get("decoherence")
        encoding = ENCODINGS.get(str(facts.get("encoding")))
        if encoding is None:
            raise DataError(
                f"{path}: a memory without a known encoding; expected one that QMatrix.save wrote"
            )
        memory = cls.__new__(cls)
        try:
            noise = None if times is None else Decoherence(*map(float, times))
            memory.__setstate__((snapshot, encoding, noise))
            memory.check_facts(snapshot.keys)
        except (QMANNError, TypeError, ValueError) as error:
            raise DataError(
                f"{path}: what it says of its keys is wrong ({shortened(str(error))}); save the "
                "memory again"
            ) from error
        return memory

    def to_circuit(
        self,
        query: Query,
        *,
        mode: Mode = "soft",
        iterations: int | None = None,
        threshold: float | None = None,
        delta: float = 0.1,
        copies: int = 1,
        n_work: WorkWires = "fewest",
        tags: str | Sequence[str] | None = None,
        now: float | None = None,
    ) -> Circuit:
        """The circuit of one attempt: loaders, oracles and reflections as gates.

        It measures the projector on success, then Z of each address wire; keys do not age in it.
        `interop.to_openqasm` writes it for Qiskit and other tools.

        Arguments are those of `recall`, but a threshold is above 0. ``iterations`` is k, by default
        the best for this query, of which this simulation knows p0. ``n_work`` is the number of work
        wires: "fewest", "ladder", with which there are fewer gates, or any number from the least.

        Raises:
            ConfigError: options that do not go together.
            DataError: a query that is no key.
            CircuitError: an empty memory, a predicate without a circuit, or too many gates.
        """
        question = ask(
            query,
            self._encoding,
            self.layout,
            mode=mode,
            threshold=threshold,
            delta=delta,
            copies=copies,
        )
        pool = self._pool(tags, _moment(now))
        asked, phases = attempt(pool, question, iterations)
        return recall_circuit(pool.contents(copies), asked, phases, n_work=n_work)

    def _pool(self, tags: str | Sequence[str] | None, now: float) -> Pool:
        """The entries that have not expired and, where tags are given, have one of them."""
        snapshot = self.snapshot(usage=False)
        slots = None
        if tags is not None:
            wanted = (tags,) if isinstance(tags, str) else tags
            if not isinstance(wanted, Sequence) or not all(isinstance(t, str) for t in wanted):
                raise ConfigError(f"got tags={tags!r}: expected a text or several of them")
            slots = np.flatnonzero(snapshot.tagged(*wanted) & snapshot.alive(now))
        elif now >= snapshot.first_expiry:
            slots = np.flatnonzero(snapshot.alive(now))
        encoded = self._encoded.of(snapshot)
        return Pool(snapshot, self._encoding, encoded, slots, self.decoherence, now)


def _moment(now: float | None) -> float:
    """Seconds since 1970."""
    if not isinstance(now, Real | None):
        raise ConfigError(f"got now={now!r}: expected seconds since 1970, or None for the clock")
    return time.time() if now is None else float(now)


def _generator(seed: int | np.random.Generator) -> np.random.Generator:
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"got seed={seed!r}: expected a whole number from 0, or a generator of NumPy"
        ) from error
