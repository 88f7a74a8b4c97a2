"""What a memory refuses, and that a refusal changes nothing."""

import numpy as np
import pytest

from qmann_core.errors import ConfigError, DataError
from qmann_core.memory.store import columns as columns_module
from qmann_core.memory.store.store import Store


def filled():
    store = Store(8, 2, value_width=1)
    store.write([[0, 0], [1, -1], [2, -2]], [[0], [1], [2]], tags=("a",), now=100.0)
    return store


def assert_unchanged(store):
    found, expected = store.snapshot(), filled().snapshot()
    assert found.version == expected.version
    assert found.tags(np.arange(3)) == [("a",)] * 3
    for name, rows in expected.columns().items():
        np.testing.assert_array_equal(getattr(found, name), rows, err_msg=name)
    np.testing.assert_array_equal(found.table, expected.table)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((0, 2), {}, "capacity is 0; expected 1 to"),
        ((True, 2), {}, "capacity is True; expected 1 to"),
        ((2**31 + 1, 2), {}, "capacity is 2147483649; expected 1 to 2147483648"),
        ((4, 0), {}, "key_width is 0; expected 1 to"),
        ((4, 2), {"value_width": -1}, "value_width is -1; expected 0 to"),
    ],
)
def test_a_layout_that_is_out_of_range(arguments, options, message):
    with pytest.raises(ConfigError, match=message):
        Store(*arguments, **options)


WRONG = [
    ({"keys": [[1, 2, 3]]}, r"keys: shape \[1, 3\]; expected \[2\] for one entry, or \[ent"),
    ({"keys": [1, 2, 3]}, r"keys: shape \[3\]; expected \[2\]"),
    ({"keys": [[[1, 2]]]}, r"keys: shape \[1, 1, 2\]; expected"),
    ({"keys": 1.0}, r"keys: shape \[\]; expected"),
    ({"keys": [[1, 2], [3, np.nan]]}, r"keys: row 1, column 1 is nan; expected a finite float32"),
    ({"keys": [[np.inf, 2], [3, 4]]}, r"row 0, column 0 is inf.*Nothing was written"),
    ({"keys": [[1, 2], [1e39, 4]]}, r"row 1, column 0 is 1e\+39; expected a finite float32"),
    ({"keys": [[1, 2], [3]]}, r"keys: cannot be read as an array of numbers"),
    ({"keys": [["a", "b"]]}, r"keys: type <U1; expected real numbers"),
    ({"keys": [[1j, 2]]}, r"keys: type complex128; expected real numbers"),
    ({"values": None}, r"no values; this memory stores 1 with each key"),
    ({"values": [[1.0]]}, r"values: shape \[1, 1\]; expected .* \[2, 1\]"),
    ({"values": [[1.0], [np.nan]]}, r"values: row 1, column 0 is nan"),
    ({"addresses": [1]}, r"1 addresses for 2 keys; give one for each key"),
    ({"addresses": [5, 5]}, r"address 5 is given twice; give each address once"),
    ({"addresses": [5, 8]}, r"address 8 is out of range; .* 8 entries has addresses 0 to 7"),
    ({"addresses": [-1, 5]}, r"address -1 is out of range"),
    ({"addresses": [5, 1]}, r"address 1 is occupied \(1 of 2 are\).*pass overwrite=True"),
    ({"addresses": [5.0, 6.0]}, r"addresses are float64 of shape \[2\]; expected one whole num"),
    ({"addresses": [[5, 6]]}, r"addresses are int64 of shape \[1, 2\]; expected"),
    ({"addresses": [True, False]}, r"addresses are bool of shape"),
    ({"timestamp": [1.0]}, r"timestamp: shape \[1\]; expected one number, or one for each of 2"),
    ({"timestamp": np.inf}, r"timestamp is inf; expected finite seconds"),
    ({"now": np.nan}, r"timestamp is nan; expected finite seconds"),
    ({"timestamp": 1.0, "now": np.nan}, r"now is nan; expected finite seconds"),
    ({"ttl": 0.0}, r"ttl is 0.0; expected more than 0 seconds \(inf: for ever\)"),
    ({"ttl": [1.0, -2.0]}, r"ttl is -2.0; expected more than 0"),
    ({"ttl": [np.nan, 1.0]}, r"ttl is nan; expected more than 0"),
    ({"tags": "ab"}, r"tags are 'ab'; give a sequence of them, such as \('ab',\)"),
    ({"tags": ["a", ["b"]]}, r"tags mix 'a' with \['b'\]; give one set, or one each"),
    ({"tags": [["a"]]}, r"1 sets of tags for 2 entries; give one each, or one set"),
    ({"tags": ["a", ""]}, r"a tag is empty"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_a_refused_write_changes_nothing(wrong, message):
    store = filled()
    arguments = {"keys": [[8, -8], [9, -9]], "values": [[8], [9]]} | wrong
    with pytest.raises(DataError, match=message):
        store.write(**arguments)
    assert_unchanged(store)


@pytest.mark.parametrize("key", [[256, 0], [-1, 0], [0.5, 0], [np.nan, 0]])
def test_bits_are_stored_exactly_or_not_at_all(key):
    with pytest.raises(
        DataError, match=r"row 0, column 0 is .*; expected a whole number from 0 to"
    ):
        Store(4, 2, dtype="uint8").write(key)


def test_values_where_there_are_none():
    store = Store(4, 2)
    with pytest.raises(DataError, match=r"values: shape \[1\]; expected \[0\]"):
        store.write([1, 2], [1.0])
    store.write([1, 2], [])
    assert store.snapshot().values.shape == (1, 0)


@pytest.mark.parametrize(
    ("addresses", "changes", "message"),
    [
        ([0, 5], {"value": [[1], [2]]}, r"address 5 holds nothing; write to it first"),
        ([0, 4, 5], {"ttl": 1.0}, r"address 4 holds nothing \(nor do 1 more\)"),
        ([0, 0], {"ttl": 1.0}, r"address 0 is given twice"),
        ([0, 1], {"key": [[1, 2]]}, r"keys: shape \[1, 2\]; expected .* \[2, 2\]"),
        ([0], {"key": [1, np.nan]}, r"keys: row 0, column 1 is nan"),
        ([0], {"value": [np.inf]}, r"values: row 0, column 0 is inf"),
        ([0], {"ttl": -1.0}, r"ttl is -1.0"),
        ([0], {"value": [5], "tags": "a"}, r"tags are 'a'"),
    ],
)
def test_a_refused_update_changes_nothing(addresses, changes, message):
    store = filled()
    with pytest.raises(DataError, match=message):
        store.update(addresses, **changes)
    assert_unchanged(store)


class Scarce:
    """NumPy in a process that gets ``left`` more arrays from the system."""

    def __init__(self, left):
        self.left = left

    def __getattr__(self, name):
        return getattr(np, name)

    def zeros(self, *arguments, **options):
        if self.left == 0:
            raise MemoryError("refused")
        self.left -= 1
        return np.zeros(*arguments, **options)


@pytest.mark.parametrize(
    ("change", "copies"),
    [
        (lambda store: store.delete(0), 9),  # each column and the table
        (lambda store: store.update([0, 1], key=np.ones((2, 2)), value=[[7], [8]]), 3),
        (
            lambda store: store.write(
                np.ones((8, 2)), [[0]] * 8, addresses=range(8), overwrite=True
            ),
            8,
        ),
    ],
)
def test_running_out_of_memory_changes_nothing(monkeypatch, change, copies):
    for left in range(copies + 1):
        store = filled()
        snapshot = store.snapshot()
        with monkeypatch.context() as patched:
            patched.setattr(columns_module, "np", Scarce(left))
            if left < copies:
                with pytest.raises(MemoryError, match="refused"):
                    change(store)
            else:
                change(store)
        if left < copies:
            assert_unchanged(store)
        assert snapshot.values.tolist() == [[0], [1], [2]]
