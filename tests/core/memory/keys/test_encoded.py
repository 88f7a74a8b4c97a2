import numpy as np
import pytest

from qmann_core.memory.keys.encoded import EncodedKeys
from qmann_core.memory.keys.encodings import Amplitude, encoding
from qmann_core.memory.store.store import Store


class _Counting(Amplitude):
    """Counts the keys that it encodes."""

    encoded = 0

    def encode(self, keys):
        self.encoded += len(keys)
        return super().encode(keys)


def _keys(n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 3)).astype(np.float32)


def test_each_added_key_is_encoded_once():
    counting, store = _Counting(), Store(100, 3)
    encoded = EncodedKeys(counting)
    for n in (5, 1, 40, 54):
        store.write(_keys(n, seed=n))
        snapshot = store.snapshot()
        np.testing.assert_array_equal(encoded.of(snapshot), Amplitude().encode(snapshot.keys))
    assert counting.encoded == 100
    store.update(3, value=None, ttl=5.0)
    store.touch([1, 2])
    encoded.of(store.snapshot())
    assert counting.encoded == 100  # no key was changed


@pytest.mark.parametrize("change", ["update", "delete", "overwrite"])
def test_changed_keys_are_encoded_again(change):
    store, encoded = Store(10, 3), EncodedKeys(encoding("amplitude"))
    store.write(_keys(10))
    before = store.snapshot()
    kept = encoded.of(before).copy()
    match change:
        case "update":
            store.update(4, key=_keys(1, seed=1))
        case "delete":
            store.delete([2, 5])
        case "overwrite":
            store.write(_keys(1, seed=1), addresses=[4], overwrite=True)
    after = store.snapshot()
    np.testing.assert_array_equal(encoded.of(after), Amplitude().encode(after.keys))
    np.testing.assert_array_equal(encoded.of(before), kept)  # an older snapshot, still right
    np.testing.assert_array_equal(encoded.of(after), Amplitude().encode(after.keys))


def test_an_older_snapshot_has_fewer_keys():
    store, encoded = Store(10, 3), EncodedKeys(encoding("amplitude"))
    store.write(_keys(4))
    before = store.snapshot()
    store.write(_keys(3, seed=1))
    assert len(encoded.of(store.snapshot())) == 7
    np.testing.assert_array_equal(encoded.of(before), Amplitude().encode(before.keys))
