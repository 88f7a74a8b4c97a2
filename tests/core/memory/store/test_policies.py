import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.errors import ConfigError
from qmann_core.memory.store.columns import lowest
from qmann_core.memory.store.shape import POLICIES, Layout
from qmann_core.memory.store.store import Store


@given(data=st.data())
def test_the_lowest_are_those_that_sorting_puts_first(data):
    size = data.draw(st.integers(1, 30))
    column = st.lists(st.integers(0, 3), min_size=size, max_size=size)
    columns = [np.array(data.draw(column)) for _ in range(data.draw(st.integers(0, 3)))]
    columns.append(np.array(data.draw(st.permutations(range(size)))))
    count = data.draw(st.integers(1, size))
    expected = np.lexsort(columns[::-1])[:count]
    assert sorted(lowest(columns, count)) == sorted(expected)


@pytest.mark.parametrize(
    ("policy", "order"),
    [
        ("oldest", [3, 0, 1, 4, 2, 5]),
        ("least_recent", [3, 4, 0, 1, 5, 2]),
        ("least_used", [3, 4, 0, 5, 1, 2]),
        ("first_expired", [3, 2, 4, 0, 1, 5]),
    ],
)
def test_entries_go_in_the_order_of_the_policy_and_expired_ones_first(policy, order):
    assert set(POLICIES) == {"error", "oldest", "least_recent", "least_used", "first_expired"}
    for count in range(1, 7):
        store = Store(7, 1, policy=policy)
        store.write(
            np.arange(6)[:, None],
            addresses=np.arange(6),
            timestamp=[10.0, 10, 30, 40, 20, 50],
            ttl=[np.inf, np.inf, 100, 1, 200, np.inf],
            now=0.0,
        )
        for address, uses, now in [(0, 1, 8.0), (1, 2, 8.0), (2, 3, 12.0), (3, 9, 60.0)]:
            store.touch([address] * uses, now=now)
        store.touch([4], now=7.0)
        store.touch([5], now=9.0)
        addresses = store.write(np.full((count + 1, 1), 99.0), now=100.0)
        assert addresses.tolist() == [6, *sorted(order[:count])]
        snapshot = store.snapshot()
        survivors = snapshot.keys[snapshot.slots(sorted(order[count:]))] if count < 6 else []
        assert [int(key[0]) for key in survivors] == sorted(order[count:])


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"policy": "newest"}, "policy is 'newest'; expected one of error, oldest, least_recent"),
        ({"dtype": "float16"}, "dtype is 'float16'; expected float32, float64 or uint8"),
    ],
)
def test_an_unknown_policy_or_type_is_refused(field, message):
    layout = Layout(4, 2)
    vars(layout).update(field)  # past the checks of annotations, which users do not have
    with pytest.raises(ConfigError, match=message):
        layout.__post_init__()
