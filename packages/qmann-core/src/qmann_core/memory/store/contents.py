"""What a memory holds at one moment."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Float64, Int32, Int64, Shaped

from ...errors import DataError
from .columns import Rows
from .entries import Numbers, TagSets, as_addresses
from .shape import Layout


@dataclass(frozen=True, eq=False, kw_only=True)
class Entries:
    """What is kept of entries, one a row."""

    addresses: Int64[np.ndarray, " row"]
    keys: Shaped[np.ndarray, "row key"]
    """As given, before any encoding."""
    values: Float[np.ndarray, "row value"]
    timestamps: Float64[np.ndarray, " row"]
    """Seconds since 1970."""
    ttl: Float64[np.ndarray, " row"]
    """Seconds from the timestamp after which an entry has expired; inf: it never does."""
    uses: Int64[np.ndarray, " counted"]
    """How often it was recalled; empty in a snapshot without usage."""
    last_used: Float64[np.ndarray, " counted"]
    """When it was written or last recalled, seconds since 1970."""

    def __len__(self) -> int:
        return len(self.addresses)


@dataclass(frozen=True, eq=False, kw_only=True)
class Snapshot(Entries):
    """The entries of a memory at one moment, in slots 0 to s - 1; the arrays cannot be changed.

    Taking one copies nothing; who changes the same rows of the memory later, first copies the
    columns that change.
    """

    layout: Layout
    version: int
    """Grows with every change."""
    rewritten: int
    """The version in which a key was last replaced, moved or removed.

    Two snapshots of one memory in which it is equal have the same keys in the slots that both
    have: what was worked out from the keys of the first serves the second, too.
    """
    first_expiry: float
    """No entry expires before this time."""
    tag_codes: Int32[np.ndarray, " slot"]
    """Index of its tags in ``tag_sets``."""
    tag_sets: TagSets = field(repr=False)
    table: Int64[np.ndarray, " address"] = field(repr=False)
    """For each address 1 + its slot; 0, or a slot that this snapshot has not, where it is free."""

    @classmethod
    def of(
        cls,
        layout: Layout,
        columns: Rows,
        tag_sets: TagSets,
        *,
        version: int = 0,
        rewritten: int = 0,
    ) -> "Snapshot":
        """Entries from columns that are as the layout says, which nobody changes from now on."""
        expiry = columns["timestamps"] + columns["ttl"]
        table = np.zeros(layout.capacity, dtype=np.int64)
        table[columns["addresses"]] = np.arange(1, len(expiry) + 1)
        return cls(
            layout=layout,
            version=version,
            rewritten=rewritten,
            first_expiry=float(expiry.min(initial=np.inf)),
            tag_sets=tag_sets,
            table=table,
            **columns,
        )

    @classmethod
    def empty(cls, layout: Layout) -> "Snapshot":
        """A memory in which nothing has been written."""
        columns = {
            name: np.zeros((0, *shape), dtype=dtype)
            for name, (dtype, shape) in layout.columns().items()
        }
        return cls.of(layout, columns, TagSets())

    def columns(self) -> dict[str, Shaped[np.ndarray, "_ ..."]]:
        """The columns by name, which are those of the layout."""
        return {name: getattr(self, name) for name in self.layout.columns()}

    def find(self, addresses: Numbers) -> Int64[np.ndarray, " row"]:
        """Slots of one or more addresses, -1 for those that hold nothing.

        Raises:
            DataError: not whole numbers from 0 to ``capacity - 1``.
        """
        slots = np.asarray(self.table[as_addresses(addresses, self.layout.capacity)] - 1)
        # Entries added later are in the table that this snapshot shares, but in later slots.
        slots[slots >= len(self)] = -1
        return slots

    def slots(self, addresses: Numbers) -> Int64[np.ndarray, " row"]:
        """Slots of one or more addresses.

        Raises:
            DataError: one of them is out of range or holds nothing.
        """
        slots = self.find(addresses)
        check_present(as_addresses(addresses, self.layout.capacity), slots)
        return slots

    def alive(self, now: float) -> Bool[np.ndarray, " slot"]:
        """Which entries have not expired: timestamp + ttl > now."""
        if now < self.first_expiry:
            return np.ones(len(self), dtype=bool)
        return np.asarray(self.timestamps + self.ttl > now)

    def tags(self, slots: Int64[np.ndarray, " row"]) -> list[tuple[str, ...]]:
        """The tags of each slot, sorted."""
        return [self.tag_sets[code] for code in self.tag_codes[slots].tolist()]

    def tagged(self, *tags: str) -> Bool[np.ndarray, " slot"]:
        """Which entries have at least one of ``tags``."""
        having = [not set(tags).isdisjoint(each) for each in self.tag_sets]
        return np.asarray(np.array(having, dtype=bool)[self.tag_codes])


def check_present(addresses: Int64[np.ndarray, " row"], slots: Int64[np.ndarray, " row"]) -> None:
    """Raise a DataError that names the first address that has no slot."""
    absent = addresses[slots < 0]
    if len(absent):
        more = f" (nor do {len(absent) - 1} more)" if len(absent) > 1 else ""
        raise DataError(f"address {absent[0]} holds nothing{more}; write to it first")
