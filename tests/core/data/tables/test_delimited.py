"""Text with fields in lines, as people and programs write it."""

import io

import pandas as pd
import pytest
from pandas import DataFrame
from pandas.testing import assert_frame_equal

from qmann_core.data.tables import read_noted, read_table
from qmann_core.errors import DataError

PLAIN = "day,value\n2024-01-02,1.5\n2024-01-03,2.5\n"
TABLE = DataFrame({"day": ["2024-01-02", "2024-01-03"], "value": [1.5, 2.5]})


def noted(content, **more):
    return read_noted(io.StringIO(content), **more)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (PLAIN.replace(",", ";"), "fields are separated by semicolons"),
        (PLAIN.replace(",", ";").replace(".", ","), "fields are separated by semicolons"),
        (PLAIN.replace(",", "\t"), "fields are separated by tabs"),
        (PLAIN.replace(",", "|"), "fields are separated by bars"),
        ("ACME, Inc.\n\n" + PLAIN.replace(",", ";"), "lines above the headings left out: 'ACME,"),
        ("Prices of ACME\n\n" + PLAIN, "lines above the headings left out: 'Prices of ACME'"),
        ("# from, a, shop\n# today\n" + PLAIN, "left out: '# from a shop', '# today'"),
    ],
)
def test_what_is_not_plain_is_read_and_said(text, note):
    table, notes = noted(text)
    assert_frame_equal(table, TABLE)
    assert note in notes[0]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace("\n", ",\n"),
        PLAIN.replace("5\n", "5,\n"),
        PLAIN.replace("5\n", "5,,,\n"),
        "\n\n" + PLAIN + "\n\n",
        PLAIN.replace(",", ", "),
        PLAIN + "\x1a",
        '"day","value"\n"2024-01-02","1.5"\n"2024-01-03",2.5\n',
    ],
)
def test_what_says_the_same_in_another_way_needs_no_note(text):
    table, notes = noted(text)
    assert_frame_equal(table, TABLE)
    assert notes == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings(tmp_path, encoding):
    (tmp_path / "t.csv").write_bytes("größe,preis\n1.5,2.5\n".encode(encoding))
    table, notes = read_noted(tmp_path / "t.csv")
    assert table.to_dict("list") == {"größe": [1.5], "preis": [2.5]}
    assert notes == ()


def test_other_encodings_are_not_guessed(tmp_path):
    (tmp_path / "t.csv").write_bytes("größe,preis\n1.5,2.5\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"t.csv: .*byte 2 is 0xf6, which is no UTF-8: save it as"):
        read_noted(tmp_path / "t.csv")


def test_names_that_stand_twice_are_kept_twice():
    assert noted("a,a\n1,2\n")[0].columns.tolist() == ["a", "a"]


def test_a_saved_index_has_no_heading_and_empty_columns_are_no_columns():
    assert noted(",a,,\n0,1,,\n1,2,,\n")[0].columns.tolist() == ["Unnamed: 0", "a"]


@pytest.mark.parametrize("name", ["symbol", "Symbol", "SYMBOL "])
def test_cells_of_identifiers_stay_as_they_are(name):
    cells = ["0700", "7E8", "TRUE", "NA", "nan", "1.50", "1,000"]
    rows = "".join(f'"{cell}",1\n' for cell in cells)
    table, _ = noted(f"{name},x\n{rows}", text=("symbol",))
    assert table.iloc[:, 0].tolist() == cells


def test_what_is_called_a_name_is_kept_as_it_is():
    table, _ = noted("ID,cid,y\n7E8,7E8,7E8\n0001,,1\n")
    assert table.astype("str").to_numpy().tolist()[0] == ["7E8", "700000000.0", "700000000.0"]


def test_two_lines_of_headings_are_known_by_the_third():
    text = "Price,Close,Close\nTicker,A,B\nDate,,\n2024-01-02,1.5,2\n"
    table, _ = noted(text, times=("date",))
    assert table.columns.tolist() == [("Price", "Ticker"), ("Close", "A"), ("Close", "B")]
    assert table.iloc[1].tolist() == ["2024-01-02", 1.5, 2]
    assert noted(text)[0].columns.tolist() == ["Price", "Close", "Close"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n5,6,7\n", "row 2 has 3 fields where the headings are 2"),
        ("a,b\n" + "1,2\n" * 300 + "5,6,7,8\n", "line 302 has 4 fields where the headings are 2"),
        ("date,close\n2024-01-02,1,5\n", "row 1 has 3 fields where the headings are 2"),
        ("smiles\nCCO,ethanol\n", "row 1 has 2 fields where the headings are 1"),
        ("a,,b\n1,2,3\n", "column 2 has no heading"),
        ('a,b\n1,"2\n' + "3,4\n" * 300, "the quotation mark in row"),
        ("a,b\n1,\0\n", "control characters"),
        ("\n \n", "blank lines alone"),
        (",".join(map(str, range(20_000))) + "\n1\n", "it has 20000 columns, where 5000 are the"),
        ("x" * 200_000, "its first line has more than"),
    ],
)
def test_what_is_no_table_is_refused(text, told):
    with pytest.raises(DataError, match="StringIO: cannot be read") as caught:
        noted(text)
    assert told in str(caught.value)
    assert len(str(caught.value)) <= 300


def test_bytes_and_text_that_are_open_are_read_as_their_content_says(tmp_path):
    for name in ("t.parquet", "t.csv.gz", "t.csv"):
        TABLE.to_parquet(tmp_path / name) if "parq" in name else TABLE.to_csv(
            tmp_path / name, index=False
        )
        assert_frame_equal(read_table(io.BytesIO((tmp_path / name).read_bytes())), TABLE)
        with (tmp_path / name).open("rb") as file:
            assert_frame_equal(read_table(file), TABLE)


@pytest.mark.parametrize("source", [TABLE["value"].to_numpy(), [1, 2], b"a,b", None, pd.Index([1])])
def test_other_data_are_refused_by_their_type(source):
    kind = type(source).__name__
    with pytest.raises(DataError, match=f"got data of type {kind}.*make a DataFrame of it"):
        read_table(source)
