"""What is asked of a memory: checked once, then trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from jaxtyping import Float64, Int64, Num

from ...errors import ConfigError, DataError
from ..hardware import Asked, Hard, Soft
from ..keys.encodings import Encoding, chunks
from ..keys.predicates import Equal, Predicate, Reversible, as_bits
from ..search import fixed_point_length, fixed_point_success
from ..store.entries import as_addresses, as_rows
from ..store.shape import Layout

Mode = Literal["soft", "hard", "threshold"]
OracleKind = Literal["predicate", "table"]
Query: TypeAlias = npt.ArrayLike | Predicate | str | None
"""A key, bits as a string, or a predicate; None where a table says what matches."""

_MOST_COPIES = 1_000_000
_LEAST = 1e-8
"""Threshold other than 0."""
_LONG = 63
"""Length from which on cosines are as fast as the recurrence, and more precise."""


@dataclass(frozen=True, eq=False)
class Question:
    """One of the three recalls; see `ask`."""

    mode: Mode
    query: Num[np.ndarray, " feature"] | None = None
    """Of a soft or a threshold recall."""
    predicate: Predicate | None = None
    """Of a hard recall, unless it has a table."""
    table: Int64[np.ndarray, " match"] | None = None
    """Addresses that match, worked out beforehand."""
    threshold: float = 0.0
    """Of the fidelity of one copy."""
    length: int = 1
    """Of the fixed-point sequence behind a threshold."""
    copies: int = 1
    """Of each key."""

    @property
    def key(self) -> Num[np.ndarray, " feature"]:
        """The query of a soft or a threshold recall."""
        if self.query is None:
            raise ConfigError("a hard recall asks a predicate and has no key for its query")
        return self.query

    @property
    def asked(self) -> Asked | None:
        """What the circuit asks; None where there is none."""
        if self.query is not None and (self.mode == "soft" or self.threshold > 0):
            query = self.query.astype(np.float64)
            return Soft(query, self.threshold**self.copies, self.length)
        if isinstance(self.predicate, Reversible):
            return Hard(self.predicate)
        return None

    def strengths(self, fidelities: Float64[np.ndarray, " entry"]) -> Float64[np.ndarray, " entry"]:
        """P(good | a), to which the weights are proportional.

        F^copies, or a smooth step of that (`smooth_step`) at threshold^copies. Every entry is good
        at threshold 0.

        Args:
            fidelities: of one copy; of a hard recall, whether the predicate holds.
        """
        powers = fidelities if self.copies == 1 else fidelities**self.copies
        if self.mode != "threshold":
            return powers
        if self.threshold == 0:
            return np.ones_like(powers)
        return smooth_step(powers, self.threshold**self.copies, self.length)


def ask(
    query: Query,
    encoding: Encoding,
    layout: Layout,
    *,
    mode: str = "soft",
    threshold: float | None = None,
    delta: float = 0.1,
    oracle: str = "predicate",
    matches: npt.ArrayLike | None = None,
    copies: int = 1,
) -> Question:
    """A question about keys of that encoding and layout.

    Raises:
        ConfigError: an unknown mode or oracle, or options that do not go together.
        DataError: a query or matches that are not what the memory holds.
    """
    if mode not in ("soft", "hard", "threshold"):
        raise ConfigError(f"got mode {mode!r}: expected soft, hard or threshold")
    if oracle not in ("predicate", "table"):
        raise ConfigError(f"got oracle {oracle!r}: expected predicate or table")
    if (threshold is not None) != (mode == "threshold"):
        raise ConfigError(
            f"mode {mode!r} with threshold={threshold}: a threshold in [0, 1] goes with mode "
            "'threshold', and only with it"
        )
    if (
        not isinstance(copies, Integral)
        or not 1 <= copies <= _MOST_COPIES
        or (copies > 1 and mode == "hard")
    ):
        raise ConfigError(
            f"copies is {copies!r} in mode {mode!r}: expected 1 or more, up to {_MOST_COPIES}, "
            "and 1 for a hard recall, which reads one copy"
        )
    if (oracle == "table") != (matches is not None) or (oracle == "table" and mode != "hard"):
        raise ConfigError(
            f"oracle {oracle!r} in mode {mode!r} with matches={matches!r}: a table takes the "
            "addresses that match, in mode 'hard', and a predicate takes none"
        )
    if matches is not None:
        return Question("hard", table=as_addresses(matches, layout.capacity))
    if mode == "hard":
        return Question("hard", predicate=_predicate(query, encoding, layout.key_width))
    asked = as_query(query, encoding, layout)
    if threshold is None:
        return Question("soft", query=asked, copies=copies)
    return _with_threshold(asked, threshold, delta, copies)


def as_query(query: Query, encoding: Encoding, layout: Layout) -> Num[np.ndarray, " feature"]:
    """One key, checked like those that are stored.

    Raises:
        DataError: it is not one key, or one that has no state.
    """
    if isinstance(query, str) and encoding.name == "basis":
        query = np.array(as_bits(query))
    if query is None or isinstance(query, str | Predicate):
        raise DataError(
            f"the query is {query!r}: expected a key of {layout.key_width} numbers; a predicate is "
            "for mode 'hard' in a memory of the basis encoding"
        )
    rows = as_rows(query, layout.key_width, layout.dtype, name="query")
    if len(rows) != 1:
        raise DataError(f"query has shape {list(rows.shape)}; ask about one key at a time")
    encoding.check(rows)
    return np.asarray(rows[0])


def _predicate(query: Query, encoding: Encoding, width: int) -> Predicate:
    if encoding.name != "basis":
        raise ConfigError(
            f"a hard recall asks a predicate of bits, and this memory holds {encoding.name} keys: "
            "use mode 'soft' or 'threshold', the encoding 'basis', or oracle='table' with the "
            "addresses that match (which is no quantum recall, and labelled so)"
        )
    if query is None:
        raise DataError("the query is None: expected bits, or a predicate such as Within(bits, 1)")
    if isinstance(query, Predicate):
        predicate = query
    else:
        bits: Sequence[object] | str = (
            query if isinstance(query, str) else np.atleast_1d(np.asarray(query)).tolist()
        )
        predicate = Equal(as_bits(bits))
    if predicate.width != width:
        raise DataError(f"the query has {predicate.width} bits, and a key has {width}")
    return predicate


def _with_threshold(
    query: Num[np.ndarray, " feature"], threshold: float, delta: float, copies: int
) -> Question:
    if not isinstance(threshold, Real) or not 0 <= threshold <= 1:
        raise ConfigError(f"threshold is {threshold!r}: expected a fidelity, from 0 to 1")
    joint = float(threshold) ** copies
    if threshold > 0 and joint < _LEAST:
        raise ConfigError(
            f"threshold**copies is {joint:.3g}: a sequence for less than {_LEAST} has more than "
            "thousands of iterates; raise the threshold or take fewer copies"
        )
    length = fixed_point_length(joint, delta) if threshold > 0 else 1
    return Question(
        "threshold", query=query, threshold=float(threshold), length=length, copies=copies
    )


def smooth_step(
    fidelities: Float64[np.ndarray, " entry"], threshold: float, length: int
) -> Float64[np.ndarray, " entry"]:
    """g(F) = 1 - (T_L(sqrt(1 - F) / w) / T_L(1 / w))^2 with w = sqrt(1 - threshold).

    At least 1 - T_L(1 / w)^-2 for F >= threshold, 0 at F = 0, and F itself for L = 1. With
    2 T_L(x)^2 = 1 + T_L(2 x^2 - 1) it is a polynomial of F, evaluated by the recurrence of T_L.
    Yoder, Low and Chuang, arXiv:1409.3305.

    L is odd, and 1 for a threshold of 1.
    """
    if length == 1:
        return fidelities
    if length > _LONG:
        narrow = np.cosh(length * np.arccosh(1 / np.sqrt(1 - threshold)))
        return fixed_point_success(fidelities, length, float(1 / narrow))
    scale = 2 / (1 - threshold)
    ends = 1 + np.cosh(length * np.arccosh(scale - 1))  # 1 + T_L at F = 0
    result = np.empty_like(fidelities)
    for part in chunks(len(fidelities)):
        x = scale * (1 - fidelities[part]) - 1
        np.clip(1 - (1 + _chebyshev(x, length)) / ends, 0.0, 1.0, out=result[part])
    return result


def _chebyshev(x: Float64[np.ndarray, " entry"], degree: int) -> Float64[np.ndarray, " entry"]:
    """T_degree(x) by T_{n+1} = 2 x T_n - T_{n-1}."""
    before, now, doubled = np.ones_like(x), x, 2 * x
    for _ in range(degree - 1):
        after = doubled * now
        after -= before
        before, now = now, after
    return now
