"""Similar molecules: fidelity by its closed form, Tanimoto by RDKit, and every row in its place."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator
from rdkit.DataStructs import BulkTanimotoSimilarity, TanimotoSimilarity

from qmann_core.errors import ConfigError, DataError
from qmann_drug import load_molecules, similar

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
MORGAN = GetMorganGenerator(radius=2, fpSize=2048)


def fingerprint(smiles):
    return MORGAN.GetFingerprint(Chem.MolFromSmiles(smiles))


def fidelity(left, right):
    """c^2 / (a b): the square of the Ochiai coefficient."""
    common = (left & right).GetNumOnBits()
    return common**2 / (left.GetNumOnBits() * right.GetNumOnBits())


@pytest.fixture(scope="module")
def approved(demo):
    return demo("approved")


@pytest.fixture(scope="module")
def drugs(approved):
    return approved.counted["smiles"].unique()


@pytest.fixture(scope="module")
def found(approved):
    return similar([ASPIRIN], approved, k=8)


def test_it_finds_what_a_scan_of_all_fidelities_finds(found, drugs):
    asked = fingerprint(ASPIRIN)
    everything = np.array([fidelity(asked, fingerprint(smiles)) for smiles in drugs])
    table = found.table
    np.testing.assert_allclose(table["fidelity"], np.sort(everything)[:-9:-1], rtol=1e-12)
    shown = [fidelity(asked, fingerprint(smiles)) for smiles in table["smiles"]]
    np.testing.assert_allclose(table["fidelity"], shown, rtol=1e-12)
    weights = 100 * np.array(shown) / everything.sum()
    np.testing.assert_allclose(table["weight %"], weights, rtol=1e-9)
    assert table["rank"].tolist() == list(range(1, 9))
    assert table.loc[0, ["name", "smiles", "fidelity"]].tolist() == ["ASPIRIN", ASPIRIN, 1.0]


def test_tanimoto_and_its_ranks_are_rdkits(found, drugs):
    exact = np.array(BulkTanimotoSimilarity(fingerprint(ASPIRIN), list(map(fingerprint, drugs))))
    place = dict(zip(drugs, exact, strict=True))
    table = found.table
    assert table["Tanimoto"].tolist() == [place[smiles] for smiles in table["smiles"]]
    ranks = [1 + int((exact > value).sum()) for value in table["Tanimoto"]]
    assert table["rank by Tanimoto"].tolist() == ranks
    nearest = sum(rank <= 8 for rank in ranks)
    assert found.notes[1] == f"{nearest} of 8 are among the 8 nearest by Tanimoto"


def test_a_library_by_its_name_is_the_same(found):
    assert similar([ASPIRIN], "approved", k=8).to_dict() == found.to_dict()


def test_it_agrees_with_tanimoto_on_drugs(approved, drugs):
    """Of the exact nearest, the memory finds nine in ten; the query itself is not counted."""
    queries = np.random.default_rng(0).choice(drugs, 25, replace=False)
    table = similar(list(queries), approved, k=6).table
    others = table[table["rank"] > 1]
    assert (others["rank by Tanimoto"] <= 6).mean() > 0.9


def test_what_is_said(found):
    assert "simulated" in found.notes[0]
    assert "1,706 keys were compared, as in a scan" in found.notes[2]
    values = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [row["name"] for row in values["table"]] == found.table["name"].tolist()


def test_rows_keep_their_place_and_bad_ones_their_reason():
    answer = similar(["CCO", "nonsense", ASPIRIN, "CCO"], ["CCN", "xx", "CCO", "OCC"], k=2)
    table = answer.table
    assert table["row"].tolist() == [1, 1, 2, 3, 3, 4, 4]
    assert table["query"].tolist()[2:4] == ["nonsense", ASPIRIN]
    assert table["smiles"].tolist() == ["CCO", "CCN", "", *table["smiles"][3:5], "CCO", "CCN"]
    assert table["rank"].isna().tolist() == (table["error"] != "").tolist()
    assert table["error"].ne("").tolist() == [False, False, True, False, False, False, False]
    assert "2 keys were compared" in answer.notes[2]


def test_measured_values_are_shown(demo):
    series = demo("affinity")
    best = series.counted.sort_values("target", ascending=False).iloc[0]
    table = similar(best["smiles"], series, k=3).table
    assert table.loc[0, ["name", "target"]].tolist() == [best["name"], best["target"]]
    assert table["target"].notna().all()


def test_a_demo_by_name_is_that_demo(demo):
    named, read = (similar(ASPIRIN, each, 3) for each in ("affinity", demo("affinity")))
    assert named.table.equals(read.table)


@settings(max_examples=15)
@given(st.data())
def test_a_molecule_is_most_like_itself(drugs, data):
    """And fidelity is at least the square of Tanimoto: c^2/(a b) >= (c/(a+b-c))^2."""
    several = data.draw(
        st.lists(st.sampled_from(drugs.tolist()), min_size=1, unique=True, max_size=9)
    )
    library = load_molecules(several, standardise=False)
    table = similar(several[0], library, k=9).table
    assert table["fidelity"][0] == pytest.approx(1, abs=1e-12)
    assert np.all(table["fidelity"] >= table["Tanimoto"] ** 2 - 1e-12)
    assert np.all(np.diff(table["fidelity"]) <= 1e-12)
    expected = [
        TanimotoSimilarity(fingerprint(several[0]), fingerprint(smiles))
        for smiles in table["smiles"]
    ]
    assert table["Tanimoto"].tolist() == expected


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"k": 0}, ConfigError, r"got k=0: expected a whole number from 1"),
        ({"k": "few"}, ConfigError, r"got k='few': expected a whole number from 1"),
        ({"query": ["xx", "yy"]}, DataError, r"none of 2 rows can be used; the first: "),
        ({"library": ["xx"]}, DataError, r"none of 1 rows can be used; the first: "),
        ({"library": "missing.csv"}, DataError, r"missing\.csv: no such file"),
    ],
)
def test_bad_input_says_what_to_do(options, error, message):
    with pytest.raises(error, match=message):
        similar(**{"query": "CCO", "library": ["CCO"]} | options)
