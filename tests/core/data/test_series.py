"""One series from a file: which columns it takes, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from qmann_core.data.series import GROUP, installed_series, read_series
from qmann_core.errors import DataError

DAYS = pd.to_datetime(["2020-01-02", "2020-01-03", "2020-01-06"])


def table(**columns):
    return pd.DataFrame({"date": DAYS, **columns})


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"Close": [1, 2, 3]}, "Close"),
        ({"open": [9, 9, 9], " close": [1, 2, 3]}, " close"),
        ({"name": ["a", "b", "c"], "level": [1.0, 2.0, 3.0]}, "level"),
        ({"volume": [9, 9, 9], "price": [1, 2, 3]}, "price"),
        ({"adj close": [9, 9, 9], "close": [1, 2, 3]}, "close"),
    ],
)
def test_the_column_of_numbers_is_found(columns, expected):
    series = read_series(table(**columns))
    assert series.name == f"table, {expected}"
    assert series.index.equals(pd.DatetimeIndex(DAYS, name="date"))
    assert series.tolist() == [1.0, 2.0, 3.0]
    assert series.dtype == np.float64


@pytest.mark.parametrize("name", ["date", "Date", "ds", "datetime", "timestamp"])
def test_dates_are_a_column_or_the_index(name, tmp_path):
    frame = table(close=[1, 2, 3]).rename(columns={"date": name})
    frame.to_csv(tmp_path / "a.csv", index=False)
    from_file = read_series(tmp_path / "a.csv")
    assert from_file.name == "a.csv, close"
    assert read_series(frame.set_index(name)).tolist() == from_file.tolist() == [1.0, 2.0, 3.0]


def test_a_chosen_column_wins():
    series = read_series(table(close=[9, 9, 9], level=[1, 2, 3]), "Level")
    assert (series.name, series.tolist()) == ("table, level", [1.0, 2.0, 3.0])


REFUSED = {
    "no date": (pd.DataFrame({"close": [1, 2]}), "no column of dates among 'close'"),
    "two": (table(a=[1, 2, 3], b=[1, 2, 3]), "which column holds the numbers is not clear"),
    "none": (table(a=["x", "y", "z"]), "which column holds the numbers is not clear among 'a'"),
    "text": (table(close=["1", "x", "3"]), r"'close' is not a number at 1 of 3 rows: row 2 \('x'"),
    "zero": (table(close=[1, 0, 3]), r"'close' is not positive at 1 of 3 rows: row 2 \(0\)"),
    "empty": (table(close=[1, None, 3]), r"'close' is empty at 1 of 3 rows: row 2"),
    "back": (table(close=[1, 2, 3])[::-1], "the dates do not increase at row 2 .*, row 3"),
    "twice": (pd.concat([table(close=[1, 2, 3])] * 2), r"dates do not increase at row 4"),
}


@pytest.mark.parametrize(("source", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_series_is_refused(source, message):
    with pytest.raises(DataError, match=message):
        read_series(source)


def test_the_chosen_column_must_be_there():
    with pytest.raises(DataError, match=r"no column 'shut' among 'close'\. Expected one of them"):
        read_series(table(close=[1, 2, 3]), "shut")


def test_the_first_offer_by_name_is_taken(monkeypatch):
    class Offer:
        def __init__(self, name):
            self.name = name

        def load(self):
            return lambda: pd.Series([1.0], name=self.name)

    def offers(*, group):
        assert group == GROUP == "qmann.series"
        return [Offer("b"), Offer("a")]

    monkeypatch.setattr("qmann_core.data.series.entry_points", offers)
    assert installed_series().name == "a"
