"""Keys with values and metadata at addresses: what a memory does besides recall."""

import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64, Num

from ..errors import ConfigError
from .keys.decoherence import Decoherence
from .keys.encoded import EncodedKeys
from .keys.encodings import EncodingName
from .keys.encodings import encoding as find_encoding
from .store.contents import Entries
from .store.entries import Numbers
from .store.shape import Policy
from .store.store import Store


@dataclass(frozen=True, eq=False, kw_only=True)
class StoredEntries(Entries):
    """Entries in the order in which they were asked for, with what is known about them."""

    fidelities: Float64[np.ndarray, " row"]
    """<k|rho|k> of each stored key at its age; 1 in a memory without decoherence."""
    tags: tuple[tuple[str, ...], ...]


class AddressedMemory(Store):
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
        if dtype not in ("float32", "float64"):
            raise ConfigError(f"dtype is {dtype!r}; expected float32 or float64")
        self.decoherence = decoherence
        self._check_width(key_width)
        self._encoded = EncodedKeys(self._encoding)
        super().__init__(
            capacity,
            key_width,
            value_width=value_width,
            dtype="uint8" if encoding == "basis" else dtype,
            policy=policy,
        )

    def __getstate__(self) -> Any:
        return super().__getstate__(), self._encoding, self.decoherence

    def __setstate__(self, state: Any) -> None:
        snapshot, self._encoding, self.decoherence = state
        self._encoded = EncodedKeys(self._encoding)
        super().__setstate__(snapshot)

    def __repr__(self) -> str:
        return f"QMatrix({len(self)} of {self.layout.capacity} {self.encoding} keys)"

    @property
    def encoding(self) -> EncodingName:
        """The name of the encoding."""
        return self._encoding.name

    @property
    def capacity(self) -> int:
        """Most entries."""
        return self.layout.capacity

    @property
    def n_wires(self) -> int:
        """Wires of the address and the key register."""
        return self.layout.n_address + self._encoding.n_wires(self.layout.key_width)

    def check_facts(self, keys: Num[np.ndarray, "row key"]) -> None:
        """Refuse keys from a file that its facts do not go with.

        Raises:
            ConfigError: keys too wide, or bits where numbers are encoded, or the other way round.
            DataError: keys that have no state.
        """
        if (self.layout.dtype == "uint8") != (self.encoding == "basis"):
            raise ConfigError(f"{self.encoding} keys are stored as {self.layout.dtype}")
        self._check_width(self.layout.key_width)
        self.check_keys(keys)

    def _check_width(self, key_width: int) -> None:
        self._encoding.check_width(key_width)
        if self.decoherence is not None:
            self.decoherence.check(self._encoding, key_width)

    def check_keys(self, keys: Num[np.ndarray, "row key"]) -> None:
        """Refuse keys that have no state; the message names the first of them."""
        self._encoding.check(keys)

    def read(self, addresses: Numbers, *, now: float | None = None) -> StoredEntries:
        """The entries at one or more addresses, with their fidelity at their age.

        Raises:
            DataError: an address is out of range or holds nothing.
        """
        snapshot, moment = self.snapshot(), time.time() if now is None else now
        slots = snapshot.slots(addresses)
        found = {each.name: getattr(snapshot, each.name)[slots] for each in fields(Entries)}
        fidelities = np.ones(len(slots))
        if self.decoherence is not None:
            keys, ages = found["keys"], moment - found["timestamps"]
            fidelities = self.decoherence.fidelities(self._encoding, keys, keys, ages)
        return StoredEntries(fidelities=fidelities, tags=tuple(snapshot.tags(slots)), **found)

    def save(self, path: str | Path) -> None:
        """Write the memory to one safetensors file with a checksum: wholly, or not at all.

        Raises:
            DataError: the disk refused; what was there before is unchanged.
        """
        from .store.saving import save  # PyTorch, which only files need, takes a second

        noise = self.decoherence
        times = None if noise is None else [str(noise.t1), str(noise.t2)]  # JSON has no infinity
        save(path, self.snapshot(), {"encoding": self.encoding, "decoherence": times})
