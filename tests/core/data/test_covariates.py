"""Covariates: what columns hold, what is left out or refused, and the features that they become."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas import DataFrame, date_range

from qmann_core.data import covariate_matrix, decide_covariates, read_covariates
from qmann_core.errors import DataError

N = 24
TABLE = DataFrame(
    {
        "temperature": [25.0 + i for i in range(N)],
        "process": ["CAST", "WROUGHT", "POWDER", None] * (N // 4),
        "test": ["C", "T"] * (N // 2),
        "ppm": [str(100 + 7 * i % 50) for i in range(N)],
        "day": date_range("2020-01-01", periods=N).astype(str),
        "lab": "Basel",
        "remark": [f"remark {i}" for i in range(N)],
    },
    index=range(1, N + 1),
)
COLUMNS = {
    "temperature": None,
    "process": ("CAST", "POWDER", "WROUGHT"),
    "test": ("C", "T"),
    "ppm": None,
}


def test_numbers_and_words_are_told_apart_from_the_rest():
    found, notes = decide_covariates(TABLE, (), "t")
    assert found == COLUMNS
    assert notes == (
        "left out, dates, where a number of days or years is wanted: 'day'",
        "left out, the same in every row: 'lab'",
        "left out, more than 12 different words: 'remark'",
    )


def test_a_column_of_few_values_is_left_out():
    """Their mean would tell them."""
    table = DataFrame({"age": np.arange(40.0), "rare": [9.0] * 4 + [np.nan] * 36})
    found, notes = decide_covariates(table, (), "t")
    assert list(found) == ["age"]
    assert notes == ("left out, fewer than 5 values: 'rare'",)


@pytest.mark.parametrize(
    ("name", "why"), [("day", "(dates"), ("lab", "(the same in every row)"), ("remark", "(more")]
)
def test_a_column_that_is_asked_for_is_not_left_out(name, why):
    with pytest.raises(DataError, match=re.escape(f"t: column '{name}' cannot be learned")) as told:
        decide_covariates(TABLE, [name], "t")
    assert why in str(told.value)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("2020-03-01", "t: column 'ppm' holds a date at 1 of 24 rows: row 3 ('2020-03-01')"),
        ("<5", "t: column 'ppm' holds no number at 1 of 24 rows: row 3 ('<5')"),
        ("inf", "t: column 'ppm' holds no number at 1 of 24 rows: row 3 ('inf')"),
    ],
)
def test_cells_that_are_no_numbers_are_named(cell, message):
    table = TABLE.assign(ppm=TABLE["ppm"].where(TABLE.index != 3, cell))
    with pytest.raises(DataError, match=re.escape(message)):
        read_covariates(table, COLUMNS, "t")


@pytest.mark.parametrize("name", ["test", "lead", "temperature"])
def test_log1p_is_of_numbers_from_0(name):
    table = TABLE.assign(temperature=TABLE["temperature"] - 26)
    with pytest.raises(DataError, match=f"t: log1p={name} holds no numbers from 0 alone"):
        read_covariates(table, COLUMNS, "t", log1p=(name,))


def test_a_column_that_is_gone_is_an_error_and_a_new_word_is_missing():
    with pytest.raises(DataError, match="t: no column 'process', which the model reads among"):
        read_covariates(TABLE.drop(columns="process"), COLUMNS, "t")
    frame, notes = read_covariates(TABLE.replace({"test": {"T": "shear"}})[:2], COLUMNS, "t")
    assert frame["test"].isna().tolist() == [False, True]
    assert notes == ("column 'test': words that the fit has not seen are missing: row 2 ('shear')",)


def test_features_have_names_and_keep_gaps():
    frame, notes = read_covariates(TABLE, COLUMNS, "t")
    x, names = covariate_matrix(frame, COLUMNS, ("process",), log1p=("ppm",))
    process, nothing = TABLE["process"], TABLE["process"].isna()
    expected = {
        "temperature": TABLE["temperature"],
        **{f"process {word}": process.eq(word).where(~nothing) for word in COLUMNS["process"]},
        "process missing": nothing,
        "test T": TABLE["test"].eq("T"),
        "ppm": np.log1p(TABLE["ppm"].astype(float)),
    }
    assert (names, notes) == (tuple(expected), ())
    np.testing.assert_array_equal(x, DataFrame(expected).astype(float))


def test_without_columns_there_are_no_features():
    x, names = covariate_matrix(TABLE[[]], {}, ())
    assert (x.shape, names) == ((N, 0), ())


@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=4, max_size=20), st.randoms())
def test_rows_do_not_see_each_other(words, random):
    columns = {"w": ("a", "b", "c"), "n": None}
    table = DataFrame({"w": words, "n": np.arange(len(words))}).astype({"w": "object"})
    order = random.sample(range(len(words)), len(words))
    (x, names), (shuffled, _) = (
        covariate_matrix(read_covariates(rows, columns, "t")[0], columns, ("w",))
        for rows in (table, table.iloc[order])
    )
    assert names == ("w a", "w b", "w c", "w missing", "n")
    np.testing.assert_array_equal(x[order], shuffled)
    np.testing.assert_array_equal(np.nansum(x[:, :4], axis=1), 1)
