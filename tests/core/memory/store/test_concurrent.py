"""Readers in threads while one or more writers write."""

import math
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from qmann_core.memory.store.store import Store

WIDTH, CAPACITY = 8, 3000


@pytest.fixture(autouse=True)
def eager_switching():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def rows(addresses, round_number):
    """Keys that only these addresses have, and only in this round."""
    first = np.asarray(addresses, dtype=np.float64)[:, None] * 1000 + round_number
    return first + np.arange(WIDTH) / WIDTH


def check(snapshot):
    """Every row is whole, of one round, at home at its address, and all rows of one round."""
    numbers = snapshot.keys[:, 0]
    addresses, rounds = np.divmod(numbers, 1000)
    np.testing.assert_array_equal(addresses, snapshot.addresses)
    np.testing.assert_array_equal(snapshot.keys, numbers[:, None] + np.arange(WIDTH) / WIDTH)
    np.testing.assert_array_equal(snapshot.values[:, 0], rounds)
    np.testing.assert_array_equal(snapshot.timestamps, rounds)
    np.testing.assert_array_equal(snapshot.slots(snapshot.addresses), np.arange(len(snapshot)))
    assert len(np.unique(rounds)) <= 1
    return len(snapshot)


class Progress:
    """Lets a writer wait until every reader has checked what it wrote."""

    def __init__(self, readers):
        self.changed = threading.Condition()
        self.seen = dict.fromkeys(range(readers), 0)

    def has_seen(self, reader, version):
        with self.changed:
            self.seen[reader] = version
            self.changed.notify_all()

    def wait(self, version):
        with self.changed:
            self.changed.wait_for(lambda: min(self.seen.values()) >= version)


def read(store, finished, progress, reader):
    sizes, kept, version = [], [], 0
    try:
        while not finished.is_set():
            snapshot = store.snapshot()
            assert snapshot.version >= version
            version = snapshot.version
            sizes.append(check(snapshot))
            kept = [*kept[-5:], snapshot]
            for old in kept:
                check(old)
            progress.has_seen(reader, version)
    finally:
        progress.has_seen(reader, math.inf)  # whoever fails keeps nobody waiting
    return sizes


def rounds(store, count, after_each=lambda _version: None):
    generator = np.random.default_rng(0)
    for number in range(count):
        held = np.sort(store.snapshot().addresses)
        # Everything that is there becomes of this round by one write, which also adds some.
        more = generator.choice(CAPACITY, 200, replace=False)
        addresses = np.union1d(held, more)
        ones = np.full((len(addresses), 1), float(number))
        store.write(
            rows(addresses, number),
            ones,
            addresses=addresses,
            overwrite=True,
            timestamp=float(number),
        )
        store.touch(generator.choice(addresses, 50))
        store.delete(generator.choice(addresses, len(addresses) // 3, replace=False))
        after_each(store.snapshot().version)


def test_every_snapshot_is_consistent_while_one_writes():
    store = Store(CAPACITY, WIDTH, value_width=1, dtype="float64")
    finished, progress = threading.Event(), Progress(3)
    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, store, finished, progress, each) for each in range(3)]
        try:
            rounds(store, 80, progress.wait)
        finally:
            finished.set()
        sizes = [reader.result() for reader in readers]
    assert all(len(set(each)) > 5 for each in sizes)  # they did see it change


def test_writers_do_not_lose_what_others_write():
    store = Store(4000, 1, policy="error")

    def write(writer):
        addresses = [store.write([writer], tags=(f"writer {writer}",)) for _ in range(250)]
        for address in addresses[::2]:
            store.touch(address)
        store.delete(np.concatenate(addresses[::5]))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    snapshot = store.snapshot()
    assert len(snapshot) == 4 * 200
    assert snapshot.uses.sum() == 4 * 100
    for writer in range(4):
        slots = np.flatnonzero(snapshot.keys[:, 0] == writer)
        assert len(slots) == 200
        assert set(snapshot.tags(slots)) == {(f"writer {writer}",)}


def test_saving_while_another_thread_writes(tmp_path):
    from qmann_core.memory.store.saving import load, save

    store = Store(CAPACITY, WIDTH, value_width=1, dtype="float64")
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(rounds, store, 60)
        while not writing.done():
            save(tmp_path / "m", store.snapshot(), {})
            check(load(tmp_path / "m")[0])
        writing.result()
