"""Amounts, errors in words, and what a pure substance holds of itself."""

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import Descriptors

from qmann_drug.concentrations import amounts, in_words, molar_mass
from qmann_drug.pure import pure_concentration

DENSITIES = {  # g/mL: two measured ones, and the examples of Girolami's paper as he works them out
    "CCO": 0.789,
    "O": 0.998,
    "OC1CCCCC1": 1.2 * 100.16 / (5 * 26),
    "CCP(C)C": 90.11 / (5 * 23),
    "NCCN": 1.2 * 60.10 / (5 * 16),
    "O=S1(=O)CCCC1": 1.3 * 120.17 / (5 * 24),
    "c1ccc2ccccc2c1": 1.15 * 128.17 / (5 * 28),
}


@pytest.mark.parametrize("smiles", DENSITIES)
def test_a_litre_of_a_pure_substance_holds_its_density_over_its_molar_mass(smiles):
    mass = Descriptors.MolWt(Chem.MolFromSmiles(smiles))
    assert molar_mass(Chem.MolFromSmiles(smiles)) == pytest.approx(mass, rel=1e-6)
    assert pure_concentration(smiles) == pytest.approx(1000 * DENSITIES[smiles] / mass, rel=1e-3)


def test_logarithms_are_said_as_amounts():
    found = amounts(np.array([0.0, -3.0]), "log10 mol/L", ["CCO", "O"])["mg/mL"]
    np.testing.assert_allclose(found, [46.07, 0.018015], rtol=1e-3)
    np.testing.assert_allclose(amounts(np.array([9.0, 7.5]), "pIC50", [])["nM"], [1, 10**1.5])
    assert not any(amounts(np.array([7.0]), unit, ["O"]) for unit in ("kcal/mol", "pKa", ""))


@pytest.mark.parametrize(
    ("error", "unit", "expected"),
    [
        (0.56, "log10 mol/L", "0.56 log units (factor 3.6)"),
        (0.301, "pActivity", "0.30 log units (factor 2.0)"),
        (0.9553, "kcal/mol", "0.955 kcal/mol"),
        (12.34, "", "12.3"),
    ],
)
def test_an_error_is_said_in_words(error, unit, expected):
    assert in_words(error, unit) == expected
