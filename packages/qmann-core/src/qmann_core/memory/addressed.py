"""Keys with values and metadata at addresses: what a memory does besides recall."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, Float64, Int64, Shaped

from ..errors import ConfigError
from .keys.decoherence import Decoherence
from .keys.encoded import EncodedKeys
from .keys.encodings import EncodingName
from .keys.encodings import encoding as find_encoding
from .store.contents import Snapshot
from .store.entries import Numbers, Tags, as_rows
from .store.shape import Layout, Policy
from .store.store import Store


@dataclass(frozen=True, eq=False)
class StoredEntries:
    """Entries in the order in which they were asked for, with what is known about them."""

    addresses: Int64[np.ndarray, " entry"]
    keys: Shaped[np.ndarray, "entry key"]
    """As they were given."""
    values: Float[np.ndarray, "entry value"]
    fidelities: Float64[np.ndarray, " entry"]
    """<k|rho|k> of each stored key at its age; 1 in a memory without decoherence."""
    timestamps: Float64[np.ndarray, " entry"]
    """Seconds since 1970."""
    ttl: Float64[np.ndarray, " entry"]
    """Seconds from the timestamp after which it has expired; inf: it never does."""
    uses: Int64[np.ndarray, " entry"]
    """How often it was recalled."""
    last_used: Float64[np.ndarray, " entry"]
    """When it was written or last recalled, seconds since 1970."""
    tags: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.addresses)


class AddressedMemory:
    """Entries by address, whose keys have a state; the base of `QMatrix`."""

    def __init__(
        self,
        capacity: int,
        key_width: int,
        *,
        encoding: EncodingName = "amplitude",
        value_width: int = 0,
        dtype: Literal["float32", "float64"] = "float32",
        policy: Policy = "error",
        decoherence: Decoherence | None = None,
    ) -> None:
        self._encoding = find_encoding(encoding)
        self._encoding.check_width(key_width)
        if dtype not in ("float32", "float64"):
            raise ConfigError(f"dtype is {dtype!r}; expected float32 or float64")
        if decoherence is not None:
            decoherence.check(self._encoding, key_width)
        self.decoherence = decoherence
        self._encoded = EncodedKeys(self._encoding)
        self._store = Store(
            capacity,
            key_width,
            value_width=value_width,
            dtype=self._encoding.key_dtype(dtype),
            policy=policy,
        )

    def __len__(self) -> int:
        """Entries, those that have expired and were not yet purged among them."""
        return len(self._store)

    def __repr__(self) -> str:
        return f"QMatrix({len(self)} of {self.layout.capacity} {self.encoding} keys)"

    @property
    def encoding(self) -> EncodingName:
        """The name of the encoding."""
        return self._encoding.name

    @property
    def layout(self) -> Layout:
        """Capacity, widths, dtype and policy."""
        return self._store.layout

    @property
    def capacity(self) -> int:
        """Most entries."""
        return self.layout.capacity

    @property
    def n_wires(self) -> int:
        """Wires of the address and the key register."""
        return self.layout.n_address + self._encoding.n_wires(self.layout.key_width)

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
        return self._store.write(
            self._checked(keys),
            values,
            addresses=addresses,
            overwrite=overwrite,
            timestamp=timestamp,
            ttl=ttl,
            tags=tags,
            now=now,
        )

    def read(self, addresses: Numbers, *, now: float | None = None) -> StoredEntries:
        """The entries at one or more addresses, with their fidelity at their age.

        Raises:
            DataError: an address is out of range or holds nothing.
        """
        snapshot, moment = self._store.snapshot(), time.time() if now is None else now
        slots = snapshot.slots(addresses)
        keys, timestamps = snapshot.keys[slots], snapshot.timestamps[slots]
        fidelities = np.ones(len(slots))
        if self.decoherence is not None:
            ages = moment - timestamps
            fidelities = self.decoherence.fidelities(self._encoding, keys, keys, ages)
        return StoredEntries(
            addresses=snapshot.addresses[slots],
            keys=keys,
            values=snapshot.values[slots],
            fidelities=fidelities,
            timestamps=timestamps,
            ttl=snapshot.ttl[slots],
            uses=snapshot.uses[slots],
            last_used=snapshot.last_used[slots],
            tags=tuple(snapshot.tags(slots)),
        )

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
        """Change parts of entries that are there; what is None stays, but a new key is of ``now``.

        Raises:
            DataError: as for `write`, and where an address holds nothing.
        """
        self._store.update(
            addresses,
            key=None if key is None else self._checked(key),
            value=value,
            timestamp=timestamp,
            ttl=ttl,
            tags=tags,
            now=now,
        )

    def delete(self, addresses: Numbers) -> None:
        """Remove entries.

        Raises:
            DataError: an address is out of range, given twice or holds nothing.
        """
        self._store.delete(addresses)

    def purge(self, now: float | None = None) -> Int64[np.ndarray, " row"]:
        """Remove the entries that have expired; their addresses, in ascending order."""
        return self._store.purge(now)

    def snapshot(self) -> Snapshot:
        """The entries as they are now; O(1), and it never changes."""
        return self._store.snapshot()

    def save(self, path: str | Path) -> None:
        """Write the memory to one safetensors file with a checksum: wholly, or not at all.

        Raises:
            DataError: the disk refused; what was there before is unchanged.
        """
        from .store.saving import save  # PyTorch, which only files need, takes a second

        noise = self.decoherence
        times = None if noise is None else [str(noise.t1), str(noise.t2)]  # JSON has no infinity
        save(path, self._store.snapshot(), {"encoding": self.encoding, "decoherence": times})

    def _checked(self, keys: Numbers) -> Shaped[np.ndarray, "row key"]:
        rows = as_rows(keys, self.layout.key_width, self.layout.dtype, name="keys")
        self._encoding.check(rows)
        return rows
