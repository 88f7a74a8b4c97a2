"""Numbers as a program or a command line gives them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.data.numbers import number, whole
from qmann_core.errors import ConfigError


@given(st.integers(min_value=-(2**70), max_value=2**70))
def test_a_whole_number_is_the_same_as_text(value):
    assert whole("k", value, least=-(2**70)) == whole("k", str(value), least=-(2**70)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_the_same_as_text(value):
    assert number("x", value) == number("x", repr(value)) == value


@pytest.mark.parametrize("given", ["many", "", "2.5", 0, "-1", "nan"])
def test_what_is_no_whole_number_from_1(given):
    with pytest.raises(ConfigError, match=r"got k=.*: expected a whole number from 1"):
        whole("k", given)


@pytest.mark.parametrize("given", [8, "10" * 15])
def test_a_whole_number_that_is_too_large(given):
    assert whole("k", 7, most=7) == 7
    with pytest.raises(ConfigError, match=r"got k=.*: expected a whole number from 1 to 7$"):
        whole("k", given, most=7)


@pytest.mark.parametrize("given", ["high", "", "nan", float("inf")])
def test_what_is_no_number(given):
    with pytest.raises(ConfigError, match=r"got threshold=.*: expected a number"):
        number("threshold", given)
