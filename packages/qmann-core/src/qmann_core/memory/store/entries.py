"""What is written, checked and as arrays: nothing behind this edge is checked again."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias, final

import numpy as np
import numpy.typing as npt
from jaxtyping import Float64, Int32, Int64, Shaped

from ...errors import DataError
from .shape import Layout

Numbers: TypeAlias = npt.ArrayLike | Sequence[Any] | float | int
"""A number, a sequence of numbers, or an array or tensor on the CPU."""
TagSet = tuple[str, ...]
Tags = Sequence[str] | Sequence[Sequence[str]]
"""One set of tags for all rows, or one for each row."""


@final
class TagSets:
    """Sets of tags by number: they are only ever added, so that numbers keep their meaning."""

    def __init__(self, sets: Iterable[TagSet] = ()) -> None:
        self._sets: list[TagSet] = []
        self._codes: dict[TagSet, int] = {}
        self.codes(sets)

    def __len__(self) -> int:
        return len(self._sets)

    def __iter__(self) -> Iterator[TagSet]:
        return iter(self._sets)

    def __getitem__(self, code: int) -> TagSet:
        return self._sets[code]

    def codes(self, sets: Iterable[TagSet]) -> Int32[np.ndarray, " row"]:
        """The number of each set; a new one is added."""
        codes = []
        for tags in sets:
            code = self._codes.setdefault(tags, len(self._sets))
            if code == len(self._sets):
                self._sets.append(tags)
            codes.append(code)
        return np.array(codes, dtype=np.int32)


def as_columns(
    layout: Layout,
    count: int,
    values: Numbers | None,
    timestamp: Numbers | None,
    ttl: Numbers | None,
) -> dict[str, Shaped[np.ndarray, "row ..."]]:
    """Columns of what is given of ``count`` entries, besides their keys."""
    rows = {}
    if values is not None:
        rows["values"] = as_rows(
            values, layout.value_width, layout.value_dtype, name="values", count=count
        )
    if timestamp is not None:
        rows["timestamps"] = as_times(timestamp, count, name="timestamp")
    if ttl is not None:
        rows["ttl"] = as_times(ttl, count, name="ttl", positive=True)
    return rows


def as_rows(
    numbers: Numbers, width: int, dtype: str, *, name: str, count: int | None = None
) -> Shaped[np.ndarray, "row column"]:
    """One row (column,) or ``count`` (row, column), as an array of ``dtype``.

    Raises:
        DataError: another shape, no real numbers, NaN, infinite, or not exact as uint8.
    """
    given = _real(numbers, name)
    rows = given[None] if given.ndim == 1 else given
    if rows.ndim != 2 or rows.shape[1] != width or count not in (None, len(rows)):
        raise DataError(
            f"{name}: shape {list(given.shape)}; expected [{width}] for one entry, or "
            f"[{'entries' if count is None else count}, {width}]"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        stored = rows.astype(dtype, order="C", copy=False)
    right = stored == rows if dtype == "uint8" else np.isfinite(stored)
    if not right.all():
        row, column = np.argwhere(~right)[0].tolist()
        expected = "a whole number from 0 to 255" if dtype == "uint8" else f"a finite {dtype}"
        raise DataError(
            f"{name}: row {row}, column {column} is {rows[row, column]}; expected {expected}. "
            "Nothing was written"
        )
    return stored


def as_times(
    numbers: Numbers, count: int, *, name: str, positive: bool = False
) -> Float64[np.ndarray, " row"]:
    """Seconds of ``count`` entries, one number for all or one each.

    Raises:
        DataError: not one number or ``count``; NaN or infinite; or, if ``positive``, a duration
            that is NaN or not above 0, where infinite is right.
    """
    seconds = _real(numbers, name).astype(np.float64)
    if seconds.shape not in ((), (count,)):
        raise DataError(
            f"{name}: shape {list(seconds.shape)}; expected one number, or one for each of "
            f"{count} entries"
        )
    wrong = ~(seconds > 0) if positive else ~np.isfinite(seconds)
    if wrong.any():
        expected = "more than 0 seconds (inf: for ever)" if positive else "finite seconds"
        raise DataError(f"{name} is {seconds[wrong].flat[0]}; expected {expected}")
    return np.broadcast_to(seconds, (count,))


def as_addresses(addresses: Numbers, capacity: int) -> Int64[np.ndarray, " row"]:
    """One address or several.

    Raises:
        DataError: not whole numbers from 0 to ``capacity - 1``.
    """
    given = np.atleast_1d(np.asarray(addresses))
    if given.size == 0:
        given = given.astype(np.int64)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise DataError(
            f"addresses are {given.dtype} of shape {list(given.shape)}; expected one whole number "
            "or a sequence of them"
        )
    outside = (given < 0) | (given >= capacity)
    if outside.any():
        raise DataError(
            f"address {given[outside][0]} is out of range; a memory of {capacity} entries has "
            f"addresses 0 to {capacity - 1}"
        )
    return given.astype(np.int64)


def check_distinct(addresses: Int64[np.ndarray, " row"]) -> None:
    """Raise a DataError if an address is there twice."""
    if len(addresses) < 2:
        return
    ordered = np.sort(addresses)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(twice):
        raise DataError(f"address {twice[0]} is given twice; give each address once")


def as_tag_sets(tags: Tags, count: int) -> list[TagSet]:
    """The sets of tags of ``count`` rows, each sorted and without repetition; of one, if shared.

    Raises:
        DataError: a string in place of a sequence, an empty tag, or not one set for each row.
    """
    if isinstance(tags, str):
        raise DataError(f"tags are {tags!r}; give a sequence of them, such as ({tags!r},)")
    shared = [tag for tag in tags if isinstance(tag, str)]
    rows = [row for row in tags if not isinstance(row, str)]
    if shared and rows:
        raise DataError(f"tags mix {shared[0]!r} with {rows[0]!r}; give one set, or one each")
    if rows and len(rows) != count:
        raise DataError(f"{len(rows)} sets of tags for {count} entries; give one each, or one set")
    sets = [tuple(sorted(set(row))) for row in rows or [shared]]
    if any("" in row for row in sets):
        raise DataError("a tag is empty; expected a string that is not")
    return sets


def _real(numbers: Numbers, name: str) -> Shaped[np.ndarray, "..."]:
    try:
        given = np.asarray(numbers)
    except (ValueError, TypeError, RuntimeError) as error:  # ragged, or a tensor elsewhere
        raise DataError(f"{name}: cannot be read as an array of numbers ({error})") from error
    if given.dtype.kind not in "biuf":
        raise DataError(f"{name}: type {given.dtype}; expected real numbers")
    return given
