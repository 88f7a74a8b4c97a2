"""SD files as other programs write them: no record is lost, and a broken one says why."""

import re

import pytest
from rdkit import Chem

from qmann_drug.data import load_molecules
from qmann_drug.sdf import read_sdf


def block(smiles, title="", **kind):
    return "\n".join(
        [title, *Chem.MolToMolBlock(Chem.MolFromSmiles(smiles), **kind).split("\n")[1:]]
    )


ETHANOL, PROPANE, PHENOL = block("CCO", "ethanol"), block("CCC"), block("Oc1ccccc1", "phenol")
NEXT = "$$$$\n"
THREE = "".join(
    part + f">  <n>\n{n}\n\n" + NEXT for n, part in enumerate((ETHANOL, PROPANE, PHENOL), 1)
)


@pytest.mark.parametrize(
    "text",
    [
        THREE,
        THREE.replace("\n", "\r\n"),
        THREE.replace("\n", "\r"),
        THREE.replace("\n\n$$$$", "\n \n$$$$"),
        THREE.replace("\n\n$$$$", "\n$$$$"),
        THREE.replace("\n\n$$$$", "\n\t\n\n$$$$"),
        THREE.replace("$$$$\n", "$$$$  \n"),
        THREE.removesuffix("$$$$\n"),
        THREE.removesuffix("\n$$$$\n"),
        THREE + "\n \n",
        THREE.replace("M  END", "\nM  END"),
        THREE.replace("M  END", "M  END  "),
        THREE.replace("$$$$\n\n", "$$$$\n\n\n"),
        THREE.replace("$$$$\n\n", "$$$$\n"),
        THREE.replace(">  <n>", "> 25 <n> (DT12)"),
        THREE.replace(ETHANOL, block("CCO", "ethanol", forceV3000=True)),
    ],
)
def test_every_record_is_a_row(text, tmp_path):
    (tmp_path / "m.sdf").write_bytes(text.encode())
    molecules = load_molecules(tmp_path / "m.sdf")
    assert molecules.table["smiles"].tolist() == ["CCO", "CCC", "Oc1ccccc1"]
    assert molecules.table["name"].tolist() == ["ethanol", "", "phenol"]
    assert molecules.table["target"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("", "empty: no molecule here"),
        ("\n \n", "empty: no molecule here"),
        ("nothing\n\n\n  0  0  0  0  0  0            999 V2000\nM  END\n", "empty: no molecule"),
        (">  <n>\n5\n\n", "no line 'M  END', where a molecule ends"),
        (ETHANOL.replace("M  END\n", ""), "no line 'M  END'"),
        (ETHANOL.replace(" C ", " Xx", 1), "not readable as a molfile: Element 'Xx' not found"),
        (ETHANOL.replace(" C ", " R1", 1), "not readable as a molfile|no whole molecule"),
        (ETHANOL.replace("V2000", "V9000"), "Unsupported CTAB version: 'V9000'$"),
        (ETHANOL.replace("  1  2  1", "  1  9  1"), "it names an atom or a bond that is not there"),
        (ETHANOL.replace("  3  2", "  4  2", 1), "Atom line too short"),
        (ETHANOL.replace("    0.0000", "    abcdef", 1), "Cannot process coordinates$"),
        (ETHANOL.replace("M  END", "M  CHG  9   1   5\nM  END"), "molfile: "),
        (
            ETHANOL.replace("M  END", "M  ISO  1   7   5\nM  END"),
            "atom or a bond that is not there",
        ),
        ("x\n" * 6000 + "M  END\n", "too large: more than 5000 lines"),
        ("x" * 600_000 + "\nM  END\n", "too large: .*very long"),
        (ETHANOL.replace("  3  2  0", "  3200  0"), "too large: more than 100 rings"),
        (
            block("CCO", forceV3000=True).replace("COUNTS 3 2", "COUNTS 3 999"),
            "too large: more than 100 rings",
        ),
        (ETHANOL.replace("  3  2  0", "x" * 400), "not readable as a molfile: .{1,120}$"),
    ],
)
def test_a_broken_record_keeps_its_place_and_says_why(record, reason, tmp_path, capfd):
    (tmp_path / "m.sdf").write_text(PROPANE + NEXT + record + NEXT + PHENOL + NEXT)
    for read in (load_molecules, lambda path: load_molecules(load_molecules(path), known=False)):
        table = read(tmp_path / "m.sdf").table
        assert table["smiles"].tolist() == ["CCC", "", "Oc1ccccc1"]
        assert re.search(reason, table["error"].iloc[1])
    assert capfd.readouterr() == ("", "")


def test_data_items():
    items = ">  <a b>\n1\n2\n\n> <c>\n>10000\n> <d> (x)\n\n>  <e>\n 5 \n \nlost\n"
    table = read_sdf(f"{ETHANOL}{items}{NEXT}{PROPANE}")
    row = table.iloc[0]
    assert row[["a b", "c", "d", "e"]].tolist() == ["1\n2", ">10000", "", "5"]
    assert table.iloc[1][["a b", "c", "d", "e"]].isna().all()


def test_data_items_do_not_replace_the_molecule(tmp_path):
    items = "".join(f"> <{name}>\nCC\n\n" for name in ("smiles", "_smiles", "_name", "_error"))
    (tmp_path / "m.sdf").write_text(ETHANOL + items + NEXT)
    row = load_molecules(tmp_path / "m.sdf").table.iloc[0]
    assert row[["name", "smiles", "error"]].tolist() == ["ethanol", "CCO", ""]


def test_a_molfile_is_one_record(tmp_path):
    (tmp_path / "m.mol").write_text(ETHANOL)
    assert load_molecules(str(tmp_path / "m.mol")).table["smiles"].tolist() == ["CCO"]
