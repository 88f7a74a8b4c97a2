"""Rows that are no series: their standard form, target, name, part, and repeats."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas import DataFrame, Series

from qmann_core.data.labelled import Labelled, Layout, label_rows
from qmann_core.errors import DataError

LAYOUT = Layout(
    thing="word", key="stem", columns=("word",), names=("nick",), targets=("length", "weight")
)


def stem(text: str) -> str:
    if not text.isalpha():
        raise DataError("no word" if text else "empty")
    return text.lower()


def label(words=("a", "b", "c"), **columns) -> Labelled:
    table = DataFrame({"word": list(words), **columns})
    return label_rows(table, LAYOUT, stem, where="t")


def test_every_row_keeps_its_place():
    labelled = label(["Ab", "1", None, " ab "])
    table = labelled.table
    assert table["row"].tolist() == table.index.tolist() == [1, 2, 3, 4]
    assert table["given"].tolist() == ["Ab", "1", "", "ab"]
    assert table["stem"].tolist() == ["ab", "", "", "ab"]
    assert table["error"].tolist() == ["", "no word", "empty", ""]
    assert labelled.counted["row"].tolist() == [1, 4]  # without targets a repeat counts too
    assert labelled.notes == (
        "2 of 4 rows cannot be used: row 2, row 3; the column error says why",
    )


def test_the_source_is_not_changed():
    table = DataFrame({"word": ["a", "A"], "y": [1.0, 2.0]}, index=[7, 7])
    before = table.copy()
    labelled = label_rows(table, LAYOUT, stem)
    frame = labelled.to_frame()
    frame["target"] = 0.0
    assert labelled.table["target"].tolist() == [1.5, 2.0]
    assert table.equals(before)


def test_equal_texts_are_read_once():
    seen = []

    def read(text):
        seen.append(text)
        return text

    label_rows(DataFrame({"word": ["a", "b", " a"]}), LAYOUT, read)
    assert seen == ["a", "b"]


@pytest.mark.parametrize(
    ("columns", "target"),
    [
        ({"Length": [1, 2, 3], "y": [9, 9, 9]}, "Length"),
        ({"weight": [1, 2, 3], "length": [9, 9, 9]}, "length"),
        ({"a": [1, 2, 3]}, "a"),
        ({"a": [1, 2, 3], "id": [7, 8, 9], "year": [1990, 1991, 1992], "nick": [4, 5, 6]}, "a"),
        ({"a": [True, False, True], "b": ["x", "y", "z"]}, "a"),
        ({"b": ["1", "2", "3"]}, "b"),
        ({}, None),
    ],
)
def test_the_target_is_found(columns, target):
    labelled = label(**columns)
    assert labelled.target == target
    assert labelled.notes == ()
    expected = [np.nan] * 3 if target is None else np.array(columns[target], float)
    np.testing.assert_array_equal(labelled.table["target"], expected)


def test_an_unclear_target_is_left_out_with_a_note_and_can_be_chosen():
    table = DataFrame({"word": ["a", "b"], "p": [1, 2], "q": [3.0, None], 5: [1, 2]})
    labelled = label_rows(table, LAYOUT, stem)
    assert labelled.target is None
    assert labelled.notes == (
        "no target was read, as it may be any of 'p', 'q', '5': choose one by its name",
    )
    with pytest.raises(DataError, match=r"no row has a target to learn from \(no target was read"):
        labelled.measured()
    chosen = label_rows(table, LAYOUT, stem, target="Q")
    assert (chosen.target, chosen.measured()["row"].tolist()) == ("q", [1])
    assert label_rows(table, LAYOUT, stem, target="5").target == "5"


@pytest.mark.parametrize(
    "values",
    [[True, None, False], ["1", "", "0"], [1, None, 0], Series([1, None, 0], dtype="Int64")],
)
def test_targets_with_gaps(values):
    np.testing.assert_array_equal(label(y=values).table["target"], [1.0, np.nan, 0.0])


def test_a_target_with_text_names_the_rows():
    with pytest.raises(
        DataError, match=r"t: column 'y' is not a number at 1 of 3 .*row 2 \('high'\)"
    ):
        label(y=["1", "high", "2"])
    with pytest.raises(DataError, match=r"column 'y' is infinite at 1 of 3 rows: row 3"):
        label(y=[1, 2, np.inf])
    with pytest.raises(DataError, match=r"no column 'z' among 'word'"):
        label_rows(DataFrame({"word": ["a"]}), LAYOUT, stem, target="z")


def test_a_row_whose_reader_says_why_keeps_that_reason():
    table = DataFrame({"word": ["a", ""], "_error": [None, "burnt"], "y": [1, 2]})
    assert label_rows(table, LAYOUT, stem).table["error"].tolist() == ["", "burnt"]


@pytest.mark.parametrize("columns", [["Ab"], ["Ab", "1.5"], ["Ab", "<2", "3e5"], ["1x", "1.5"]])
def test_a_first_row_of_data_is_no_header(columns):
    table = DataFrame([["a", 1, 2], ["b", 2, 3]]).iloc[:, : len(columns)].set_axis(columns, axis=1)
    message = r"t: the names of the columns \('.*'\) look like a row of data\. Expected names"
    with pytest.raises(DataError, match=message):
        label_rows(table, LAYOUT, stem, where="t")
    with pytest.raises(DataError, match=message):
        label_rows(table, LAYOUT, stem, where="t", known=False)
    assert len(label_rows(table, LAYOUT, stem, thing=columns[0]).table) == 2
    assert len(label_rows(table.set_axis(range(len(columns)), axis=1), LAYOUT, stem).table) == 2


def test_rows_to_be_predicted_have_no_targets():
    table = DataFrame({"word": ["a", "A", "b"], "y": [1, 0, "high"]})
    labelled = label_rows(table, LAYOUT, stem, known=False)
    assert labelled.table["target"].isna().all()
    assert (len(labelled.counted), labelled.target, labelled.notes) == (3, None, ())


def test_names_and_years():
    table = label(Name=["x ", None, "<script>"], approval_year=[1990, None, 2000]).table
    assert table["name"].tolist() == ["x", "", "<script>"]
    np.testing.assert_array_equal(table["year"], [1990, np.nan, 2000])
    assert label(name=["x", "y", "z"], nick=[1, 2, 3]).table["name"].tolist() == ["1", "2", "3"]


def test_parts():
    assert label(split=["Train", "TEST", None]).table["part"].tolist() == ["train", "test", ""]
    odd = label(part=["train", "leaf", "test"])
    assert odd.table["part"].tolist() == ["", "", ""]
    assert odd.notes == ("column 'part' holds more than train and test: it is not used",)


def test_what_is_no_unicode_is_replaced():
    table = DataFrame({"word": Series(["a", "b\udcff"], dtype="object")})
    assert label_rows(table, LAYOUT, stem).table["given"].tolist() == ["a", "b?"]


def test_the_column_is_found_by_what_it_holds():
    table = DataFrame({"code": ["1", "2", "x"], "what": ["a", "b", "3"], "n": [1, 2, 3]})
    assert label_rows(table, LAYOUT, stem).table["given"].tolist() == ["a", "b", "3"]
    assert label_rows(table, LAYOUT, stem, thing="Code").table["given"].tolist() == ["1", "2", "x"]
    with pytest.raises(DataError, match="more than one column holds stem, among 'what', 'other'"):
        label_rows(table.assign(other="x"), LAYOUT, stem)
    with pytest.raises(DataError, match=r"no column holds stem, among 'n'.*name it 'word'"):
        label_rows(table[["n"]], LAYOUT, stem)
    with pytest.raises(DataError, match="no column 'x' among 'code', 'what', 'n'"):
        label_rows(table, LAYOUT, stem, thing="x")


def test_a_column_twice():
    table = DataFrame([["a", "b", 1.0]], columns=["word", "word", "y"])
    with pytest.raises(DataError, match="'word' stands there twice"):
        label_rows(table, LAYOUT, stem)


def test_repeats_are_merged_into_the_first_with_the_mean():
    labelled = label(["a", "b", "A", "a", "a"], y=[1.0, 5.0, 2.0, 6.0, None])
    assert labelled.table["duplicate_of"].tolist() == [0, 0, 1, 1, 0]
    assert labelled.table["target"].tolist()[:4] == [3.0, 5.0, 2.0, 6.0]
    assert labelled.counted["row"].tolist() == [1, 2, 5]
    assert labelled.measured()["row"].tolist() == [1, 2]
    assert labelled.notes == (
        "2 rows repeat a word: the first has the mean target (up to 5 apart)",
    )


def test_rows_of_the_test_part_are_dropped_from_the_rest():
    labelled = label(
        ["a", "b", "a", "a", "c", "a", "c"],
        y=[1.0, 2.0, 3.0, 5.0, 4.0, 9.0, None],
        part=["train", "train", "test", "test", "train", "", "test"],
    )
    assert labelled.table["duplicate_of"].tolist() == [3, 0, 0, 3, 0, 3, 0]
    assert labelled.table["target"].tolist()[:6] == [1.0, 2.0, 4.0, 5.0, 4.0, 9.0]
    assert labelled.notes == (
        "2 rows repeat a word of the test part: they do not count",
        "1 rows repeat a word: the first has the mean target (up to 2 apart)",
    )


def test_classes_in_conflict_are_not_used():
    labelled = label(["a", "b", "A", "b"], y=[1, 0, 0, 0])
    message = "the same word has targets 0 and 1: neither is used"
    assert labelled.table["error"].tolist() == [message, "", message, ""]
    assert labelled.table["duplicate_of"].tolist() == [0, 0, 0, 2]
    assert "2 rows are of a word with targets 0 and 1: not used" in labelled.notes


ROWS = st.tuples(
    st.sampled_from("abcABC1"),
    st.sampled_from([None, 1.0, 2.0, 4.0]),
    st.sampled_from(["train", "test", ""]),
)


@given(st.lists(ROWS, min_size=1, max_size=12))
def test_each_thing_counts_once_and_in_one_part(rows):
    words, targets, parts = zip(*rows, strict=True)
    labelled = label(words, y=Series(targets, dtype="float64"), part=list(parts))
    table, known = labelled.table, labelled.counted.dropna(subset="target")
    assert table["given"].tolist() == list(words)
    assert known["stem"].is_unique
    assert set(known["stem"]) == {w.lower() for w, y, _ in rows if w != "1" and y is not None}
    assert set(labelled.counted.loc[labelled.counted["target"].isna(), "row"]) == {
        i for i, (w, y, _) in enumerate(rows, 1) if w != "1" and y is None
    }
    for row in known.itertuples():
        same = [(y, p) for w, y, p in rows if w.lower() == row.stem and y is not None]
        tested = [y for y, p in same if p == "test"]
        assert row.target == pytest.approx(np.mean(tested or [y for y, _ in same]))
        assert (row.part == "test") == bool(tested)
    for row in table[table["duplicate_of"] > 0].itertuples():
        counted = table.loc[row.duplicate_of]
        assert (counted["stem"], counted["duplicate_of"]) == (row.stem, 0)
