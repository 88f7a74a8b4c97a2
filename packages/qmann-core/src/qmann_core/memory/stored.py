"""Entries as they are read by address."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Float64, Int64, Shaped

from .keys.decoherence import Decoherence
from .keys.encodings import Encoding
from .store.contents import Snapshot


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

    def to_frame(self) -> pd.DataFrame:
        """One row for each entry."""
        columns = {
            "address": self.addresses,
            "fidelity": self.fidelities,
            "timestamp": pd.to_datetime(self.timestamps, unit="s"),
            "ttl": self.ttl,
            "uses": self.uses,
            "last_used": pd.to_datetime(self.last_used, unit="s"),
            "tags": [" ".join(tags) for tags in self.tags],
        }
        keys = {f"key_{i}": column for i, column in enumerate(self.keys.T)}
        values = {f"value_{i}": column for i, column in enumerate(self.values.T)}
        return pd.DataFrame({**columns, **keys, **values})


def stored_entries(
    snapshot: Snapshot,
    slots: Int64[np.ndarray, " entry"],
    encoding: Encoding,
    decoherence: Decoherence | None,
    now: float,
) -> StoredEntries:
    """The entries in some slots of a snapshot."""
    keys, timestamps = snapshot.keys[slots], snapshot.timestamps[slots]
    fidelities = np.ones(len(slots))
    if decoherence is not None:
        fidelities = decoherence.fidelities(encoding, keys, keys, now - timestamps)
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
