"""Drug-likeness: RDKit's figures to the last digit, and published ones."""

import json
from pathlib import Path

import pandas as pd
import pytest
from rdkit import Chem, RDConfig
from rdkit.Chem import QED, Crippen, Descriptors, Lipinski
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogParams, RunFilterCatalog
from rdkit.Contrib.SA_Score import sascorer

from qmann_core.errors import DataError
from qmann_drug import drug_likeness, load_molecules

NUMBERS = {
    "QED": QED.qed,
    "weight": Descriptors.MolWt,
    "logP": Crippen.MolLogP,
    "donors": Lipinski.NHOHCount,
    "acceptors": Lipinski.NOCount,
    "SA": sascorer.calculateScore,
}


@pytest.fixture(scope="module")
def table(demo):
    """Of every twentieth approved drug, some of which cannot be used."""
    return drug_likeness(demo("approved").table["given"][::20].tolist()).table


def test_every_figure_is_rdkits_to_the_last_digit(table):
    usable = table[table["error"] == ""]
    molecules = [Chem.MolFromSmiles(smiles) for smiles in usable["smiles"]]
    for name, function in NUMBERS.items():
        assert usable[name].tolist() == [function(molecule) for molecule in molecules], name


def test_violations_are_those_of_the_rule_of_five(table):
    usable = table[table["error"] == ""]
    too_much = (
        (usable["weight"] > 500).astype(int)
        + (usable["logP"] > 5)
        + (usable["donors"] > 5)
        + (usable["acceptors"] > 10)
    )
    assert usable["violations"].tolist() == too_much.tolist()
    assert set(too_much) >= {0, 1, 2, 3}


def test_alerts_are_those_of_rdkits_catalogue(table):
    usable = table[table["error"] == ""]
    catalogue = FilterCatalog(FilterCatalogParams.FilterCatalogs.PAINS)
    found = RunFilterCatalog(catalogue, usable["smiles"].tolist())
    expected = ["; ".join(alert.GetDescription() for alert in alerts) for alerts in found]
    assert usable["PAINS"].tolist() == expected
    assert any(expected)


def test_bad_rows_keep_their_place_and_have_nothing_but_the_reason(table):
    assert table["row"].tolist() == list(range(1, len(table) + 1))
    bad = table[table["error"] != ""]
    assert not bad.empty
    assert bad[[*NUMBERS, "violations"]].isna().all().all()
    assert bad["PAINS"].eq("").all()


@pytest.mark.parametrize(
    ("smiles", "value"),
    [  # the doctests of rdkit.Chem.QED
        ("N=C(CCSCc1csc(N=C(N)N)n1)NS(N)(=O)=O", 0.253),
        ("CNC(=NCCSCc1nc[nH]c1C)NC#N", 0.234),
        ("CCCCCNC(=N)NN=Cc1c[nH]c2ccc(CO)cc12", 0.234),
        ("CC(=O)Oc1ccccc1C(=O)O", 0.550),
    ],
)
def test_documented_values_of_qed(smiles, value):
    molecules = load_molecules(smiles, standardise=False)
    assert drug_likeness(molecules).table["QED"][0] == pytest.approx(value, abs=1e-3)


def test_the_reference_values_of_synthetic_accessibility():
    """A hundred molecules of ZINC that come with the scorer, with three decimals."""
    path = Path(RDConfig.RDContribDir) / "SA_Score" / "data" / "zim.100.txt"
    zinc = pd.read_csv(path, sep="\t")
    molecules = load_molecules(zinc["smiles"].tolist(), standardise=False)
    found = drug_likeness(molecules).table["SA"]
    assert len(found) == 100
    assert found.tolist() == pytest.approx(zinc["sa_score"].tolist(), abs=1e-3)


@pytest.mark.parametrize(
    ("smiles", "alert"),
    [("O=C1C=CC(=O)C=C1", "quinone_A(370)"), ("Oc1ccccc1O", "catechol_A(92)"), ("CCO", "")],
)
def test_known_alerts(smiles, alert):
    assert drug_likeness(smiles).table["PAINS"][0] == alert


def test_aspirin_with_the_sources():
    answer = drug_likeness("CC(=O)Oc1ccccc1C(=O)O")
    row = json.loads(json.dumps(answer.to_dict(), allow_nan=False))["table"][0]
    assert row["QED"] == QED.qed(Chem.MolFromSmiles("CC(=O)Oc1ccccc1C(=O)O"))
    assert (row["donors"], row["acceptors"], row["violations"], row["PAINS"]) == (1, 4, 0, "")
    assert all(source in answer.notes[0] for source in ("QED", "SA", "PAINS", "1997, 23, 3"))


@pytest.mark.parametrize("smiles", ["C", "[H][H]", "[Na+].[Cl-]", "O", "[He]", "C[Si](C)(C)C"])
def test_the_smallest_molecules_have_an_answer_or_a_reason(smiles):
    table = drug_likeness([smiles, "CCO"]).table
    assert bool(table["error"][0]) == bool(pd.isna(table["QED"][0]))


def test_nothing_that_can_be_used():
    with pytest.raises(DataError, match=r"none of 2 rows can be used; the first: "):
        drug_likeness(["xx", ""])
