"""Answers of lookups: ready for JSON, and every row that asked in its place."""

import json

import numpy as np
import pandas as pd
import pytest
from pandas import DataFrame

from qmann_core.data.labelled import Labelled
from qmann_core.errors import DataError
from qmann_core.tasks import Result
from qmann_core.tasks.lookups import in_place, usable

TABLE = DataFrame({"rank": pd.array([1, None], "Int64"), "F": [0.5, np.nan], "error": ["", "bad"]})


@pytest.fixture
def records() -> Labelled:
    table = DataFrame(
        {
            "row": [1, 2, 3, 4],
            "name": ["one", "", "", "two"],
            "given": ["a", "?", "b", "a"],
            "smiles": ["A", "", "B", "A"],
            "target": [1.0, np.nan, np.nan, np.nan],
            "error": ["", "unreadable", "", ""],
            "duplicate_of": [0, 0, 0, 0],
        }
    )
    return Labelled(table, "x.csv", "target")


def test_it_is_ready_for_json():
    answer = Result(title="Hits", table=TABLE, figures=TABLE[:1], notes=("a", "b"))
    values = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    first, second = {"rank": 1, "F": 0.5, "error": ""}, {"rank": None, "F": None, "error": "bad"}
    assert values == {
        "title": "Hits",
        "table": [first, second],
        "figures": [first],
        "notes": ["a", "b"],
    }
    assert [title for title, _ in answer.titled] == ["Hits", "Figures"]
    assert answer.to_frame() is TABLE


def test_without_figures_none_are_shown():
    answer = Result(title="Hits", table=TABLE)
    assert list(answer.to_dict()) == ["title", "table", "notes"]
    assert [title for title, _ in answer.titled] == ["Hits"]


def test_every_row_keeps_its_place(records):
    found = DataFrame({"row": [3, 1, 1], "n": [7, 8, 9], "F": [0.1, 0.2, 0.3], "like": list("xyz")})
    table = in_place(records, found, "asked")
    assert list(table) == ["row", "asked", "n", "F", "like", "error"]
    assert table["row"].tolist() == [1, 1, 2, 3, 4]
    assert table["asked"].tolist() == ["one", "one", "?", "b", "two"]
    assert table["like"].tolist() == ["y", "z", "", "x", ""]
    assert (
        table["n"].isna().tolist()
        == table["F"].isna().tolist()
        == [False, False, True, False, True]
    )
    assert table["n"].dropna().tolist() == [8, 9, 7]
    assert table["error"].tolist() == ["", "", "unreadable", "", ""]


def test_rows_that_can_be_used(records):
    assert usable(records)["row"].tolist() == [1, 3, 4]
    assert usable(records, once="smiles")["row"].tolist() == [1, 3]


def test_none_can_be_used(records):
    bad = Labelled(records.table[1:2], "x.csv", None)
    with pytest.raises(DataError, match=r"x\.csv: none of 1 rows can be used; the first: unread"):
        usable(bad)
