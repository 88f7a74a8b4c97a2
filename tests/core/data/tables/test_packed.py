"""Excel and Parquet: what is read of them, and what is refused before it fills the memory."""

import io
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from pandas import DataFrame

from qmann_core.data.tables import read_noted, read_table
from qmann_core.errors import DataError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
DAYS = pd.bdate_range("2024-01-01", periods=4)
TABLE = DataFrame({"Datum": DAYS, "id": ["0700", "7E8", "NA", "x"], "wert": [1.5, np.nan, 3, 4]})


def refused(path, told):
    with pytest.raises(DataError, match=r"cannot be read \(") as caught:
        read_table(path)
    assert told in str(caught.value)
    assert len(str(caught.value)) <= 300


@pytest.mark.parametrize("above", [0, 2])
def test_the_first_sheet_of_a_workbook_is_read(tmp_path, above):
    path = tmp_path / "t.xlsx"
    with pd.ExcelWriter(path) as book:
        TABLE.to_excel(book, sheet_name="Preise", index=False, startrow=above)
        TABLE.to_excel(book, sheet_name="more")
    table, notes = read_noted(path)
    assert table["Datum"].tolist() == [f"{day:%Y-%m-%d}" for day in DAYS]
    assert table["id"].tolist() == ["0700", "7E8", "NA", "x"]
    np.testing.assert_array_equal(table["wert"], TABLE["wert"])
    assert notes == ("the first of 2 sheets is read: 'Preise'",)
    assert read_table(io.BytesIO(path.read_bytes())).equals(table)


def test_excel_without_its_reader(tmp_path, monkeypatch):
    TABLE.to_excel(tmp_path / "t.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(DataError, match=r'needs openpyxl\. Install it \(pip install "qmann-core\['):
        read_table(tmp_path / "t.xlsx")


def test_a_workbook_that_unpacks_to_far_more_is_refused(tmp_path):
    TABLE.to_excel(tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx", "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/more.xml", b" " * 2**25)
    refused(tmp_path / "t.xlsx", "it has more than 16 MB, unpacked")


@pytest.mark.parametrize("content", [b"x", b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 99])
@pytest.mark.parametrize("name", ["t.xlsx", "t.parquet"])
def test_what_is_no_workbook_and_no_parquet(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, "or damaged")


def test_a_workbook_of_other_parts(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as packed:
        packed.writestr("[Content_Types].xml", "<a/>")
    refused(tmp_path / "t.xlsx", "workbook")


@pytest.mark.parametrize("about", [b"nonsense", b'{"index_columns": [3], "columns": 5}', b"\xff"])
def test_parquet_whose_description_is_damaged(tmp_path, about):
    table = pa.table({"a": [1.5, 2.5]}).replace_schema_metadata({b"pandas": about})
    pq.write_table(table, tmp_path / "t.parquet")
    refused(tmp_path / "t.parquet", "it is no Parquet file, or damaged")


def test_parquet_with_text_that_is_none(tmp_path):
    raw = pa.array([b"\xff\xfe"] * 3, pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    pq.write_table(pa.table({"a": text}), tmp_path / "t.parquet")
    refused(tmp_path / "t.parquet", "it is no Parquet file, or damaged")


def test_parquet_of_few_bytes_and_many_rows_is_refused(tmp_path):
    column = pa.nulls(30_000_000, pa.int8())
    pq.write_table(pa.table({"a": column}), tmp_path / "t.parquet")
    assert (tmp_path / "t.parquet").stat().st_size < 10**6
    refused(tmp_path / "t.parquet", "it has more than 200 MB, unpacked")
