import copy
import pickle

import numpy as np
import pytest
import torch

from qmann_core.errors import DataError
from qmann_core.memory.store.store import Store

NAMES = ("addresses", "keys", "values", "timestamps", "ttl", "uses", "last_used")


def rows(*numbers):
    """Keys of width 2 that tell which entry they are."""
    return np.array([[number, -number] for number in numbers], dtype=np.float32)


def filled(*numbers, capacity=8, **options):
    store = Store(capacity, 2, value_width=1, **options)
    store.write(rows(*numbers), [[number] for number in numbers], now=100.0)
    return store


def content(store):
    snapshot = store.snapshot()
    tags = snapshot.tags(np.arange(len(snapshot)))
    return {name: getattr(snapshot, name).tolist() for name in NAMES} | {"tags": tags}


@pytest.mark.parametrize(
    ("capacity", "wires"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (2**20, 20), (2**20 + 1, 21)]
)
def test_address_wires_are_enough_for_the_capacity(capacity, wires):
    assert Store(capacity, 1).layout.n_address == wires


def test_what_is_written_is_there():
    store = Store(8, 2, value_width=1)
    addresses = store.write(
        torch.tensor([[1, 2], [3, 4], [5, 6]]),
        [[0.5], [1.5], [2.5]],
        timestamp=[10.0, 20.0, 30.0],
        ttl=[1.0, np.inf, 2.0],
        tags=[("b", "a", "b"), (), ["a"]],
        now=50.0,
    )
    assert addresses.tolist() == [0, 1, 2]
    assert len(store) == 3
    assert content(store) == {
        "addresses": [0, 1, 2],
        "keys": [[1, 2], [3, 4], [5, 6]],
        "values": [[0.5], [1.5], [2.5]],
        "timestamps": [10, 20, 30],
        "ttl": [1, np.inf, 2],
        "uses": [0, 0, 0],
        "last_used": [50, 50, 50],
        "tags": [("a", "b"), (), ("a",)],
    }


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_types_are_as_asked_for(dtype):
    store = Store(4, 2, value_width=3, dtype=dtype)
    store.write([0, 1], [1, 2, 3])
    snapshot = store.snapshot()
    assert snapshot.keys.dtype == dtype
    assert snapshot.values.dtype == ("float64" if dtype == "float64" else "float32")


def test_without_now_the_clock_is_read():
    import time

    store = Store(4, 2)
    before = time.time()
    store.write([1, 2])
    assert before <= store.snapshot().timestamps[0] <= time.time()


def test_entries_go_to_the_lowest_free_addresses_in_their_order():
    store = filled(0, 1, 2, 3, 4, 5)
    store.delete([4, 1])
    assert store.write(rows(10, 11, 12), [[0]] * 3).tolist() == [1, 4, 6]
    store.delete(0)
    assert store.write(rows(13), [[0]], addresses=7).tolist() == [7]
    assert store.write(rows(14), [[0]]).tolist() == [0]
    assert len(store) == 8
    slots = store.snapshot().slots([1, 4, 6, 7, 0])
    assert store.snapshot().keys[slots, 0].tolist() == [10, 11, 12, 13, 14]


def test_free_addresses_are_found_far_apart():
    store = Store(5000, 1)
    store.write(np.ones((5000, 1)))
    store.delete([7, 2000, 4999])
    assert store.write(np.ones((3, 1))).tolist() == [7, 2000, 4999]


def test_entries_go_where_they_are_sent():
    store = Store(8, 2)
    store.write(rows(5, 3), addresses=[5, 3])
    store.write(rows(7), addresses=np.uint8(7))
    snapshot = store.snapshot()
    assert snapshot.addresses.tolist() == [5, 3, 7]
    assert snapshot.slots([3, 7]).tolist() == [1, 2]
    assert snapshot.find([0, 5]).tolist() == [-1, 0]


def test_nothing_may_be_written():
    store = Store(8, 2)
    assert store.write(np.zeros((0, 2))).tolist() == []
    store.delete([])
    store.touch([])
    assert len(store) == 0


def test_overwriting_makes_a_new_entry_and_may_be_mixed_with_free_addresses():
    store = filled(0, 1, 2)
    store.update([1], tags=("old",), ttl=5.0)
    store.touch([1, 1])
    store.write(rows(10, 11), [[10], [11]], addresses=[6, 1], overwrite=True, now=200.0)
    found = content(store)
    assert found["addresses"] == [0, 1, 2, 6]
    assert found["keys"] == rows(0, 11, 2, 10).tolist()
    assert found["uses"] == [0, 0, 0, 0]
    assert found["ttl"] == [np.inf] * 4
    assert found["timestamps"] == found["last_used"] == [100, 200, 100, 200]
    assert found["tags"] == [()] * 4


def test_a_full_memory_says_what_to_do():
    store = filled(0, 1, 2, capacity=4)
    store.update(1, ttl=1.0)
    with pytest.raises(
        DataError,
        match=r"2 entries do not fit: 1 of 4 addresses are free and 1 hold expired entries, which "
        r"purge\(\) removes. Delete some, or make a memory of more capacity or another policy",
    ):
        store.write(rows(8, 9), [[8], [9]], now=200.0)
    assert len(store) == 3
    store.purge(now=200.0)
    assert store.write(rows(8, 9), [[8], [9]]).tolist() == [1, 3]


@pytest.mark.parametrize("policy", ["error", "oldest"])
def test_more_than_the_capacity_never_fits(policy):
    store = filled(0, 1, capacity=2, policy=policy)
    with pytest.raises(DataError, match="3 entries do not fit; this memory has 2 addresses"):
        store.write(rows(7, 8, 9), [[7], [8], [9]])
    assert content(store)["keys"] == rows(0, 1).tolist()


def test_an_update_changes_what_is_given_and_a_new_key_is_as_old_as_now():
    store = filled(0, 1, 2)
    store.update([2, 0], value=[[22], [20]], ttl=9.0, tags=("x",))
    store.update(1, key=[7, 8], now=150.0)
    store.update(2, key=[9, 9], timestamp=120.0, now=150.0)
    store.update([], key=np.zeros((0, 2)))
    assert content(store) == {
        "addresses": [0, 1, 2],
        "keys": [[0, 0], [7, 8], [9, 9]],
        "values": [[20], [1], [22]],
        "timestamps": [100, 150, 120],
        "ttl": [9, np.inf, 9],
        "uses": [0, 0, 0],
        "last_used": [100, 100, 100],
        "tags": [("x",), (), ("x",)],
    }


def test_deleting_moves_the_last_entries_into_the_gaps():
    store = filled(0, 1, 2, 3, 4, 5)
    store.delete([5, 1, 3])
    assert content(store)["addresses"] == [0, 4, 2]
    assert content(store)["keys"] == rows(0, 4, 2).tolist()
    assert store.snapshot().find([0, 1, 2, 3, 4, 5]).tolist() == [0, -1, 2, -1, 1, -1]
    with pytest.raises(DataError, match="address 1 holds nothing"):
        store.delete([0, 1])
    assert len(store) == 3


def test_what_has_expired_is_told_and_purged():
    store = Store(8, 1)
    store.write([[0], [1], [2], [3]], timestamp=[0.0, 5, 0, 5], ttl=[10.0, 10, 20, np.inf])
    snapshot = store.snapshot()
    assert snapshot.alive(9.9).all()
    assert snapshot.alive(10.0).tolist() == [False, True, True, True]
    assert store.purge(now=9.9).tolist() == []
    assert store.purge(now=15.0).tolist() == [0, 1]
    assert sorted(content(store)["addresses"]) == [2, 3]
    assert store.snapshot().first_expiry == 20
    store.update(3, ttl=1.0)
    assert store.snapshot().alive(6.0).tolist().count(False) == 1
    assert store.purge(now=1e12).tolist() == [2, 3]
    assert store.snapshot().first_expiry == np.inf


def test_uses_are_counted_and_what_is_gone_is_passed_over():
    store = filled(0, 1, 2)
    store.touch([2, 0, 2, 7], now=130.0)
    store.touch(0, now=120.0)
    assert content(store)["uses"] == [2, 0, 2]
    assert content(store)["last_used"] == [130, 100, 130]
    with pytest.raises(DataError, match="address 8 is out of range"):
        store.touch(8)


def test_entries_are_selected_by_tag():
    store = Store(8, 1)
    store.write([[0], [1], [2]], tags=[("a", "b"), (), ("c", "b")])
    snapshot = store.snapshot()
    assert snapshot.tagged("a").tolist() == [True, False, False]
    assert snapshot.tagged("b", "x").tolist() == [True, False, True]
    assert not snapshot.tagged("x").any()
    assert not snapshot.tagged().any()
    assert not Store(4, 1).snapshot().tagged("a").any()


def test_equal_sets_of_tags_are_stored_once():
    store = Store(8, 1)
    store.write(np.zeros((3, 1)), tags=[("a", "b"), ["b", "a", "a"], ("a",)])
    store.write(np.zeros((2, 1)), tags=("a",))
    snapshot = store.snapshot()
    assert list(snapshot.tag_sets) == [("a", "b"), ("a",)]
    assert snapshot.tag_codes.tolist() == [0, 0, 1, 1, 1]


def test_an_empty_memory():
    snapshot = Store(4, 2).snapshot()
    assert len(snapshot) == 0
    assert snapshot.find([0, 3]).tolist() == [-1, -1]
    assert snapshot.alive(1e12).tolist() == []
    with pytest.raises(DataError, match="address 3 holds nothing"):
        snapshot.slots(3)


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda store: pickle.loads(pickle.dumps(store))])
def test_copies_are_equal_and_independent(clone):
    store = filled(0, 1, 2, policy="oldest")
    store.update(1, tags=("a",), ttl=5.0)
    store.delete(0)
    other = clone(store)
    before = content(store)
    assert content(other) == before
    assert other.layout == store.layout
    assert other.snapshot().first_expiry == store.snapshot().first_expiry
    assert other.write(rows(9), [[9]], tags=("b",)).tolist() == [0]
    other.update(1, value=[5])
    assert content(store) == before


def test_a_restored_memory_and_its_source_are_independent():
    store = filled(0, 1, 2)
    snapshot = store.snapshot()
    other = Store(1, 1)
    other.__setstate__(snapshot)
    other.delete(0)
    other.update(1, value=[5])
    store.write(rows(9), [[9]])
    assert content(store)["values"] == [[0], [1], [2], [9]]
    assert content(other)["values"] == [[2], [5]]
    assert snapshot.values.tolist() == [[0], [1], [2]]
