"""Descriptors against RDKit's own functions, and samples in the order of their split."""

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, rdMolDescriptors

from qmann_core.errors import DataError
from qmann_drug.config import DrugConfig
from qmann_drug.data import Molecules
from qmann_drug.features import DESCRIPTORS, descriptors, molecule_samples, scaffolds

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
NASTY = (
    "C",
    "O",
    "[H][H]",
    "[Na+].[Cl-]",
    "FC(F)(F)C(F)(F)C(F)(F)C(F)(F)F",
    "C[Se]C",
    "OB(O)c1ccccc1",
    "C[Si](C)(C)C",
    "[O-][N+](=O)c1ccccc1",
    "C" * 60,
    "CC(C)C[C@H](NC(=O)[C@@H](N)CO)C(=O)N[C@@H](Cc1ccccc1)C(=O)O",
    "[13CH4]",
)


def molecules(smiles, target, part=None, year=None):
    n = len(smiles)
    table = pd.DataFrame(
        {
            "row": np.arange(1, n + 1),
            "name": "",
            "given": smiles,
            "smiles": smiles,
            "target": np.asarray(target, dtype=float),
            "part": [""] * n if part is None else part,
            "year": np.full(n, np.nan) if year is None else year,
            "error": "",
            "duplicate_of": 0,
        }
    )
    return Molecules(table, "test", "y")


def test_values_are_those_of_rdkit():
    molecule = Chem.MolFromSmiles(ASPIRIN)
    found = dict(zip(DESCRIPTORS, descriptors([ASPIRIN])[0], strict=True))
    assert found["MolWt"] == pytest.approx(180.159, abs=1e-3)
    assert found["TPSA"] == rdMolDescriptors.CalcTPSA(molecule) == pytest.approx(63.6)
    assert found["MolLogP"] == Crippen.MolLogP(molecule)
    assert found["fr_benzene"] == 1
    assert all(found[name] == getattr(Descriptors, name)(molecule) for name in DESCRIPTORS)


def test_names_are_fixed():
    assert len(DESCRIPTORS) == len(set(DESCRIPTORS)) == 197
    assert set(DESCRIPTORS) < {name for name, _ in Descriptors.descList}


@pytest.mark.parametrize("smiles", NASTY)
def test_descriptors_of_odd_molecules_are_finite(smiles):
    assert np.isfinite(descriptors([smiles])).all()


def test_descriptors_do_not_depend_on_the_company():
    together = descriptors(NASTY)
    np.testing.assert_array_equal(together[3], descriptors(NASTY[3:4])[0])


def test_what_is_not_smiles_is_refused():
    with pytest.raises(DataError, match=r"got 'C\(\(': expected SMILES"):
        descriptors(["C(("])


def test_scaffolds_are_rings_and_what_joins_them():
    found = scaffolds([ASPIRIN, "CCO", "Cc1ccccc1CCC1CCNCC1"])
    assert found == ["c1ccccc1", "", "c1ccc(CCC2CCNCC2)cc1"]


def test_a_scaffold_split_tests_on_rare_scaffolds_that_training_has_not_seen():
    smiles = ["CC1CC1", "c1ccccc1O", "CCO", "c1ccccc1N", "CCN", "c1ccccc1C", "CC1CCC1", "CC1CCCC1"]
    config = DrugConfig(split="scaffold", test_fraction=0.25)
    found = molecule_samples(molecules(smiles, range(8)), config)
    assert set(found.label[:3]) == {"c1ccccc1O", "c1ccccc1N", "c1ccccc1C"}
    assert set(found.label[3:5]) == {"CCO", "CCN"}
    assert not set(scaffolds(found.label[found.test])) & set(scaffolds(found.label[~found.test]))


def test_a_given_split_keeps_its_parts_and_the_unknown_come_last():
    smiles = ["C", "CC", "CCC", "CCCC", "CCCCC"]
    parts = ["test", "train", "train", "", "train"]
    records = molecules(smiles, [0, 1, 2, np.nan, 4], part=parts)
    found = molecule_samples(records, DrugConfig(split="given"))
    assert list(found.label[found.test]) == ["C"]
    assert found.label[-1] == "CCCC"
    assert not found.dated
    np.testing.assert_array_equal(found.known, [True, True, True, True, False])
    assert found.x.shape == (5, 1, len(DESCRIPTORS))
    assert found.regressors.shape == (5, 1 + len(DESCRIPTORS))


def test_samples_do_not_depend_on_other_molecules():
    some = molecule_samples(molecules(["C", "CC"], [np.nan, np.nan]), DrugConfig())
    one = molecule_samples(molecules(["CC"], [np.nan]), DrugConfig())
    np.testing.assert_array_equal(some.x[1], one.x[0])
    weight = DESCRIPTORS.index("MolWt")
    assert one.x[0, 0, weight].item() == pytest.approx(np.log1p(30.07), rel=1e-6)
