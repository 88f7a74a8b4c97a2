"""Columns of classes: cells as text, classes in order, and what is none."""

import numpy as np
import pytest
from pandas import Series

from qmann_core.data import cells, several_classes
from qmann_core.errors import DataError


def test_cells_are_text_without_marks_of_what_is_missing():
    assert cells(Series([2.0, 0.5, np.nan])).tolist() == ["2", "0.5", np.nan]
    found = cells(Series([" a ", "NA", None, "?", 3, ""], dtype="object"))
    assert found.tolist() == ["a", np.nan, np.nan, np.nan, "3", np.nan]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["b", "a", None, "b"], ("a", "b")),
        (["barbera", "Grignolino"], ("Grignolino", "barbera")),
        (["fault 10", "fault 2", "normal", "NA"], ("fault 2", "fault 10", "normal")),
        ([10.0, -1.0, 2.0, np.nan], ("-1", "2", "10")),
        (["10", "-1", "2", ""], ("-1", "2", "10")),
    ],
)
def test_classes_are_in_order_of_words_and_the_numbers_in_them(values, words):
    found, named = several_classes(Series(values, name="y"), "table")
    assert named == words
    missing = [not str(value).strip() or str(value) in ("nan", "None", "NA") for value in values]
    assert found.isna().tolist() == missing
    whole = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    for number, value in zip(found[~found.isna()], np.array(whole)[~found.isna()], strict=True):
        assert named[int(number)] == value


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", "a", None], "has 1 different words. Expected from 2 to 3 classes of at least 2"),
        (list("abcd") * 2, "has 4 different words"),
        ([1.5, 2.0, 1.5], "has numbers with fractions, which look measured"),
        (["a", "b", "a"], "has 'b' in 1 of 3 rows. .*: put rare ones together, .*; or leave out"),
    ],
)
def test_what_is_no_class_is_refused(values, message):
    with pytest.raises(DataError, match=message):
        several_classes(Series(values), "table", most=3, fewest=2, hint="; or leave out")
