"""Reading of tables and declared schemas."""

import datetime as dt
import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame, Series
from pandas.testing import assert_frame_equal, assert_series_equal

from qmann_core.data.tables import (
    Column,
    describe_rows,
    find_column,
    list_names,
    name_source,
    need_column,
    read_table,
    validate,
)
from qmann_core.errors import DataError

FRAME = DataFrame({"day": ["2024-01-02", "2024-01-03"], "value": [0.1, 1e-300]})
DATES = (Column("day", "date"),)


def parse(days):
    return validate(DataFrame({"day": days}), DATES)["day"].dt.strftime("%Y-%m-%d").tolist()


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "T.CSV", "t.parquet"])
def test_files_round_trip(tmp_path, name):
    path = tmp_path / name
    FRAME.to_parquet(path) if name.endswith("parquet") else FRAME.to_csv(path, index=False)
    assert_frame_equal(read_table(path), FRAME)
    assert_frame_equal(read_table(str(path)), FRAME)


def test_data_in_memory_come_back_unchanged():
    assert read_table(FRAME) is FRAME
    assert_frame_equal(read_table(FRAME["value"]), FRAME[["value"]])


def test_two_header_lines(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,a\nx,y\n1,2\n")
    assert read_table(path, header=[0, 1]).columns.tolist() == [("a", "x"), ("a", "y")]


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: no such file\. .*: check the path"):
        read_table(tmp_path / "none.csv")


def test_folder(tmp_path):
    with pytest.raises(DataError, match=r"this is a folder\. .*: name one file"):
        read_table(tmp_path)


def test_unknown_suffix(tmp_path):
    (tmp_path / "t.xls").write_bytes(b"x")
    with pytest.raises(DataError, match=r"unknown format\. Expected .*\.csv, \.csv\.gz or \.parq"):
        read_table(tmp_path / "t.xls")


@pytest.mark.parametrize("content", ["", "a,b\n"])
def test_file_without_rows(tmp_path, content):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(DataError, match=r"t\.csv: the (file|table) is empty\. .* at least one row"):
        read_table(tmp_path / "t.csv")


def test_frame_without_rows():
    with pytest.raises(DataError, match="DataFrame: the table is empty"):
        read_table(FRAME.iloc[:0])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", b"\xff\xfe\x00abc,\x80\n"),
        ("t.csv", b"a,b\n1,2\n5,6,7,8,9\n"),
        ("t.csv", b"\n\n"),
        ("t.csv.gz", b"not gzip"),
        ("t.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 100, mtime=0)[:-20]),
        ("t.parquet", b"not parquet"),
    ],
)
def test_unreadable_file(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=r"cannot be read \(.+\)\. .*: save the file again"):
        read_table(tmp_path / name)


def test_parquet_without_its_reader(tmp_path, monkeypatch):
    FRAME.to_parquet(tmp_path / "t.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    monkeypatch.setitem(sys.modules, "fastparquet", None)
    with pytest.raises(DataError, match="needs pyarrow"):
        read_table(tmp_path / "t.parquet")


def test_validate_converts_declared_columns_in_declared_order():
    schema = (Column("b", "text"), Column("a"), Column("c", required=False))
    frame = DataFrame({"a": ["1.5", "2"], "x": [0, 0], "b": [7, 8]}, index=[10, 20])
    expected = DataFrame({"b": ["7", "8"], "a": [1.5, 2.0]}, index=[10, 20])
    assert_frame_equal(validate(frame, schema), expected)


def test_validate_leaves_its_argument_alone():
    frame = FRAME.copy()
    validate(frame, DATES)
    assert_frame_equal(frame, FRAME)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e300, 1e300), min_size=1))
def test_numbers_survive_as_text(numbers):
    frame = DataFrame({"a": [repr(x) for x in numbers]})
    got = validate(frame, (Column("a"),))["a"]
    np.testing.assert_array_almost_equal_nulp(got.to_numpy(), np.array(numbers), nulp=1)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)), min_size=1),
    st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d 00:00:00", "%m/%d/%Y"]),
)
def test_dates_survive_as_text(days, form):
    assert parse([d.strftime(form) for d in days]) == [d.isoformat() for d in days]


@pytest.mark.parametrize(
    "days",
    [
        ["1/2/2024", "1/13/2024"],
        ["02/01/2024", "13/01/2024"],
        ["02.01.2024", "13.01.2024"],
        ["Jan 2, 2024", "Jan 13, 2024"],
        [20240102, 20240113],
        [dt.date(2024, 1, 2), dt.date(2024, 1, 13)],
        pd.PeriodIndex(["2024-01-02", "2024-01-13"], freq="D"),
        pd.DatetimeIndex(["2024-01-02", "2024-01-13"], tz="Asia/Tokyo"),
        ["2024-01-02T00:00:00+09:00", "2024-01-13T00:00:00+09:00"],
    ],
)
def test_dates_as_people_write_them(days):
    assert parse(days) == ["2024-01-02", "2024-01-13"]


def test_dates_with_summer_time_are_those_of_the_wall_clock():
    days = ["2024-03-08 00:00:00-05:00", "2024-03-11 00:00:00-04:00"]
    assert parse(days) == ["2024-03-08", "2024-03-11"]


@pytest.mark.parametrize("days", [["", " "], [None, None], [np.nan, np.nan]])
def test_dates_that_are_all_missing(days):
    with pytest.raises(DataError, match=r"'day' is (empty|not a date) at 2 of 2 rows"):
        parse(days)


@pytest.mark.parametrize("year", ["0000", "10000"])
def test_years_of_no_calendar(year):
    with pytest.raises(DataError, match=r"'day' is not a date at 1 of 2 rows: row 1"):
        parse(["2024-01-02", f"{year}-01-03"])


@pytest.mark.parametrize("wrong", ["soon", "2024-13-40", "1.5"])
def test_unparseable_dates_name_rows(wrong):
    days = [wrong, "2024-01-03", wrong, "2024-01-05"]
    with pytest.raises(DataError, match=rf"'day' is not a date at 2 of 4 rows: row 0 \('{wrong}'"):
        parse(days)


@pytest.mark.parametrize("numbers", [[1.5, 2.5], [0, 1], [1704153600, 1704240000], [True, False]])
def test_numbers_are_not_dates(numbers):
    with pytest.raises(DataError, match="'day' is not a date at 2 of 2 rows"):
        parse(numbers)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, None, 2.0], r"'a' is empty at 1 of 3 rows: row 1 \(nan\)"),
        ([1.0, np.inf, 2.0], r"'a' is infinite at 1 of 3 rows: row 1 \(inf\)"),
        (["1", "1,000", "x"], r"is not a number at 2 of 3 rows: row 1 \('1,000'\), row 2 \('x'\)"),
        ([0.0, 1.0, -2.0], r"'a' is not positive at 2 of 3 rows: row 0 \(0\.0\), row 2 \(-2\.0\)"),
        ([True, False, True], "is not a number at 3 of 3"),
        (pd.date_range("2024", periods=3), r"not a number at 3 of 3 rows: row 0 \(2024-01-01\)"),
    ],
)
def test_wrong_numbers_name_the_column_and_rows(values, message):
    schema = (Column("a", positive=True),)
    with pytest.raises(DataError, match=message + ".* Expected positive finite numbers: correct"):
        validate(DataFrame({"a": values}), schema)


def test_rows_are_named_by_date_where_the_index_has_dates():
    frame = DataFrame({"a": [1.0, np.nan]}, index=pd.to_datetime(["2024-01-02", "2024-01-03"]))
    with pytest.raises(DataError, match=r"t\.csv: .* rows: 2024-01-03 \(nan\)"):
        validate(frame, (Column("a"),), where="t.csv")


def test_missing_column_lists_the_others():
    with pytest.raises(DataError, match=r"no column 'b' among 'day', 'value'. .*: rename or add"):
        validate(FRAME, (Column("b"),))


def test_column_twice():
    with pytest.raises(DataError, match="'value' stands there 2 times"):
        validate(pd.concat([FRAME, FRAME], axis="columns"), (Column("value"),))


def test_only_the_first_rows_are_described():
    text = describe_rows(Series(["a"] * 5, index=range(1, 6)), np.array([0, 1, 1, 1, 1], bool))
    assert text == "row 2 ('a'), row 3 ('a'), row 4 ('a') and 1 more"
    assert list_names(["x", 2, "y"], limit=2) == "'x', '2' and 1 more"


def test_nullable_columns_are_read():
    frame = DataFrame({"a": Series([1, 2], dtype="Int64")})
    assert_series_equal(
        validate(frame, (Column("a"),))["a"], Series([1.0, 2.0], name="a", dtype="float64")
    )


def lines(text):
    if "?" in text:
        raise ValueError("a question")
    return DataFrame({"line": text.splitlines()})


@pytest.mark.parametrize("name", ["t.txt", "T.TXT", "t.txt.gz"])
def test_further_formats_are_read_as_text(tmp_path, name):
    content = "\ufeffä\nb\n".encode()
    packed = gzip.compress(content, mtime=0) if name.endswith("gz") else content
    (tmp_path / name).write_bytes(packed)
    table = read_table(tmp_path / name, readers={".txt": lines})
    assert_frame_equal(table, DataFrame({"line": ["ä", "b"]}))
    with pytest.raises(DataError, match="unknown format"):
        read_table(tmp_path / name)


def test_unknown_suffix_lists_further_formats(tmp_path):
    with pytest.raises(
        DataError,
        match=r"ending in \.txt, \.txt\.gz, \.tsv, \.xlsx, \.xpt, \.csv, \.csv\.gz or \.parquet",
    ):
        read_table(tmp_path / "none", readers={".txt": lines})


@pytest.mark.parametrize("content", [b"what?", b"\xff\xfe\x80", b"\x89PNG\r\n"])
def test_what_a_further_format_cannot_read(tmp_path, content):
    (tmp_path / "t.txt").write_bytes(content)
    with pytest.raises(DataError, match=r"t\.txt: cannot be read \(.+\)\. .*save the file again"):
        read_table(tmp_path / "t.txt", readers={".txt": lines})


def test_gaps_are_read_as_missing_where_they_may_be():
    schema = (Column("a", gaps=True), Column("b", "text", gaps=True))
    frame = DataFrame({"a": ["1.5", " ", None], "b": ["x", "", None]})
    expected = DataFrame({"a": [1.5, np.nan, np.nan], "b": ["x", None, None]})
    assert_frame_equal(validate(frame, schema), expected, check_dtype=False)


def test_gaps_do_not_hide_wrong_values():
    with pytest.raises(DataError, match=r"'a' is not a number at 1 of 3 rows: row 2 \('high'\)"):
        validate(DataFrame({"a": ["1.5", "", "high"]}), (Column("a", gaps=True),))


def test_columns_are_found_in_the_order_of_the_names():
    columns = DataFrame(columns=["ID", " Close ", "close", 3]).columns
    assert find_column(columns, ("price", "close", "id")) == " Close "
    assert find_column(columns, ("id",)) == "ID"
    assert find_column(columns, ("price",)) is None
    assert need_column(columns, "3") == 3
    with pytest.raises(DataError, match=r"t: no column 'x' among 'ID'.*correct the name"):
        need_column(columns, "x", where="t")


def test_sources_have_names():
    assert [name_source(s) for s in ("a/b.csv", Path("b.csv"), FRAME, [1])] == [
        "b.csv",
        "b.csv",
        "DataFrame",
        "list",
    ]
