"""Rows that are no series: their standard form, target, name, part, fold, and repeats."""

from dataclasses import replace

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


def label(words=("a", "b", "c"), *, options=None, merged="mean", **columns) -> Labelled:
    table = DataFrame({"word": list(words), **columns})
    layout = replace(LAYOUT, merged=merged)
    return label_rows(table, layout, stem, where="t", **(options or {}))


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


@pytest.mark.parametrize(
    ("columns", "fold", "notes"),
    [
        ({"Fold": [0, 1, 0]}, [0, 1, 0], ()),
        ({"fold": ["2", None, "1.0"]}, [2, np.nan, 1], ()),
        ({"fold": [-1, 0, 1]}, [np.nan, 0, 1], ()),  # as others write that it is never tested
        ({"split": [3, 3, 4]}, [3, 3, 4], ()),
        ({"fold": [None, "", "NA"]}, [np.nan] * 3, ()),
        ({"fold": [0.5, 1, 2]}, [np.nan] * 3, ("'fold' holds more than whole numbers",)),
        ({"fold": ["a", "1", "2"]}, [np.nan] * 3, ("'fold' holds more than whole numbers",)),
        ({"fold": [True, False, True]}, [np.nan] * 3, ("'fold' holds more than whole numbers",)),
        ({"fold": [1, 2, 3], "part": [1, 2, 4]}, [1, 2, 3], ("'part' holds more than train and",)),
        ({"part": ["train", "", "test"], "fold": [1, 2, 3]}, [1, 2, 3], ()),
    ],
)
def test_folds(columns, fold, notes):
    labelled = label(**columns)
    np.testing.assert_array_equal(labelled.table["fold"], fold)
    assert labelled.target is None
    assert len(labelled.notes) == len(notes)
    for told, expected in zip(labelled.notes, notes, strict=True):
        assert told.startswith(f"column {expected}")
        assert told.endswith(": it is not used")


def test_a_fold_that_is_named_as_target_is_no_fold():
    labelled = label(fold=[2.5, 1, 3], options={"target": "fold"})
    assert (labelled.target, labelled.notes) == ("fold", ())
    assert labelled.table["target"].tolist() == [2.5, 1, 3]
    assert labelled.table["fold"].isna().all()


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


@pytest.mark.parametrize(("merged", "target"), [("mean", 4.0), ("median", 2.0)])
def test_the_first_gets_what_the_layout_says(merged, target):
    labelled = label(["a", "A", "a", "b"], y=[1.0, 9.0, 2.0, 7.0], merged=merged)
    assert labelled.counted["target"].tolist() == [target, 7.0]
    assert labelled.notes == (
        f"2 rows repeat a word: the first has the {merged} target (up to 8 apart)",
    )


def test_different_classes_of_a_thing_are_not_used():
    words, y = ["a", "b", "A", "b", "c"], [1, 2, 2, 2, 0]
    assert label(words, y=y).table["target"].tolist() == [1.5, 2, 2, 2, 0]
    labelled = label(words, y=y, options={"classes": True})
    message = "the same word has targets of two classes: none is used"
    assert labelled.table["error"].tolist() == [message, "", message, "", ""]
    assert labelled.table["duplicate_of"].tolist() == [0, 0, 0, 2, 0]
    assert labelled.notes[-1] == "2 rows are of a word with targets of two classes: not used"
    binary = {"words": ["a", "A"], "y": [1, 0]}
    assert label(**binary, options={"classes": True}).notes == label(**binary).notes
    assert label(**binary, options={"classes": False}).counted["target"].tolist() == [0.5]


def test_what_stands_along_says_with_the_key_what_a_row_is():
    heat, how = [25, None, 25.0, None, "25", 600], ["x", "x", "x ", "x", "y", None]
    columns = {"heat": heat, "how": how, "y": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}
    labelled = label("aaAaaa", **columns, options={"along": ["heat", "how"]})
    assert labelled.table["duplicate_of"].tolist() == [0, 0, 1, 2, 0, 0]
    assert labelled.counted["target"].tolist() == [2, 3, 5, 6]
    assert labelled.target == "y"
    assert labelled.table[["heat", "how"]].equals(
        DataFrame({"heat": heat, "how": how}, index=range(1, 7))
    )
    same = label("aa", heat=["RT", "rt"], y=[1, 2], options={"along": ["heat"]})
    assert len(same.counted) == 2  # words are as they are written


def test_what_stands_along_is_neither_key_nor_target():
    table = DataFrame({"weight": [1, 2], "what": ["a", "b"], "how": ["c", "d"], "n": [3, 4]})
    labelled = label_rows(table, LAYOUT, stem, along=["weight", "how"])
    assert labelled.table["given"].tolist() == ["a", "b"]
    assert (labelled.target, labelled.table["target"].tolist()) == ("n", [3, 4])
    with pytest.raises(DataError, match="t: no column 'heat' among 'word'"):
        label(options={"along": ["heat"]})
    with pytest.raises(DataError, match=r"t: 'year' cannot say what a row is, .*: rename it"):
        label(year=[1, 2, 3], options={"along": ["year"]})


def test_a_thing_is_tested_in_one_fold():
    labelled = label(
        ["a", "b", "A", "a", "c", "c", "b"],
        y=[1.0, 2.0, 3.0, 9.0, 4.0, 6.0, None],
        fold=[0, 1, 0, 1, None, 1, 0],
    )
    assert labelled.table["duplicate_of"].tolist() == [0, 0, 1, 1, 6, 0, 0]
    assert labelled.counted["target"].tolist()[:3] == [2.0, 2.0, 6.0]
    assert labelled.notes == (
        "2 rows repeat a word of another fold: they do not count",
        "1 rows repeat a word: the first has the mean target (up to 2 apart)",
    )


ROWS = st.tuples(
    st.sampled_from("abcABC1"),
    st.sampled_from([None, 1.0, 2.0, 4.0]),
    st.sampled_from(["train", "test", ""]),
    st.sampled_from([None, 0.0, 1.0]),
    st.sampled_from([None, "x"]),
)


@given(st.lists(ROWS, min_size=1, max_size=12), st.sampled_from(["mean", "median"]))
def test_each_thing_counts_once_and_in_one_part_and_fold(rows, merged):
    words, targets, parts, folds, how = map(list, zip(*rows, strict=True))
    labelled = label(
        words,
        merged=merged,
        y=Series(targets, dtype="float64"),
        part=parts,
        fold=Series(folds, dtype="float64"),
        how=Series(how, dtype="object"),
        options={"along": ["how"]},
    )
    table, known = labelled.table, labelled.counted.dropna(subset="target")
    assert table["given"].tolist() == words
    things = list(zip(known["stem"], known["how"], strict=True))
    assert len(things) == len(set(things))
    assert set(things) == {(w.lower(), h) for w, y, _, _, h in rows if w != "1" and y is not None}
    assert set(labelled.counted.loc[labelled.counted["target"].isna(), "row"]) == {
        i for i, (w, y, *_) in enumerate(rows, 1) if w != "1" and y is None
    }
    for row in known.itertuples():
        same = [
            (y, p, f)
            for w, y, p, f, h in rows
            if (w.lower(), h) == (row.stem, row.how) and y is not None
        ]
        tested = [each for each in same if each[1] == "test"]
        home = next((f for _, _, f in tested or same if f is not None), None)
        values = [y for y, _, f in tested or same if f == home]
        assert row.target == pytest.approx(getattr(np, merged)(values))
        assert (row.part == "test") == bool(tested)
        np.testing.assert_equal(row.fold, np.nan if home is None else home)
    for row in table[table["duplicate_of"] > 0].itertuples():
        counted = table.loc[row.duplicate_of]
        assert (counted["stem"], counted["how"], counted["duplicate_of"]) == (row.stem, row.how, 0)
