"""Sets of tags, each stored once and known by a number."""

from collections.abc import Iterable, Iterator, Sequence
from typing import final

import numpy as np
from jaxtyping import Bool, Int32

from ...errors import DataError

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

    def having(self, tags: Iterable[str]) -> Bool[np.ndarray, " code"]:
        """Which sets have at least one of ``tags``."""
        wanted = frozenset(tags)
        return np.array([not wanted.isdisjoint(each) for each in self._sets], dtype=bool)


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
