"""Targets as laboratories write them."""

import re

import numpy as np
import pytest
from pandas import DataFrame

from qmann_core.data.targets import find_target
from qmann_core.errors import DataError

NAN = float("nan")


def find(named=None, **columns):
    table = DataFrame(columns)
    table.index += 1
    return find_target(table, named, ("y",), ("id",), "t")


@pytest.mark.parametrize(
    ("written", "read", "said"),
    [
        ([1.0, "ND", "3"], [1, NAN, 3], "1 of 3 values are no numbers and are left out: row 2"),
        (["1", "n.d.", "", None, "5"], [1, NAN, NAN, NAN, 5], "1 of 5 values are no numbers and"),
        (["1", "2", "see text"], [1, 2, NAN], r"no numbers and are left out: row 3 \('see text'\)"),
        ([5, ">10000", "<0.1"], [5, NAN, NAN], r"2 of 3 values are only bounds .* row 2 \('>100"),
        (["> 1,000", "≤ 5", ">=1e4", "3"], [NAN, NAN, NAN, 3], "3 of 4 values are only bounds"),
        (["~5", "-1.5", " 2 "], [NAN, -1.5, 2], "1 of 3 values are only bounds and are left out"),
        (["Active", "inactive", "", "ND"], [1, 0, NAN, NAN], "active is 1, inactive is 0"),
        (["no", "YES", None], [0, 1, NAN], "yes is 1, no is 0"),
        (["positive", "negative", "inconclusive"], [1, 0, NAN], "positive is 1, negative is 0"),
        (["true", "False", "n/a"], [1, 0, NAN], "true is 1, false is 0"),
        (["+", "-", ""], [1, 0, NAN], r"\+ is 1, - is 0"),
    ],
)
def test_a_column_that_nobody_named_is_read_with_what_is_left_out(written, read, said):
    series, (note,) = find(value=written)
    assert series.name == "value"
    np.testing.assert_array_equal(series, read)
    np.testing.assert_array_equal(find(value=written, id=range(len(read)))[0], read)
    assert re.search(said, note)
    assert len(note) < 300


@pytest.mark.parametrize("named", ["value", "VALUE", None])
def test_a_named_column_holds_nothing_but_targets(named):
    columns = {"y" if named is None else "value": ["1", "n.d.", ">5", "2", "oops"]}
    with pytest.raises(DataError, match=r"is not a number at 1 of 5 rows: row 5 \('oops'\)"):
        find(named, **columns)
    series, notes = find(named, **{name: cells[:4] for name, cells in columns.items()})
    np.testing.assert_array_equal(series, [1, NAN, NAN, 2])
    assert len(notes) == 2
    columns = {name: ["", *cells[:3]] for name, cells in columns.items()}
    with pytest.raises(DataError, match=r"2 of 4 rows: row 3 \('n\.d\.'\), row 4 \('>5'\)"):
        find(named, **columns)


@pytest.mark.parametrize(
    "columns",
    [
        {"logD": ["1.0", "ND", "2.0"], "mw": [46, 44, 45]},
        {"a": ["1", "2", ">3"], "b": [1, 2, 3]},
        {"a": ["yes", "no", "no"], "b": ["hit", "non-hit", "hit"]},
    ],
)
def test_two_that_may_be_meant_are_not_chosen_between(columns):
    series, (note,) = find(**columns)
    assert series is None
    assert note.startswith(
        f"no target was read, as it may be any of {', '.join(map(repr, columns))}"
    )


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"flag": ["yes", "no", "no"], "b": [1.5, 2, 3]}, "b"),
        ({"text": ["a", "b", "1"], "b": [1.5, 2, 3]}, "b"),
        ({"id": ["1", "2", "3"]}, None),
        ({"a": ["yes", "yes", ""]}, None),
        ({"a": ["yes", "inactive", ""]}, None),
        ({"a": ["", None, ""]}, None),
        ({"a": ["1-2", "2-3", "5"]}, None),
    ],
)
def test_which_column_is_taken(columns, name):
    series, notes = find(**columns)
    assert (None if series is None else series.name, notes) == (name, ())
