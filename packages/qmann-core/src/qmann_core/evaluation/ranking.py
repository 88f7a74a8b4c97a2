"""Rankings by a quantum memory beside those by a classical scan, and how good both are."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int64, Num, Shaped
from pandas import DataFrame, concat

from ..data.numbers import number, whole
from ..errors import DataError
from ..memory import QMatrix

_DIGITS = 9
"""Of fidelities: those of equal keys differ by rounding alone, and are made to tie."""


def ranks(scores: Float[np.ndarray, " entry"]) -> Int64[np.ndarray, " entry"]:
    """1 for the largest score; equal ones share the best of their ranks."""
    return 1 + len(scores) - np.searchsorted(np.sort(scores), scores, side="right")


def nearest_beside(
    entries: DataFrame,
    keys: Num[np.ndarray, "entry feature"],
    queries: Mapping[int, Num[np.ndarray, " feature"]],
    scans: Iterable[Float[np.ndarray, " entry"]],
    k: int | str,
    *,
    name: str,
) -> tuple[DataFrame, tuple[str, str]]:
    """The k entries nearest to each query by Durr-Hoyer searches, beside a classical scan.

    Args:
        entries: what is known of each, to be shown.
        keys: of the entries, as amplitudes of a `QMatrix`.
        queries: keys, by the number of the row that asks.
        scans: of each query, the scan's score of every entry.
        k: entries for each query, from 1.
        name: of the scan's score.

    Returns:
        One row for each query and entry: row (that asks), rank, what is known of the entry, weight
        %, fidelity, the score, and the rank by it; and what is to be said of them.

    Raises:
        ConfigError: ``k`` is no whole number from 1.
    """
    count, memory, parts, calls = whole("k", k, most=10**6), _stored(keys), [], 0
    for (row, key), scan in zip(queries.items(), scans, strict=True):
        recalled = memory.nearest(key, k=count)
        places = recalled.addresses
        near = entries.iloc[places].assign(
            **{
                "weight %": 100 * recalled.weights,
                "fidelity": recalled.fidelities,
                name: scan[places],
                f"rank by {name}": ranks(scan)[places],
            }
        )
        near.insert(0, "rank", np.arange(1, len(places) + 1))
        near.insert(0, "row", row)
        parts.append(near)
        calls += recalled.loader_calls
    found = concat(parts, ignore_index=True)
    same = int((found[f"rank by {name}"] <= count).sum())
    searches = (
        f"Simulated: all {len(memory):,} keys were compared, as in a scan; the searches (Durr and "
        f"Hoyer) of a quantum computer would load them {calls:,} times"
    )
    return found, (f"{same} of {len(found)} are among the {count} nearest by {name}", searches)


def fidelities(
    keys: Num[np.ndarray, "entry feature"], queries: Num[np.ndarray, "query feature"]
) -> Float[np.ndarray, "query entry"]:
    """Of keys as amplitudes of a `QMatrix`, by a recall for each query; those of equal keys tie."""
    memory, found = _stored(keys), np.zeros((len(queries), len(keys)))
    for row, query in zip(found, queries, strict=True):
        recalled = memory.recall(query, k=len(memory), schedule="known")
        row[recalled.addresses] = recalled.fidelities.round(_DIGITS)
    return found


def classes(
    values: Float[np.ndarray, " entry"], threshold: float | int | str | None = None
) -> Float[np.ndarray, " entry"]:
    """1 for what is positive, 0 for what is not, NaN where nobody knows.

    Args:
        values: measured, NaN where they are not.
        threshold: values from here on are positive; None: values are 0 and 1, and any others are
            no classes, so that nothing is known.

    Raises:
        DataError: a threshold, and nothing was measured.
        ConfigError: a threshold that is no number.
    """
    known = np.isfinite(values)
    if threshold is None:
        return values if np.isin(values[known], (0, 1)).all() else np.full(len(values), np.nan)
    least = number("threshold", threshold)
    if not known.any():
        raise DataError(
            f"got threshold {least:g}: expected measured values to compare with it, and there are "
            "none; name the column of the target, or leave the threshold out"
        )
    return np.where(known, values >= least, np.nan)


def draw(
    truth: Float[np.ndarray, " entry"], count: int | str, seed: int | str
) -> Int64[np.ndarray, " drawn"]:
    """Places of ``count`` positive entries, in ascending order, at random.

    Raises:
        DataError: there are not that many.
        ConfigError: no whole number from 1, or no seed from 0.
    """
    wanted, places = whole("count", count), np.flatnonzero(truth == 1)
    generator = np.random.default_rng(whole("seed", seed, least=0))
    if len(places) < wanted:
        raise DataError(
            f"{wanted} were to be drawn of what is known to be positive, and there are "
            f"{len(places)}; give a target of 0 and 1, a threshold for it, or the positive ones"
        )
    return np.sort(generator.choice(places, wanted, replace=False))


def ranked(
    entries: DataFrame,
    likeness: Mapping[str, Float[np.ndarray, "query entry"]],
    queries: Sequence[str] | Shaped[np.ndarray, " query"],
    truth: Float[np.ndarray, " entry"],
) -> tuple[DataFrame, DataFrame | None]:
    """Entries by their largest likeness to any query, and how good such rankings are.

    Args:
        entries: what is known of each, to be shown.
        likeness: by name; the first one ranks the table.
        queries: their names.
        truth: of each entry, see `classes`.

    Returns:
        The entries with rank, truth, the largest likeness of each name, the query most like by the
        first, and the ranks by the others; and, where some truth is known, a table of `recognition`
        by each name.

    Raises:
        DataError: all that is known is positive, or none of it.
    """
    scores = {name: of.max(axis=0) for name, of in likeness.items()}
    main, *others = scores
    table = entries.assign(positive=truth, **scores)
    table["most like"] = np.asarray(queries)[likeness[main].argmax(axis=0)]
    for name in others:
        table[f"rank by {name}"] = ranks(scores[name])
    table.insert(0, "rank", ranks(scores[main]))
    table = table.sort_values("rank", kind="stable", ignore_index=True)
    known = np.isfinite(truth)
    if not known.any():
        return table, None
    rows = [
        {"ranked by": name} | recognition(score[known], truth[known] == 1)
        for name, score in scores.items()
    ]
    return table, DataFrame(rows)


def recognition(
    scores: Float[np.ndarray, " entry"],
    truth: Bool[np.ndarray, " entry"],
    *,
    fraction: float = 0.01,
    alpha: float = 20.0,
) -> dict[str, float]:
    """How early the positive of n entries come when scores fall; of ties the mean of all orders.

    EF is the positive part of the first ceil(fraction n) over that of all. With positive ranks r
    and a = alpha / n, BEDROC is the sum of exp(-a r), scaled to 0 where all positive come last and
    to 1 where they come first (Truchon and Bayly, J. Chem. Inf. Model. 2007, 47, 488). AUROC is the
    part of all pairs of a positive and another entry in which the positive has the larger score.

    Raises:
        DataError: all are positive, or none is.
    """
    n, positive = len(truth), int(truth.sum())
    if positive in (0, n):
        raise DataError(
            f"{positive} of {n} ranked entries are positive: expected some that are and some that "
            "are not; change the threshold or add measured entries"
        )
    _, tied, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    expected = np.repeat(np.bincount(tied, truth) / sizes, sizes)  # part that is positive, by rank
    weights = np.exp(-alpha * np.arange(1, n + 1) / n)
    last, first = weights[-positive:].sum(), weights[:positive].sum()
    before = expected.cumsum() - expected / 2
    head = int(np.ceil(n * fraction))
    return {
        f"EF {100 * fraction:g} %": float(expected[:head].mean() / expected.mean()),
        "BEDROC": float((expected @ weights - last) / (first - last)),
        "AUROC": float((1 - expected) @ before / (positive * (n - positive))),
        "positive": positive,
        "known": n,
    }


def _stored(keys: Num[np.ndarray, "entry feature"]) -> QMatrix:
    """A memory with entry i at address i, in float64 for rounding far below ``_DIGITS``."""
    memory = QMatrix(len(keys), keys.shape[1], dtype="float64")
    memory.write(keys)
    return memory
