"""The standard form of a molecule, against RDKit's own pipeline and known salts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize
from rdkit.rdBase import BlockLogs

from qmann_core.errors import DataError
from qmann_drug.standardise import standard_smiles

FORMS = {
    "neutral": ("OCC", "CCO"),
    "stereo": ("OC(=O)[C@@H](N)C", "C[C@H](N)C(=O)O"),
    "sodium salt": ("CC(=O)[O-].[Na+]", "CC(=O)O"),
    "bound sodium": ("CC(=O)O[Na]", "CC(=O)O"),
    "neutral sodium": ("[Na].CC(=O)O", "CC(=O)O"),
    "hydrochloride": ("C[NH3+].[Cl-]", "CN"),
    "hemisulfate": ("CCN.CCN.OS(=O)(=O)O", "CCN"),
    "maleate": ("CN(C)CCC(c1ccccc1)c1ccccn1.OC(=O)/C=C\\C(=O)O", "CN(C)CCC(c1ccccc1)c1ccccn1"),
    "larger counter-ion": ("NCCS.OC(=O)C(O)C(O)C(=O)O", "NCCS"),
    "hydrate": ("O.O.CC(=O)Nc1ccc(O)cc1", "CC(=O)Nc1ccc(O)cc1"),
    "solvate": ("ClCCl.c1ccncc1", "c1ccncc1"),
    "quaternary": ("C[N+](C)(C)CC.[I-]", "CC[N+](C)(C)C"),
    "zwitterion": ("[NH3+]CC(=O)[O-]", "NCC(=O)O"),
    "nitro": ("CN(=O)=O", "C[N+](=O)[O-]"),
    "sulfoxide": ("CCS(=O)C", "CC[S+](C)[O-]"),
    "sulfone": ("CS(=O)(=O)C", "CS(C)(=O)=O"),
    "silicon": ("C[Si](C)(C)C", "C[Si](C)(C)C"),
    "isotope": ("[2H]C", "[2H]C"),
    "water": ("O", "O"),
    "ammonium": ("[NH4+]", "N"),
    "acid alone": ("OC(=O)CCC(=O)O", "O=C(O)CCC(=O)O"),
    "laughing gas": ("[N-]=[N+]=O", "[N-]=[N+]=O"),
}
REFUSED = {
    "empty": ("", "empty: no molecule here"),
    "ring left open": ("C1CC", "not readable as SMILES: check brackets, ring numbers"),
    "words": ("CO is toxic", "not readable as SMILES: check"),
    "reaction": ("CCO>>CC=O", "not readable as SMILES"),
    "not ASCII": ("Cé", "not readable as SMILES"),
    "no Unicode": ("C\udcff", "not readable as SMILES"),
    "zero": ("C\0C", "not readable as SMILES"),
    "valence": ("CC(C)(C)(C)C", "SMILES: Explicit valence for atom # 1 C, 5, is greater"),
    "aromaticity": ("c1cccc1", "not readable as SMILES: Can't kekulize"),
    "any atom": ("C*", r"no whole molecule: \* stands for any atom"),
    "huge": ("C" * 1001, "too large: more than 1000 characters"),
    "mixture": ("c1ccccc1.CCCC", r"mixture of c1ccccc1 and CCCC: expected one molecule"),
    "two salt formers": ("NCCO.OC(=O)CCC(=O)O", "mixture of NCCO and O=C"),
    "table salt": ("[Na+].[Cl-]", r"salt or mixture without carbon of \[Na\+\] and Cl"),
    "zinc": ("[Zn+2]", "salt or mixture without carbon of"),
    "sodium": ("[Na]", "salt or mixture without carbon of"),
    "alumina": ("O[Al](O)O", "salt or mixture without carbon of"),
    "cisplatin": ("N[Pt](N)(Cl)Cl", r"metal complex or compound \(Pt\)"),
    "carboplatin as ions": ("N.N.O=C([O-])C1(CCC1)C(=O)[O-].[Pt+2]", r"metal complex .* \(Pt\)"),
    "Grignard": ("C[Mg]Br", r"metal complex or compound \(Mg\)"),
    "ferrocene": ("[CH-]1C=CC=C1.[CH-]1C=CC=C1.[Fe+2]", r"metal complex or compound \(Fe\)"),
}


def pipeline(smiles: str) -> str:
    """RDKit's standard form: cleaned, largest fragment, uncharged."""
    mol = rdMolStandardize.ChargeParent(Chem.MolFromSmiles(smiles))
    return Chem.CanonSmiles(Chem.MolToSmiles(mol))


@pytest.fixture(scope="module", params=["hydration", "affinity", "solubility", "approved"])
def read(request, demo):
    table = demo(request.param).table
    return table[table["error"].eq("")]


@pytest.mark.parametrize(("smiles", "expected"), FORMS.values(), ids=FORMS)
def test_known_forms(smiles, expected):
    assert standard_smiles(smiles) == expected
    assert standard_smiles(expected) == expected


@pytest.mark.parametrize(("smiles", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(smiles, reason):
    with BlockLogs(), pytest.raises(DataError, match=reason):
        standard_smiles(smiles)


def test_real_molecules_are_what_the_whole_pipeline_of_rdkit_makes(read):
    # Neutral molecules take a short way; parts of salts differ on purpose, see the next test.
    plain = read[~read["given"].str.contains(".", regex=False)].iloc[::3]
    with BlockLogs():
        assert plain["smiles"].tolist() == [pipeline(smiles) for smiles in plain["given"]]


def test_salts_differ_from_the_largest_fragment_where_that_is_the_counter_ion(demo):
    table = demo("approved").table.set_index("name")["smiles"]
    assert table["CYSTEAMINE BITARTRATE"] == table["CYSTEAMINE"] == "NCCS"
    assert table["IBUPROFEN LYSINE"] == table["IBUPROFEN"]
    assert table["OLANZAPINE PAMOATE"] == table["OLANZAPINE"]


def test_the_standard_form_is_its_own(read):
    some = read["smiles"].iloc[::2].tolist()
    assert [standard_smiles(smiles) for smiles in some] == some


@given(st.integers(0, 2**31 - 1), st.sampled_from([form for form, _ in FORMS.values()]))
def test_the_order_of_atoms_does_not_matter(seed, smiles):
    mol = Chem.MolFromSmiles(smiles)
    drawn = Chem.MolToRandomSmilesVect(mol, 1, randomSeed=seed)[0]
    assert standard_smiles(drawn) == standard_smiles(smiles)


def test_as_drawn():
    assert standard_smiles("[Na+].CC([O-])=O", standardise=False) == "CC(=O)[O-].[Na+]"
    with BlockLogs(), pytest.raises(DataError, match="not readable"):
        standard_smiles("C1", standardise=False)


def test_tautomers():
    pair = ("Oc1ccccn1", "O=c1cccc[nH]1")
    assert len({standard_smiles(smiles) for smiles in pair}) == 2
    assert {standard_smiles(smiles, tautomers=True) for smiles in pair} == {"O=c1cccc[nH]1"}
