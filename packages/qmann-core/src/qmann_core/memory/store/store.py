"""The storage under QMatrix: one writer at a time, any number of readers, no recall."""

import threading
import time
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64, Num, Shaped

from ...errors import DataError
from .columns import Columns, Rows, lowest
from .contents import Snapshot, check_present
from .entries import (
    Numbers,
    Tags,
    TagSets,
    as_addresses,
    as_columns,
    as_rows,
    as_tag_sets,
    as_times,
    check_distinct,
)
from .shape import ORDERS, USAGE, KeyType, Layout, Policy


class Store:
    """Entries by address: a key, a value, a timestamp, a time to live, uses and tags.

    Any finite key will do; a memory whose keys have a state overrides `check_keys`.

    Any thread may call anything. Writers wait for each other; readers take a `Snapshot`, which is
    consistent and stays as it is. A write that is refused changes nothing. Expired entries stay,
    and take up room, until they are purged or make room for others.

    Args and errors are those of `Layout`.

    Example:
        >>> store = Store(capacity=4, key_width=2)
        >>> store.write([[1.0, 0.0], [0.0, 1.0]])
        array([0, 1])
        >>> store.delete(0)
        >>> store.snapshot().addresses
        array([1])
    """

    def __init__(
        self,
        capacity: int,
        key_width: int,
        *,
        value_width: int = 0,
        dtype: KeyType = "float32",
        policy: Policy = "error",
    ) -> None:
        layout = Layout(capacity, key_width, value_width, dtype, policy)
        self._hold(Snapshot.empty(layout))

    def _hold(self, snapshot: Snapshot) -> None:
        """Start from what a snapshot holds, which is copied only when it changes."""
        self.layout = snapshot.layout
        self._columns = Columns(snapshot.columns(), snapshot.layout.capacity)
        self._tag_sets = TagSets(snapshot.tag_sets)
        self._version = snapshot.version
        self._rewritten = snapshot.rewritten
        self._first_expiry = snapshot.first_expiry
        self._lowest_free = 0  # no free address is below
        self._lock = threading.Lock()

    def __getstate__(self) -> Any:
        return self.snapshot()

    def __setstate__(self, state: Any) -> None:
        self._hold(state)

    def __len__(self) -> int:
        """Entries, those that have expired and were not yet purged among them."""
        return len(self._columns)

    def check_keys(self, keys: Num[np.ndarray, "row key"]) -> None:
        """Refuse finite keys that cannot be stored."""

    def snapshot(self, *, usage: bool = True) -> Snapshot:
        """The entries as they are now; O(1), and it never changes.

        Without ``usage`` the columns ``uses`` and ``last_used`` are empty, and counting a use of
        what a reader found has nothing to copy.
        """
        with self._lock:
            columns, table = self._columns.lend(() if usage else USAGE)
            return Snapshot(
                layout=self.layout,
                version=self._version,
                rewritten=self._rewritten,
                first_expiry=self._first_expiry,
                tag_sets=self._tag_sets,
                table=table,
                **columns,
            )

    def write(
        self,
        keys: Numbers,
        values: Numbers | None = None,
        *,
        addresses: Numbers | None = None,
        overwrite: bool = False,
        timestamp: Numbers | None = None,
        ttl: Numbers | None = None,
        tags: Tags = (),
        now: float | None = None,
    ) -> Int64[np.ndarray, " row"]:
        """Write entries, all of them or, if anything is wrong, none.

        Args:
            keys: one (key_width,) or several (entry, key_width).
            values: as many of ``value_width``; left out where that is 0.
            addresses: where to; by default the lowest free ones, and when none is left those of
                the entries that the policy gives up.
            overwrite: replace what an address holds.
            timestamp: seconds since 1970, one or one each; by default ``now``.
            ttl: seconds after the timestamp, one or one each; by default for ever.
            tags: one set for all entries, or one each.
            now: seconds since 1970; by default the clock's.

        Returns:
            The address of each entry.

        Raises:
            DataError: keys that have no state; wrong shapes, NaN or infinite numbers; an address
                out of range, given twice, or occupied while not ``overwrite``; a full memory under
                the policy "error"; more entries than the capacity.
        """
        now = time.time() if now is None else now
        rows = {"keys": self._checked(keys)}
        count, width = len(rows["keys"]), self.layout.value_width
        if values is None:
            if width:
                raise DataError(f"no values; this memory stores {width} with each key")
            values = np.zeros((count, 0))
        timestamp = now if timestamp is None else timestamp
        rows |= as_columns(self.layout, count, values, timestamp, np.inf if ttl is None else ttl)
        rows["uses"] = np.zeros(count, dtype=np.int64)
        rows["last_used"] = as_times(now, count, name="now")
        sets = as_tag_sets(tags, count)
        chosen = None if addresses is None else self._distinct(addresses, count)
        with self._lock:
            rows["addresses"] = (
                self._allot(count, now) if chosen is None else self._vacant(chosen, overwrite)
            )
            rows["tag_codes"] = np.broadcast_to(self._tag_sets.codes(sets), (count,))
            replaced = self._columns.put(rows)
            self._changed(rows, keys=replaced)
            if chosen is None and count:
                self._lowest_free = int(rows["addresses"].max()) + 1  # or none is free at all
        return rows["addresses"]

    def update(
        self,
        addresses: Numbers,
        *,
        key: Numbers | None = None,
        value: Numbers | None = None,
        timestamp: Numbers | None = None,
        ttl: Numbers | None = None,
        tags: Tags | None = None,
        now: float | None = None,
    ) -> None:
        """Change parts of entries that are there, all as asked or, if anything is wrong, nothing.

        What is None stays, but a new key is of ``now``.

        Raises:
            DataError: as for `write`, and where an address holds nothing.
        """
        now = time.time() if now is None else now
        chosen = self._distinct(addresses, None)
        rows = {}
        if key is not None:
            rows["keys"] = self._checked(key, len(chosen))
            timestamp = now if timestamp is None else timestamp
        rows |= as_columns(self.layout, len(chosen), value, timestamp, ttl)
        sets = None if tags is None else as_tag_sets(tags, len(chosen))
        with self._lock:
            slots = self._columns.find(chosen)
            check_present(chosen, slots)
            if sets is not None:
                codes = self._tag_sets.codes(sets)
                rows["tag_codes"] = np.broadcast_to(codes, chosen.shape)
            self._columns.change(slots, rows)
            times = {name: self._columns[name][slots] for name in ("timestamps", "ttl")}
            self._changed(times, keys=key is not None)

    def delete(self, addresses: Numbers) -> None:
        """Remove entries, all that are asked for or, if one is not there, none.

        Raises:
            DataError: an address that is out of range, given twice or holds nothing.
        """
        chosen = self._distinct(addresses, None)
        with self._lock:
            slots = self._columns.find(chosen)
            check_present(chosen, slots)
            self._remove(slots)

    def purge(self, now: float | None = None) -> Int64[np.ndarray, " row"]:
        """Remove the entries that have expired; their addresses, in ascending order."""
        now = time.time() if now is None else now
        with self._lock:
            if now < self._first_expiry:
                return np.zeros(0, dtype=np.int64)
            slots = np.flatnonzero(self._expiry() <= now)
            removed = np.sort(self._columns["addresses"][slots])
            self._remove(slots)
            self._first_expiry = float(self._expiry().min(initial=np.inf))
        return removed

    def touch(self, addresses: Numbers, now: float | None = None) -> None:
        """Count a use of each entry, and one more each time that its address is repeated.

        Addresses that hold nothing are passed over: a reader's snapshot may be older.

        Raises:
            DataError: an address that is out of range.
        """
        now = time.time() if now is None else now
        given = as_addresses(addresses, self.layout.capacity)
        unique, repeats = np.unique(given, return_counts=True)
        with self._lock:
            slots = self._columns.find(unique)
            unique, repeats, slots = (part[slots >= 0] for part in (unique, repeats, slots))
            used = {
                "uses": self._columns["uses"][slots] + repeats,
                "last_used": np.maximum(self._columns["last_used"][slots], now),
            }
            self._columns.change(slots, used)
            self._version += 1

    def _checked(self, keys: Numbers, count: int | None = None) -> Shaped[np.ndarray, "row key"]:
        rows = as_rows(keys, self.layout.key_width, self.layout.dtype, name="keys", count=count)
        self.check_keys(rows)
        return rows

    def _distinct(self, addresses: Numbers, count: int | None) -> Int64[np.ndarray, " row"]:
        chosen = as_addresses(addresses, self.layout.capacity)
        if count not in (None, len(chosen)):
            raise DataError(f"{len(chosen)} addresses for {count} keys; give one for each key")
        check_distinct(chosen)
        return chosen

    def _vacant(
        self, addresses: Int64[np.ndarray, " row"], overwrite: bool
    ) -> Int64[np.ndarray, " row"]:
        occupied = addresses[self._columns.find(addresses) >= 0]
        if len(occupied) and not overwrite:
            raise DataError(
                f"address {occupied[0]} is occupied ({len(occupied)} of {len(addresses)} are); "
                "choose free ones, leave addresses out, or pass overwrite=True"
            )
        return addresses

    def _allot(self, count: int, now: float) -> Int64[np.ndarray, " row"]:
        """The lowest free addresses, then those of the entries that the policy gives up."""
        spare = self.layout.capacity - len(self)
        free = self._columns.free(min(count, spare), self._lowest_free)
        if count <= spare:
            return free
        if count > self.layout.capacity:
            raise DataError(
                f"{count} entries do not fit; this memory has {self.layout.capacity} addresses. "
                "Write fewer, or make a memory of more capacity"
            )
        expired = self._expiry() <= now
        if self.layout.policy == "error":
            raise DataError(
                f"{count} entries do not fit: {spare} of {self.layout.capacity} addresses are free "
                f"and {np.count_nonzero(expired)} hold expired entries, which purge() removes. "
                "Delete some, or make a memory of more capacity or another policy than 'error'"
            )
        names = (*ORDERS[self.layout.policy], "addresses")
        order = [self._expiry() if name == "expiry" else self._columns[name] for name in names]
        victims = lowest([~expired, *order], count - spare)
        return np.concatenate([free, np.sort(self._columns["addresses"][victims])])

    def _expiry(self) -> Float64[np.ndarray, " slot"]:
        return np.asarray(self._columns["timestamps"] + self._columns["ttl"])

    def _remove(self, slots: Int64[np.ndarray, " row"]) -> None:
        if len(slots):
            self._lowest_free = min(self._lowest_free, int(self._columns["addresses"][slots].min()))
            self._columns.remove(slots)
            self._changed({}, keys=True)

    def _changed(self, times: Rows, *, keys: bool) -> None:
        self._version += 1
        if keys:
            self._rewritten = self._version
        if times:
            earliest = (times["timestamps"] + times["ttl"]).min(initial=np.inf)
            self._first_expiry = min(self._first_expiry, float(earliest))
