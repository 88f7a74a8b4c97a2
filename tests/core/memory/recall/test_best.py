import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.memory.recall.recall import best


def _sorted(strengths, addresses, k):
    order = np.lexsort((addresses, -strengths))
    return order[strengths[order] > 0][:k]


@given(
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=0, max_size=30),
    st.integers(1, 40),
    st.randoms(use_true_random=False),
)
def test_it_is_the_front_of_a_full_sort(values, k, random):
    addresses = np.array(random.sample(range(100), len(values)), dtype=np.int64)
    strengths = np.array(values, dtype=float)
    np.testing.assert_array_equal(best(strengths, addresses, k), _sorted(strengths, addresses, k))


@pytest.mark.parametrize("size", [16_384, 16_385, 40_000])
@pytest.mark.parametrize("k", [1, 9, 10, 5000, 50_000])
@pytest.mark.parametrize("levels", [None, 3])
def test_it_is_so_among_many(size, k, levels):
    generator = np.random.default_rng(size + k)
    strengths = generator.random(size)
    if levels:
        strengths = np.floor(strengths * levels) / levels
    addresses = generator.permutation(size)
    np.testing.assert_array_equal(best(strengths, addresses, k), _sorted(strengths, addresses, k))
