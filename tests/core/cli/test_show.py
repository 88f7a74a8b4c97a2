"""How results look, and that files are whole."""

import argparse
import json
import math
import re
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from qmann_core.cli import show
from qmann_core.errors import DataError

FRAME = pd.DataFrame(
    {
        "name": ["a", "b", "c"],
        "date": pd.to_datetime(["2024-01-05", "2024-01-06", "2024-02-29"]),
        "price": [2512.123, 1.0, math.nan],
        "small": [0.123456, 0.5, 0.25],
        "tiny": [0.0, 0.0, 0.0],
        "count": pd.array([1, 2, None], dtype="Int64"),
    }
)


def arguments(**changes):
    return argparse.Namespace(**{"json": False, **changes})


def test_a_table_has_four_digits_of_the_largest_value(shown):
    text = shown(show.tables, [("Title", FRAME)], {}, ["A note."], arguments())
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in text.splitlines()]
    rows = [line.split() for line in plain if line.strip()]
    assert rows == [
        ["Title"],
        ["name", "date", "price", "small", "tiny", "count"],
        ["a", "2024-01-05", "2512", "0.1235", "0.0000", "1"],
        ["b", "2024-01-06", "1", "0.5000", "0.0000", "2"],
        ["c", "2024-02-29", "0.2500", "0.0000"],
        ["A", "note."],
    ]


def test_the_first_line_comes_before_all_tables(shown):
    call = partial(show.tables, first="Another does better.")
    text = shown(call, [("Title", FRAME)], {}, ["A note."], arguments())
    assert text.startswith("Another does better.\n")
    assert text.index("Title") < text.index("A note.")


def test_of_a_long_table_a_terminal_shows_the_first_rows(shown):
    frame = pd.DataFrame({"n": range(65)})
    text = shown(show.tables, [("Title", frame)], frame.to_dict(), [], arguments())
    assert "\n59" in text
    assert "\n60" not in text
    assert "... and 5 rows more; --json has all" in text


def test_what_looks_like_markup_is_text(shown):
    frame = pd.DataFrame({"[b]id[/b]": ["[red]x[/red]", "[/]", "[1] :+1:"]})
    tables = [("prices [old].csv", frame)]
    text = " ".join(shown(show.tables, tables, {}, ["see [notes]"], arguments()).split())
    for word in ("[old].csv", "[b]id[/b]", "[red]x[/red]", "[/]", "[1] :+1:", "see [notes]"):
        assert word in text


@pytest.mark.parametrize("wanted", [False, True])
def test_json_has_null_for_what_is_no_number(shown, wanted):
    values = {"a": [1.5, math.nan, {"b": (math.inf, -math.inf)}], "Č": True, "none": None}
    text = shown(show.tables, [], values, ["not shown"], arguments(json=wanted), terminal=wanted)
    assert json.loads(text) == {"a": [1.5, None, {"b": [None, None]}], "Č": True, "none": None}
    assert "Č" in text


def test_written_tables_are_exact(tmp_path):
    show.write(tmp_path / "t.csv", FRAME, {})
    again = pd.read_csv(tmp_path / "t.csv")
    assert again["small"].tolist() == FRAME["small"].tolist()
    assert again["date"].tolist() == ["2024-01-05", "2024-01-06", "2024-02-29"]
    assert math.isnan(again["price"][2])
    assert (tmp_path / "t.csv").stat().st_mode & 0o777 == 0o644


def test_nothing_is_written_where_nothing_is_wanted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    show.write(None, FRAME, {})
    assert not list(tmp_path.iterdir())


class Refusing:
    """A table that is written half and then fails."""

    def __init__(self, error):
        self.error = error

    def items(self):
        return ()

    def to_csv(self, place, **_options):
        Path(place).write_text("half")
        raise self.error


@pytest.mark.parametrize("older", [None, "older"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_fails_half_way_leaves_no_trace(tmp_path, older, error):
    place = tmp_path / "t.csv"
    if older is not None:
        place.write_text(older)
    expected = DataError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected, match=r"could not write .*t\.csv: .*; nothing was changed|^$"):
        show.write(place, Refusing(error), {})
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("t.csv", older)] * bool(older)


def test_no_text_becomes_a_formula(tmp_path):
    text = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "a=b", "", None]
    frame = pd.DataFrame({"=t": text, "n": [-1.5] * 8, "k": [-1] * 8, "s": "+"})
    before = frame.copy()
    show.write(tmp_path / "t.csv", frame, {})
    read = pd.read_csv(tmp_path / "t.csv", keep_default_na=False)
    quoted = [f"'{cell}" for cell in text[:5]]
    assert read["'=t"].tolist() == [*quoted, "a=b", "", ""]
    assert (read["n"].tolist(), read["k"].tolist()) == ([-1.5] * 8, [-1] * 8)
    assert set(read["s"]) == {"'+"}
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("name", ["a" * 250 + ".csv", "none/t.csv"])
def test_a_place_that_cannot_be_is_refused(tmp_path, name):
    with pytest.raises(DataError, match=r"could not write .*; nothing was changed"):
        show.write(tmp_path / name, FRAME, {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["t", "t.txt", "t.CSV", "csv", "t.csv.gz"])
def test_other_suffixes_are_refused(tmp_path, name):
    with pytest.raises(DataError, match=r"expected a name that ends in \.csv or \.json"):
        show.write(tmp_path / name, FRAME, {})
    assert not list(tmp_path.iterdir())
