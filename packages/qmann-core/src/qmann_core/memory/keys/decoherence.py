"""What ageing does to stored keys: relaxation of every wire, worked out for each entry's age."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Num

from ...errors import ConfigError
from .encodings import Encoding, chunks
from .predicates import Masked, Predicate, Reversible, Within

_MOST_WIRES = 6
"""Of entangled keys, whose density matrices of 4**wires entries are worked out one by one."""
_CHUNK_ENTRIES = 1 << 18
"""Entries of density matrices treated at once: a few MB."""


@dataclass(frozen=True)
class Decoherence:
    """Lifetimes of the wires that keys are stored on, in seconds.

    In an age t the Pauli vector (1, x, y, z) of every wire becomes (1, c x, c y, (1 - g) z + g)
    with c = exp(-t / t2) and g = 1 - exp(-t / t1): the channel of
    `simulation.channels.thermal_relaxation` towards |0>.

    Raises:
        ConfigError: a time is not above 0, or ``t2 > 2 * t1``, which no wire can have.
    """

    t1: float
    """Relaxation time; infinity for none."""
    t2: float
    """Coherence time, at most twice t1; infinity for none."""

    def __post_init__(self) -> None:
        for name, time in (("t1", self.t1), ("t2", self.t2)):
            if not time > 0:
                raise ConfigError(f"decoherence: {name} is a time above 0 seconds, got {time}")
        if self.t2 > 2 * self.t1:
            raise ConfigError(
                "decoherence: t2 is at most 2 * t1, since relaxation destroys coherence, too; "
                f"got t1={self.t1}, t2={self.t2}"
            )

    def check(self, encoding: Encoding, width: int) -> None:
        """Refuse keys whose ageing would take too long to work out.

        Raises:
            ConfigError: entangled keys of more than 6 wires.
        """
        if encoding.name in ("amplitude", "iqp") and encoding.n_wires(width) > _MOST_WIRES:
            raise ConfigError(
                f"decoherence of {encoding.name} keys is worked out for at most {_MOST_WIRES} "
                f"wires, and {width} numbers take {encoding.n_wires(width)}; use shorter keys, the "
                "angle encoding, or no decoherence"
            )

    def fidelities(
        self,
        encoding: Encoding,
        asked: Num[np.ndarray, "entry_or_one feature"],
        keys: Num[np.ndarray, "entry feature"],
        ages: Float64[np.ndarray, " entry"],
    ) -> Float64[np.ndarray, " entry"]:
        """<q|rho_a|q> of the query and each key as it is now.

        Args:
            encoding: of query and keys.
            asked: one query for all, or one for each key: with the keys themselves it is their
                stored fidelity <k|rho|k>.
            keys: as they were given.
            ages: seconds that each key has been stored; below 0 counts as 0.
        """
        ages = np.maximum(ages, 0.0)
        decay, coherence = -np.expm1(-ages / self.t1), np.exp(-ages / self.t2)
        result = np.empty(len(keys))
        for part in chunks(len(keys), _rows(encoding, keys.shape[1])):
            queries = asked if len(asked) == 1 else asked[part]
            noise = decay[part], coherence[part]
            if encoding.name == "basis":
                result[part] = _product(math.pi * queries, math.pi * keys[part], *noise)
            elif encoding.name == "angle":
                result[part] = _product(queries, keys[part], *noise)
            else:
                states = encoding.states(keys[part])
                result[part] = _entangled(encoding.states(queries), states, *noise)
        return np.clip(result, 0.0, 1.0)

    def matching(
        self,
        predicate: Predicate,
        keys: Num[np.ndarray, "entry bit"],
        ages: Float64[np.ndarray, " entry"],
    ) -> Float64[np.ndarray, " entry"]:
        """Probability that a predicate holds for each binary key as it is now.

        A bit 1 is still 1 with probability exp(-age / t1), each on its own; a bit 0 stays.

        Raises:
            ConfigError: a predicate of the caller's own, of which only its answers are known.
        """
        if not isinstance(predicate, Reversible):
            raise ConfigError(
                f"with decoherence a predicate is Equal, Masked or Within, got {predicate!r}: "
                "the probability of others is not known; use a memory without decoherence"
            )
        survival = np.exp(-np.maximum(ages, 0.0) / self.t1)[:, None]
        ones = keys * survival
        agrees = np.where(np.array(predicate.bits) == 1, ones, 1 - ones)
        if isinstance(predicate, Masked):
            agrees = np.where(np.array(predicate.mask) == 1, agrees, 1.0)
        if isinstance(predicate, Within):
            return _at_most(1 - agrees, predicate.distance)
        return np.asarray(agrees.prod(axis=1))


def _rows(encoding: Encoding, width: int) -> int:
    if encoding.name in ("basis", "angle"):
        return 1 << 14
    return max(1, _CHUNK_ENTRIES >> (2 * encoding.n_wires(width)))


def _product(
    queries: Num[np.ndarray, "entry_or_one wire"],
    keys: Num[np.ndarray, "entry wire"],
    decay: Float64[np.ndarray, " entry"],
    coherence: Float64[np.ndarray, " entry"],
) -> Float64[np.ndarray, " entry"]:
    """Of angles: each wire's Bloch vector (sin x, 0, cos x) ages by itself."""
    queries, keys = queries.astype(np.float64), keys.astype(np.float64)
    across = coherence[:, None] * np.sin(keys) * np.sin(queries)
    along = ((1 - decay[:, None]) * np.cos(keys) + decay[:, None]) * np.cos(queries)
    return np.asarray(((1 + across + along) / 2).prod(axis=1))


def _entangled(
    queries: Num[np.ndarray, "entry_or_one amplitude"],
    states: Num[np.ndarray, "entry amplitude"],
    decay: Float64[np.ndarray, " entry"],
    coherence: Float64[np.ndarray, " entry"],
) -> Float64[np.ndarray, " entry"]:
    """Of any states: their density matrices age wire by wire."""
    states = states.astype(np.result_type(states.dtype, np.float64))
    count, size = states.shape
    rho = states[:, :, None] * states.conj()[:, None, :]
    for wire in range(size.bit_length() - 1):
        before, after = 2**wire, size >> (wire + 1)
        split = rho.reshape(count, before, 2, after, before, 2, after)
        kept, lost = (rate[:, None, None, None, None] for rate in (coherence, decay))
        split[:, :, 0, :, :, 1] *= kept
        split[:, :, 1, :, :, 0] *= kept
        fallen = lost * split[:, :, 1, :, :, 1]
        split[:, :, 0, :, :, 0] += fallen
        split[:, :, 1, :, :, 1] -= fallen
    asked = np.broadcast_to(queries, states.shape)
    return np.asarray(np.einsum("ea,eab,eb->e", asked.conj(), rho, asked).real)


def _at_most(
    differs: Float64[np.ndarray, "entry bit"], distance: int
) -> Float64[np.ndarray, " entry"]:
    """P(number of differing bits <= distance) of independent bits: the Poisson-binomial law."""
    count = np.zeros((len(differs), min(distance, differs.shape[1]) + 1))
    count[:, 0] = 1.0
    for one in differs.T:
        moved = count[:, :-1] * one[:, None]
        count *= 1 - one[:, None]
        count[:, 1:] += moved
    return np.asarray(count.sum(axis=1))
