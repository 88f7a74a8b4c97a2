"""Any sequence of calls: a memory does what a dict of entries does, and snapshots never change."""

import copy
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qmann_core.errors import DataError
from qmann_core.memory.store.shape import POLICIES
from qmann_core.memory.store.store import Store

CAPACITY = 6
ADDRESSES = st.lists(st.integers(0, CAPACITY - 1), unique=True, max_size=CAPACITY)
NUMBERS = st.integers(0, 99).map(float)
TAGS = st.sampled_from([(), ("a",), ("a", "b")])
TTL = st.sampled_from([np.inf, 3.0, 10.0])


@dataclass(frozen=True)
class Entry:
    key: float
    timestamp: float
    ttl: float
    last_used: float
    tags: tuple[str, ...]
    uses: int = 0

    def order(self, policy, now, address):
        expiry = self.timestamp + self.ttl
        order = {
            "oldest": (self.timestamp,),
            "least_recent": (self.last_used,),
            "least_used": (self.uses, self.last_used),
            "first_expired": (expiry, self.timestamp),
        }[policy]
        return (expiry > now, *order, address)


def entries(snapshot):
    slots = range(len(snapshot))
    np.testing.assert_array_equal(snapshot.keys, snapshot.values)
    columns = (snapshot.timestamps, snapshot.ttl, snapshot.last_used)
    rows = zip(snapshot.keys[:, 0], *columns, snapshot.tags(np.arange(len(snapshot))), strict=True)
    made = [Entry(*row, uses) for row, uses in zip(rows, snapshot.uses.tolist(), strict=True)]
    return {int(snapshot.addresses[slot]): made[slot] for slot in slots}


class Comparison(RuleBasedStateMachine):
    @initialize(policy=st.sampled_from(POLICIES))
    def start(self, policy):
        self.store = Store(CAPACITY, 1, value_width=1, policy=policy)
        self.model: dict[int, Entry] = {}
        self.policy = policy
        self.now = 0.0
        self.snapshots = []

    def rows(self, numbers):
        return np.array(numbers, dtype=np.float32).reshape(-1, 1)

    def victims(self, count):
        ordered = sorted(
            self.model, key=lambda each: self.model[each].order(self.policy, self.now, each)
        )
        return sorted(ordered[:count])

    @rule(numbers=st.lists(NUMBERS, max_size=CAPACITY + 1), ttl=TTL, tags=TAGS)
    def write(self, numbers, ttl, tags):
        free = [address for address in range(CAPACITY) if address not in self.model]
        short = len(numbers) - len(free)
        rows = self.rows(numbers)
        options = {"ttl": ttl, "tags": tags, "now": self.now}
        if len(numbers) > CAPACITY or (short > 0 and self.policy == "error"):
            with pytest.raises(DataError, match="do not fit"):
                self.store.write(rows, rows, **options)
            return
        expected = free[: len(numbers)] + (self.victims(short) if short > 0 else [])
        assert self.store.write(rows, rows, **options).tolist() == expected
        for address, number in zip(expected, numbers, strict=True):
            self.model[address] = Entry(number, self.now, ttl, self.now, tags)

    @rule(addresses=ADDRESSES, number=NUMBERS, overwrite=st.booleans(), ago=st.integers(0, 9))
    def write_to(self, addresses, number, overwrite, ago):
        rows = self.rows([number] * len(addresses))
        timestamp = self.now - ago
        options = {"addresses": addresses, "overwrite": overwrite, "timestamp": timestamp}
        if not overwrite and not self.model.keys().isdisjoint(addresses):
            with pytest.raises(DataError, match="is occupied"):
                self.store.write(rows, rows, now=self.now, **options)
            return
        self.store.write(rows, rows, now=self.now, **options)
        for address in addresses:
            self.model[address] = Entry(number, timestamp, np.inf, self.now, ())

    @rule(
        addresses=ADDRESSES,
        number=st.none() | NUMBERS,
        ttl=st.none() | TTL,
        tags=st.none() | TAGS,
    )
    def update(self, addresses, number, ttl, tags):
        rows = None if number is None else self.rows([number] * len(addresses))
        options = {"key": rows, "value": rows, "ttl": ttl, "tags": tags, "now": self.now}
        if not self.model.keys() >= set(addresses):
            with pytest.raises(DataError, match="holds nothing"):
                self.store.update(addresses, **options)
            return
        self.store.update(addresses, **options)
        changes = {} if number is None else {"key": number, "timestamp": self.now}
        changes |= {} if ttl is None else {"ttl": ttl}
        changes |= {} if tags is None else {"tags": tags}
        for address in addresses:
            self.model[address] = replace(self.model[address], **changes)

    @rule(addresses=ADDRESSES)
    def delete(self, addresses):
        if not self.model.keys() >= set(addresses):
            with pytest.raises(DataError, match="holds nothing"):
                self.store.delete(addresses)
            return
        self.store.delete(addresses)
        for address in addresses:
            del self.model[address]

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def delete_one(self, data):
        self.delete([data.draw(st.sampled_from(sorted(self.model)))])

    @rule(addresses=st.lists(st.integers(0, CAPACITY - 1), max_size=8))
    def touch(self, addresses):
        self.store.touch(addresses, self.now)
        for address in addresses:
            if address in self.model:
                entry = self.model[address]
                used = {"uses": entry.uses + 1, "last_used": max(entry.last_used, self.now)}
                self.model[address] = replace(entry, **used)

    @rule()
    def purge(self):
        expected = [a for a, entry in self.model.items() if entry.timestamp + entry.ttl <= self.now]
        assert self.store.purge(self.now).tolist() == sorted(expected)
        for address in expected:
            del self.model[address]

    @rule(seconds=st.integers(0, 5))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def look(self):
        self.snapshots.append((self.store.snapshot(), dict(self.model)))

    @precondition(lambda self: self.snapshots)
    @rule()
    def look_away(self):
        self.snapshots.pop(0)

    @rule()
    def copy(self):
        self.store = copy.deepcopy(self.store)

    @invariant()
    def holds_the_same(self):
        current = (self.store.snapshot(), self.model)
        for snapshot, model in [current, *self.snapshots]:
            assert entries(snapshot) == model
            slots = snapshot.find(range(CAPACITY)).tolist()
            assert {address for address, slot in enumerate(slots) if slot >= 0} == model.keys()
            if model:
                addresses = list(model)
                assert snapshot.addresses[snapshot.slots(addresses)].tolist() == addresses
            alive = snapshot.addresses[snapshot.alive(self.now)].tolist()
            expected = {a for a, each in model.items() if each.timestamp + each.ttl > self.now}
            assert set(alive) == expected


TestComparison = Comparison.TestCase
TestComparison.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
