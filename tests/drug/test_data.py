"""Molecules read from every source that people have."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame, Index, Series
from pandas.testing import assert_frame_equal
from rdkit import Chem

from qmann_core.errors import DataError
from qmann_drug.data import Molecules, load_molecules

SMILES = ["OCC", "c1ccccc1O ", "C1CC", "CC(=O)[O-].[Na+]", "", "OCC"]
STANDARD = ["CCO", "Oc1ccccc1", "", "CC(=O)O", "", "CCO"]
NAMES = ["ethanol", "phenol", "open ring", "acetate", "nothing", "ethanol again"]
LOGS = [1.1, 0.0, -1.0, 2.0, -2.0, 0.9]
FRAME = DataFrame({"smiles": SMILES, "name": NAMES, "logS": LOGS})
KNOWN = ["smiles", "error", "duplicate_of", "part"]


def sdf(smiles=("OCC", "c1ccccc1O"), names=("ethanol", "phenol"), **properties) -> str:
    """An SD file, written without RDKit's writer of properties."""
    blocks = []
    for i, (text, name) in enumerate(zip(smiles, names, strict=True)):
        mol = Chem.MolFromSmiles(text)
        mol.SetProp("_Name", name)
        data = "".join(f">  <{key}>\n{values[i]}\n\n" for key, values in properties.items())
        blocks.append(Chem.MolToMolBlock(mol) + data + "$$$$\n")
    return "".join(blocks)


def check(molecules: Molecules) -> None:
    table = molecules.table
    assert table["row"].tolist() == [1, 2, 3, 4, 5, 6]
    assert table["smiles"].tolist() == STANDARD
    assert table["error"].ne("").tolist() == [False, False, True, False, True, False]


def test_frame():
    molecules = load_molecules(FRAME)
    check(molecules)
    table = molecules.table
    assert table["name"].tolist() == NAMES
    assert table["given"].tolist() == [text.strip() for text in SMILES]
    assert table["duplicate_of"].tolist() == [0, 0, 0, 0, 0, 1]
    assert table["target"].tolist() == [1.0, *LOGS[1:]]  # the mean of both rows of ethanol
    assert (molecules.target, molecules.source) == ("logS", "DataFrame")
    assert molecules.counted["row"].tolist() == [1, 2, 4]
    assert molecules.notes == (
        "2 of 6 rows cannot be used: row 3, row 5; the column error says why",
        "1 rows repeat a molecule: the first has the mean target (up to 0.2 apart)",
    )


@pytest.mark.parametrize("name", ["m.csv", "m.csv.gz", "M.PARQUET", "m.parquet"])
def test_files_of_tables(tmp_path, name):
    path = tmp_path / name
    FRAME.to_parquet(path) if "arq" in name.lower() else FRAME.to_csv(path, index=False)
    before = path.read_bytes()
    molecules = load_molecules(str(path))
    assert_frame_equal(molecules.table, load_molecules(FRAME).table)
    assert molecules.source == name
    assert path.read_bytes() == before


def test_lists_series_and_molecules():
    expected = load_molecules(FRAME[["smiles"]]).table[KNOWN]
    mols = [Chem.MolFromSmiles(text) for text in SMILES if text not in ("C1CC", "")]
    for source in (SMILES, tuple(SMILES), Series(SMILES), Series(SMILES, name="any", index=NAMES)):
        molecules = load_molecules(source)
        check(molecules)
        assert_frame_equal(molecules.table[KNOWN], expected)
        assert molecules.table["target"].isna().all()
        assert (molecules.target, molecules.table["name"].unique().tolist()) == (None, [""])
    assert load_molecules(mols).table["smiles"].tolist() == [s for s in STANDARD if s]
    assert load_molecules(mols[0]).table["smiles"].tolist() == ["CCO"]
    assert load_molecules(molecules) is molecules


@pytest.mark.parametrize(
    "source",
    [
        np.array(["CCO", "CCC"]),
        Index(["CCO", "CCC"]),
        Series([Chem.MolFromSmiles("OCC"), Chem.MolFromSmiles("CCC")]),
        DataFrame({"ROMol": [Chem.MolFromSmiles("OCC"), Chem.MolFromSmiles("CCC")], "ID": [1, 2]}),
        DataFrame({"m": [Chem.MolFromSmiles("OCC"), Chem.MolFromSmiles("CCC")], "y": [1.0, 2.0]}),
        ["[CH3:1][CH2:2][OH:3]", "[CH3:7]CC"],
        ["[H:4][O:1]CC", "[CH2:12]([CH3:1])[CH3:3]"],
        ["CCO |$;;R$|", "CCC\t|c:1|"],
        ["[CH3:1]CO |atomProp:0.a.b c|", " CCC  |(1,2,;3,4,;)| "],
    ],
)
def test_other_ways_to_write_molecules(source):
    assert load_molecules(source).table["smiles"].tolist() == ["CCO", "CCC"]


def test_one_molecule_in_two_ways_of_writing_does_not_leak():
    for text in ("[CH3:1][CH2:2][OH:3]", "CCO |r|"):
        frame = DataFrame({"smiles": ["CCO", text], "y": [1, 2], "split": ["test", "train"]})
        assert load_molecules(frame).table["duplicate_of"].tolist() == [0, 1]


def test_extensions_are_no_names(tmp_path):
    (tmp_path / "m.smi").write_text("C[C@H](O)F |o1:1| acid, one\nCCO |$;;R$|\nCCC propane |x|\n")
    table = load_molecules(tmp_path / "m.smi").table
    assert table["smiles"].tolist() == ["C[C@H](O)F", "CCO", "CCC"]
    assert table["name"].tolist() == ["acid, one", "", "propane"]


@pytest.mark.parametrize("names", [("m.csv",), ("M.SDF.GZ", "CC"), (Path("m"),)])
def test_a_file_among_molecules_is_no_molecule(names):
    with pytest.raises(DataError, match=r"stands among molecules as a file does.*give it alone"):
        load_molecules(["CCO", *names])


def test_queries_that_repeat_are_all_answered():
    molecules = load_molecules(["CCO", "OCC", "C(O)C"])
    assert molecules.counted["smiles"].tolist() == ["CCO"] * 3
    assert molecules.notes == ()


def test_molecules_with_targets_can_be_asked_for():
    frame = DataFrame({"smiles": ["CCO", "OCC", "CC", "C1"], "y": [0, 1, 1, 0], "name": NAMES[:4]})
    molecules = load_molecules(frame)
    assert molecules.counted["row"].tolist() == [3]
    for source in (molecules, frame, frame.assign(y="unknown")):
        asked = load_molecules(source, known=False)
        assert asked.counted["row"].tolist() == [1, 2, 3]
        assert asked.table["target"].isna().all()
        assert asked.table["name"].tolist() == NAMES[:4]
        assert (asked.target, asked.source) == (None, "DataFrame")


@pytest.mark.parametrize("smiles", ["CCO", "C/C=C/C", "CC.Cl", "[Na+].CC([O-])=O", "C" * 400])
def test_one_smiles(smiles):
    table = load_molecules(smiles).table
    assert (len(table), table["error"].tolist()) == (1, [""])


def test_a_file_without_a_known_suffix_is_no_smiles(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "CCO").write_text("not asked for")
    assert load_molecules("CCO").table["smiles"].tolist() == ["CCO"]


@pytest.mark.parametrize("header", ["", "SMILES\tname\n", "smiles\n", "canonical_smiles id\n"])
@pytest.mark.parametrize("name", ["m.smi", "m.smi.gz"])
def test_smi(tmp_path, header, name):
    text = f"{header}OCC\tethanol\nc1ccccc1O  phenol, pure\n\nC1CC open\nN\r\n"
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    table = load_molecules(path).table
    assert table["smiles"].tolist() == ["CCO", "Oc1ccccc1", "", "N"]
    assert table["name"].tolist() == ["ethanol", "phenol, pure", "open", ""]
    assert table["given"].tolist() == ["OCC", "c1ccccc1O", "C1CC", "N"]


@pytest.mark.parametrize("name", ["m.sdf", "m.sdf.gz"])
def test_sdf(tmp_path, name):
    text = sdf(logS=["1.1", "-0.5"], ID=["7", "8"], comment=["<script>alert(1)</script>", "=1+1"])
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    molecules = load_molecules(path)
    assert molecules.table["smiles"].tolist() == ["CCO", "Oc1ccccc1"]
    assert molecules.table["name"].tolist() == ["ethanol", "phenol"]
    assert molecules.table["target"].tolist() == [1.1, -0.5]
    assert molecules.target == "logS"
    assert load_molecules(path, target="id").table["target"].tolist() == [7.0, 8.0]


def test_sdf_is_what_rdkit_reads(tmp_path):
    smiles = ["C[C@H](N)C(=O)O", "F/C=C/Cl", "[O-][N+](=O)c1ccccc1", "C[N+](C)(C)C.[Br-]"]
    (tmp_path / "m.sdf").write_text(sdf(smiles, ["", "", "", ""]))
    molecules = load_molecules(tmp_path / "m.sdf")
    assert molecules.table["given"].tolist() == [Chem.CanonSmiles(s) for s in smiles]
    assert_frame_equal(
        molecules.table.drop(columns="given"), load_molecules(smiles).table.drop(columns="given")
    )


def test_records_of_an_sdf_that_cannot_be_read_keep_their_place(tmp_path):
    wrong = Chem.MolFromSmiles("C[C](C)(C)(C)C", sanitize=False)
    broken = sdf(["CC"], ["broken"]).replace("  2  1", "  9  9", 1)
    text = sdf() + Chem.MolToMolBlock(wrong, kekulize=False) + "$$$$\n" + broken + sdf(["N"], ["x"])
    (tmp_path / "m.sdf").write_text(text + sdf([""], ["none"]))
    table = load_molecules(tmp_path / "m.sdf").table
    assert table["smiles"].tolist() == ["CCO", "Oc1ccccc1", "", "", "N", ""]
    assert table["name"].tolist() == ["ethanol", "phenol", "", "broken", "x", "none"]
    errors = table["error"].tolist()
    assert "Explicit valence for atom # 1 C, 5" in errors[2]
    assert errors[3] == "not readable as a molfile: Atom line too short: ' 1 2 1 0'"
    assert errors[5] == "empty: no molecule here"


MOLECULENET = {
    "ESOL": (
        {
            "Compound ID": ["a", "b"],
            "ESOL predicted log solubility in mols per litre": [9.0, 9.0],
            "Minimum Degree": [1, 1],
            "measured log solubility in mols per litre": [0.5, 1.5],
            "smiles": ["CCO ", "CC "],
        },
        "measured log solubility in mols per litre",
    ),
    "FreeSolv": (
        {"iupac": ["a", "b"], "smiles": ["CCO", "CC"], "expt": [0.5, 1.5], "calc": [9.0, 9.0]},
        "expt",
    ),
    "Lipophilicity": (
        {"CMPD_CHEMBLID": ["a", "b"], "exp": [0.5, 1.5], "smiles": ["CCO", "CC"]},
        "exp",
    ),
    "BBBP": (
        {"num": [1, 2], "name": ["a", "b"], "p_np": [0, 1], "smiles": ["CCO", "CC"]},
        "p_np",
    ),
    "BACE": (
        {"mol": ["CCO", "CC"], "CID": ["a", "b"], "Class": [0, 1], "pIC50": [9.0, 8.0]},
        "Class",
    ),
}


@pytest.mark.parametrize(("columns", "target"), MOLECULENET.values(), ids=MOLECULENET)
def test_moleculenet(tmp_path, columns, target):
    DataFrame(columns).to_csv(tmp_path / "m.csv", index=False)
    molecules = load_molecules(tmp_path / "m.csv")
    assert molecules.target == target
    assert molecules.table["smiles"].tolist() == ["CCO", "CC"]
    assert molecules.table["target"].tolist() == columns[target]
    if target != "exp":
        assert molecules.table["name"].tolist() in (["a", "b"], ["1", "2"])


def test_tox21_needs_a_target(tmp_path):
    columns = {"NR-AR": [0, None], "SR-p53": [None, 1], "mol_id": ["a", "b"]}
    DataFrame({**columns, "smiles": ["CCO", "CC"]}).to_csv(tmp_path / "tox21.csv", index=False)
    molecules = load_molecules(tmp_path / "tox21.csv")
    assert molecules.target is None
    assert molecules.notes == (
        "no target was read, as it may be any of 'NR-AR', 'SR-p53': choose one by its name",
    )
    chosen = load_molecules(tmp_path / "tox21.csv", target="sr-P53").table
    np.testing.assert_array_equal(chosen["target"], [np.nan, 1])


@pytest.mark.parametrize("name", ["SMILES", "Smiles", "canonical_smiles", "Structure", "mol", "x"])
def test_the_column_of_smiles_is_found(name):
    frame = FRAME.rename(columns={"smiles": name})
    assert load_molecules(frame).table["smiles"].tolist() == STANDARD
    other = frame.assign(other=["CC"] * 6)
    assert load_molecules(other, smiles_column="OTHER").table["smiles"].tolist() == ["CC"] * 6


def test_standardisation_can_be_left_out():
    table = load_molecules(["CC([O-])=O.[Na+]", "CC.CCC"], standardise=False).table
    assert table["smiles"].tolist() == ["CC(=O)[O-].[Na+]", "CC.CCC"]
    tautomers = load_molecules(["Oc1ccccn1", "O=c1cccc[nH]1"], tautomers=True).table
    assert tautomers["smiles"].nunique() == 1


TEXTS = st.sampled_from(["CCO", "OCC", "C1", "N[Pt]", "c1ccccc1.[Na+]", "", "CCCC.CCCCC", "=1+1"])


@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=1, max_size=6), st.permutations(range(6)))
def test_rows_do_not_depend_on_their_order(texts, order):
    table = load_molecules(texts).table
    moved = [i for i in order if i < len(texts)]
    shuffled = load_molecules([texts[i] for i in moved]).table
    columns = ["given", "smiles", "error"]
    assert shuffled[columns].to_numpy().tolist() == table.iloc[moved][columns].to_numpy().tolist()
    assert (table["error"].eq("") == table["smiles"].ne("")).all()


def test_nothing_reaches_the_terminal(capfd):
    load_molecules(["C1CC", "c1cccc1", "CC(C)(C)(C)C", "CC.[Na+]", "N[Pt]"])
    assert capfd.readouterr() == ("", "")
