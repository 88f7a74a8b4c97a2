"""Numbers as people write them, and names that look like numbers."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame
from pandas.testing import assert_series_equal

from qmann_core.data.tables import read_noted

NAN = np.nan


def column(cells, separator=","):
    frame = DataFrame({"x": cells, "y": "text"}, dtype="str")
    table, notes = read_noted(io.StringIO(frame.to_csv(index=False, sep=separator)))
    return table["x"], notes


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["$87.75", "$1,755.00"], [87.75, 1755.0]),
        (["1.755,00", "87,75"], [1755.0, 87.75]),
        (["1,755", "87.5"], [1755.0, 87.5]),
        (["1'755.5", "2"], [1755.5, 2]),
        (["1 755,5", "2\u202f000,25"], [1755.5, 2000.25]),
        (["12,50 €", "-3,5 EUR"], [12.5, -3.5]),
        (["USD 1", "+2.5"], [1, 2.5]),
        (["-$1.5", "£.5"], [-1.5, 0.5]),
        (["1,5e3", "2,25"], [1500, 2.25]),
        (["1,234", "2,345,678"], [1234, 2345678]),
    ],
)
@pytest.mark.parametrize("separator", [",", ";"])
def test_numbers_as_people_write_them(cells, expected, separator):
    found, notes = column(cells, separator)
    assert found.tolist() == expected
    assert any("numbers such as" in note for note in notes)


def test_what_could_be_either_is_told_by_the_rest_of_the_table():
    assert column(["1,234", "2,345"])[0].tolist() == [1234, 2345]
    assert column(["1,234", "2,345"], ";")[0].tolist() == [1.234, 2.345]
    text = "x;y;z\n1.234;5,5;1,250\n2.345;6,25;1,5\n"
    table, _ = read_noted(io.StringIO(text))
    assert table.to_numpy().tolist() == [[1234, 5.5, 1.25], [2345, 6.25, 1.5]]


@pytest.mark.parametrize("gap", ["", "NA", "n/a", "NaN", "null", "None", "-", ".", "#N/A"])
def test_gaps_among_numbers(gap):
    assert_series_equal(column(["1.5", gap, "2.5"])[0], DataFrame({"x": [1.5, NAN, 2.5]})["x"])
    found, notes = column(["2244", gap, "702"])
    assert (found.dtype.name, found.dropna().tolist(), notes) == ("Int64", [2244, 702], ())


@pytest.mark.parametrize(
    "cells",
    [
        ["0700", "0005"],
        ["0001", "1000"],
        ["12345678901234567890", "2"],
        ["NA", "AAPL"],
        ["NA", "null"],
        ["01.02.2024", "13.02.2024"],
        ["50-00-0", "64-17-5"],
        ["5%", "6%"],
        ["1.5M", "2K"],
        ["1,2,3", "4,5,6"],
        ["12,34", "1.234.5"],
    ],
)
def test_texts_that_are_no_numbers_stay(cells):
    found, notes = column(cells)
    assert (found.tolist(), notes) == (cells, ())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=80), st.sampled_from(".,"))
def test_any_number_is_read_from_either_way_of_writing_it(cents, point):
    ways = str.maketrans(",.", ".,") if point == "," else {}
    cells = [f"{each / 100:,.2f}".translate(ways) for each in cents]
    assert column(cells)[0].tolist() == [each / 100 for each in cents]
