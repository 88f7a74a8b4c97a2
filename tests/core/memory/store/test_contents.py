"""Snapshots: they never change, and cost nothing that need not be paid."""

import numpy as np
import pytest

from qmann_core.memory.store.columns import Column
from qmann_core.memory.store.store import Store

COLUMNS = tuple(Store(1, 1).layout.columns())


@pytest.fixture
def store():
    store = Store(1000, 2, value_width=1, policy="oldest")
    store.write(np.arange(200).reshape(100, 2), np.arange(100)[:, None], now=0.0)
    return store


CHANGES = {
    "append": lambda store: store.write([[1, 2]], [[3]]),
    "overwrite": lambda store: store.write([[1, 2]], [[3]], addresses=5, overwrite=True),
    "update key": lambda store: store.update(5, key=[1, 2]),
    "update value": lambda store: store.update(5, value=[1]),
    "delete": lambda store: store.delete(5),
    "delete last": lambda store: store.delete(99),
    "delete last, append": lambda store: (store.delete(99), store.write([[1, 2]], [[3]])),
    "purge": lambda store: (store.update([5, 7], ttl=1.0, timestamp=0.0), store.purge(10.0)),
    "touch": lambda store: store.touch([5]),
    "grow": lambda store: store.write(np.ones((800, 2)), np.ones((800, 1))),
    "evict": lambda store: store.write(np.ones((990, 2)), np.ones((990, 1))),
}


def arrays(snapshot):
    return snapshot.columns() | {"table": snapshot.find(range(1000))}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_no_change_reaches_a_snapshot(store, change):
    snapshot = store.snapshot()
    before = {name: rows.copy() for name, rows in arrays(snapshot).items()}
    change(store)
    for name, rows in arrays(snapshot).items():
        np.testing.assert_array_equal(rows, before[name], err_msg=name)
    assert store.snapshot().version > snapshot.version


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_nor_an_array_whose_snapshot_is_gone(store, change):
    part = store.snapshot().values[3:][::2]
    before = part.copy()
    change(store)
    np.testing.assert_array_equal(part, before)


def test_arrays_of_a_snapshot_cannot_be_written_to(store):
    keys = store.snapshot().keys
    with pytest.raises(ValueError, match="read-only"):
        keys[0] = 1
    with pytest.raises(ValueError, match="cannot set WRITEABLE flag"):
        keys.flags.writeable = True


def shared(first, second):
    pairs = {name: (getattr(first, name), getattr(second, name)) for name in (*COLUMNS, "table")}
    return {name for name, pair in pairs.items() if np.shares_memory(*pair)}


def test_a_snapshot_copies_nothing_and_neither_does_appending(store):
    first = store.snapshot()
    second = store.snapshot()
    assert shared(first, second) == {*COLUMNS, "table"}
    store.write(np.ones((50, 2)), np.ones((50, 1)))
    assert shared(first, store.snapshot()) == {*COLUMNS, "table"}


def test_a_change_copies_only_the_columns_that_change(store):
    first = store.snapshot()
    store.touch([3])
    assert shared(first, store.snapshot()) == {*COLUMNS, "table"} - {"uses", "last_used"}
    store.update(3, value=[0])
    unchanged = {*COLUMNS, "table"} - {"uses", "last_used", "values"}
    assert shared(first, store.snapshot()) == unchanged


def test_rows_are_copied_only_where_readers_have_seen_them():
    column = Column(np.arange(10.0), lent=0)
    rows = column.rows
    assert column.writable(0, 10, 10) is rows
    kept = column.lend(5)
    assert column.writable(5, 10, 10) is rows
    assert column.writable(4, 10, 10) is not rows
    rows = column.rows
    assert column.writable(0, 10, 10) is rows
    rows[:] = 7.0
    assert kept.tolist() == [0, 1, 2, 3, 4]


def test_a_reader_without_usage_does_not_make_counting_copy(store):
    first, before = store.snapshot(usage=False), store.snapshot()
    assert (len(first.uses), len(first.last_used), len(first)) == (0, 0, 100)
    store.touch([3])  # copies, because of the second snapshot
    store.snapshot(usage=False)
    counts = store._columns["uses"]
    store.touch([3])
    assert np.shares_memory(counts, store._columns["uses"])
    assert (before.uses[3], store.snapshot().uses[3]) == (0, 2)


def test_keys_are_known_to_be_the_same_unless_rewritten(store):
    for name in ("append", "update value", "touch", "grow"):
        before = store.snapshot()
        CHANGES[name](store)
        after = store.snapshot()
        assert after.version > before.version
        assert after.rewritten == before.rewritten
        np.testing.assert_array_equal(after.keys[: len(before)], before.keys)
    for name in ("overwrite", "update key", "delete last", "delete", "evict"):
        before = store.snapshot()
        CHANGES[name](store)
        assert store.snapshot().rewritten > before.rewritten
