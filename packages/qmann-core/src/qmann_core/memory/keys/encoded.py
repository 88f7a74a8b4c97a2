"""The encoded keys of a memory, kept from one recall to the next."""

import threading
from typing import final

import numpy as np
from jaxtyping import Num

from ..store.contents import Snapshot
from .encodings import Encoding


@final
class EncodedKeys:
    """What an encoding keeps of every key, worked out once for each key that is added.

    After keys were replaced, moved or removed all are encoded again at the next recall, which is
    one pass over the memory, O(entries x width). Any thread may ask, for any snapshot.
    """

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._lock = threading.Lock()
        self._rewritten = -1
        self._rows: Num[np.ndarray, "room column"] = np.zeros((0, 0))
        self._count = 0

    def of(self, snapshot: Snapshot) -> Num[np.ndarray, "slot column"]:
        """The encoded keys of a snapshot, in its slots; not to be changed."""
        with self._lock:
            if snapshot.rewritten < self._rewritten:  # of a reader that took its time
                return self._encoding.encode(snapshot.keys)
            if snapshot.rewritten > self._rewritten:
                self._rows, self._count = self._encoding.encode(snapshot.keys), len(snapshot)
                self._rewritten = snapshot.rewritten
            elif len(snapshot) > self._count:
                self._append(snapshot)
            return self._rows[: len(snapshot)]

    def _append(self, snapshot: Snapshot) -> None:
        count = len(snapshot)
        added = self._encoding.encode(snapshot.keys[self._count :])
        if count > len(self._rows):
            room = min(2 * count, snapshot.layout.capacity)
            rows = np.empty((room, added.shape[1]), dtype=added.dtype)
            rows[: self._count] = self._rows[: self._count]
            self._rows = rows
        self._rows[self._count : count] = added
        self._count = count
