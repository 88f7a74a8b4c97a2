"""Arrays that grow, and of which readers hold parts that never change."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, final

import numpy as np
from jaxtyping import Int64, Shaped

Rows: TypeAlias = Mapping[str, Shaped[np.ndarray, "_ ..."]]
"""Columns by name, equally long."""


@final
class Column:
    """An array with room for more rows, whose first ``lent`` rows readers have seen.

    Those never change again: whoever changes one of them goes on with a copy.
    """

    def __init__(self, rows: Shaped[np.ndarray, "..."], lent: int) -> None:
        self.rows = rows
        self.lent = lent

    def lend(self, count: int) -> Shaped[np.ndarray, "..."]:
        """The first ``count`` rows, read-only, without copying."""
        self.lent = max(self.lent, count)
        rows = self.rows[:count]
        return np.asarray(rows.data.toreadonly()) if rows.size else rows.copy()

    def writable(self, first: int, count: int, room: int) -> Shaped[np.ndarray, "..."]:
        """The array, with at least ``room`` rows, for writing to row ``first`` and later ones.

        It is replaced by a copy of its first ``count`` rows, with zeros behind, where it is too
        short or readers have seen one of the rows to write.
        """
        if first < self.lent or len(self.rows) < room:
            size = max(room, len(self.rows))
            rows = np.zeros((size, *self.rows.shape[1:]), dtype=self.rows.dtype)
            rows[:count] = self.rows[:count]
            self.rows, self.lent = rows, 0
        return self.rows


@final
class Columns:
    """Equally long columns by name, in slots 0 to s - 1, and the slot of each address.

    A change first makes room and copies what has to be copied, and then assigns: if memory runs
    out, everything is as it was.

    Args:
        columns: one of them ``addresses``; somebody else's, copied before they are changed.
        capacity: number of addresses.
    """

    def __init__(self, columns: Rows, capacity: int) -> None:
        self._count = self._room = len(columns["addresses"])
        self._columns = {name: Column(rows, self._count) for name, rows in columns.items()}
        self._capacity = capacity
        table = np.zeros(capacity, dtype=np.int64)  # for each address 1 + its slot, or 0
        table[columns["addresses"]] = np.arange(1, self._count + 1)
        self._table = Column(table, 0)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, name: str) -> Shaped[np.ndarray, "slot ..."]:
        """A column, for reading."""
        return self._columns[name].rows[: self._count]

    def lend(
        self, without: Iterable[str]
    ) -> tuple[dict[str, Shaped[np.ndarray, "_ ..."]], Int64[np.ndarray, " address"]]:
        """The columns, of some no row, and the table: read-only, without copying."""
        counts = dict.fromkeys(self._columns, self._count) | dict.fromkeys(without, 0)
        columns = {name: self._columns[name].lend(count) for name, count in counts.items()}
        return columns, self._table.lend(self._capacity)

    def find(self, addresses: Int64[np.ndarray, " row"]) -> Int64[np.ndarray, " row"]:
        """The slot of each address; -1 for a free one."""
        return np.asarray(self._table.rows[addresses] - 1)

    def free(self, count: int, start: int) -> Int64[np.ndarray, " row"]:
        """The lowest ``count`` free addresses, or all if fewer; none is below ``start``."""
        found, block = [np.zeros(0, dtype=np.int64)], max(1024, 2 * count)
        while count and start < self._capacity:
            part = start + np.flatnonzero(self._table.rows[start : start + block] == 0)[:count]
            found.append(part)
            count, start = count - len(part), start + block
        return np.concatenate(found)

    def put(self, rows: Rows) -> bool:
        """Write whole entries, in place of those with the same address; whether there were any."""
        addresses = rows["addresses"]
        slots = self.find(addresses)
        new = slots < 0
        total = self._count + int(np.count_nonzero(new))
        slots[new] = np.arange(self._count, total)
        replacing = not bool(new.all())
        room = self._room if total <= self._room else min(2 * total, self._capacity)
        first = int(slots.min()) if replacing else self._count
        columns = self._writable(rows, first, room)
        table = self._table.writable(self._capacity, self._capacity, self._capacity)
        where: Any = slots if replacing else slice(self._count, total)
        for name, column in columns.items():
            column[where] = rows[name]
        # Snapshots share the table: for them a slot that they do not have is a free address.
        table[addresses[new]] = slots[new] + 1
        self._count, self._room = total, room
        return replacing

    def change(self, slots: Int64[np.ndarray, " row"], rows: Rows) -> None:
        """Write some columns of entries that are there."""
        if len(slots):
            for name, column in self._writable(rows, int(slots.min()), self._room).items():
                column[slots] = rows[name]

    def remove(self, slots: Int64[np.ndarray, " row"]) -> None:
        """Remove entries; the last ones take their slots. O(removed), unless readers saw them."""
        left = self._count - len(slots)
        tail = np.ones(len(slots), dtype=bool)  # of the slots that cease to be
        tail[slots[slots >= left] - left] = False
        holes, movers = slots[slots < left], left + np.flatnonzero(tail)
        first = int(holes.min()) if len(holes) else self._count
        columns = self._writable(self._columns, first, self._room)
        table = self._table.writable(0, self._capacity, self._capacity)
        table[columns["addresses"][slots]] = 0
        table[columns["addresses"][movers]] = holes + 1
        for column in columns.values():
            column[holes] = column[movers]
        self._count = left

    def _writable(
        self, names: Iterable[str], first: int, room: int
    ) -> dict[str, Shaped[np.ndarray, "_ ..."]]:
        return {name: self._columns[name].writable(first, self._count, room) for name in names}


def lowest(
    columns: Sequence[Shaped[np.ndarray, " slot"]], count: int
) -> Int64[np.ndarray, " victim"]:
    """The ``count`` slots that come first when sorted by the first column, then the second, ...

    As a set, what ``np.lexsort`` gives where the last column has no ties; but O(s), because of
    each column only the ties at the boundary are looked at further.
    """
    slots = np.arange(len(columns[0]))
    chosen = [slots[:0]]
    for column in columns:
        values = column[slots]
        boundary = values.min()
        # Often enough, for one slot always; and partitioning among many ties is slow.
        if np.count_nonzero(values == boundary) < count:
            boundary = np.partition(values, count - 1)[count - 1]
        chosen.append(slots[values < boundary])
        slots, count = slots[values == boundary], count - len(chosen[-1])
        if len(slots) == count:
            break
    return np.concatenate([*chosen, slots[:count]])
