"""Predicates against their definitions, one key at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.errors import DataError
from qmann_core.memory.keys.predicates import Equal, Masked, Predicate, Within, as_bits

BIT = st.integers(0, 1)


@st.composite
def questions(draw):
    width = draw(st.integers(1, 9))
    row = st.tuples(*[BIT] * width)
    keys = draw(st.lists(row, min_size=1, max_size=12))
    return draw(row), draw(row), np.array(keys, dtype=np.uint8)


@given(questions(), st.integers(0, 10))
def test_matches_are_those_of_the_definition(question, distance):
    bits, mask, keys = question
    differs = [[int(x != y) for x, y in zip(key, bits, strict=True)] for key in keys]
    assert Equal(bits).matches(keys).tolist() == [not any(each) for each in differs]
    masked = [not any(d and m for d, m in zip(each, mask, strict=True)) for each in differs]
    assert Masked(bits, mask).matches(keys).tolist() == masked
    assert Within(bits, distance).matches(keys).tolist() == [sum(d) <= distance for d in differs]


@given(questions())
def test_one_is_a_case_of_another(question):
    bits, _, keys = question
    equal = Equal(bits).matches(keys).tolist()
    assert Within(bits, 0).matches(keys).tolist() == equal
    assert Masked(bits, (1,) * len(bits)).matches(keys).tolist() == equal
    assert Masked(bits, (0,) * len(bits)).matches(keys).all()
    assert Within(bits, len(bits)).matches(keys).all()


def test_no_key_has_no_match():
    assert Equal((0, 1)).matches(np.zeros((0, 2), dtype=np.uint8)).shape == (0,)


def test_what_can_be_asked():
    for predicate in (Equal((0, 1)), Masked((0, 1), (1, 1)), Within((0, 1), 1)):
        assert isinstance(predicate, Predicate)
        assert predicate.width == 2


def test_bits_from_what_people_have():
    assert as_bits("0110") == as_bits([0, 1.0, True, 0]) == (0, 1, 1, 0)
    bits = as_bits(np.array([0, 1], dtype=np.uint8))
    assert bits == (0, 1)
    assert {type(bit) for bit in bits} == {int}


@pytest.mark.parametrize("values", ["012", [0, 1, 0.5], [0, 1, None], np.array([1, 0, -1])])
def test_what_is_no_bit(values):
    with pytest.raises(DataError, match=r"bit 2 is .*; a bit is 0 or 1"):
        as_bits(values)


def test_bad_questions():
    with pytest.raises(DataError, match="bits is empty"):
        Equal(())
    with pytest.raises(DataError, match="mask: bit 1 is 3"):
        Masked((0, 1), (1, 3))
    with pytest.raises(DataError, match="mask has 1 bits and bits has 2"):
        Masked((0, 1), (1,))
    with pytest.raises(DataError, match="distance is at least 0, got -1"):
        Within((0, 1), -1)
    for predicate in (Equal((0, 1)), Masked((0, 1), (0, 1)), Within((0, 1), 1)):
        with pytest.raises(DataError, match="keys have 3 bits and the predicate asks about 2"):
            predicate.matches(np.zeros((4, 3), dtype=np.uint8))
