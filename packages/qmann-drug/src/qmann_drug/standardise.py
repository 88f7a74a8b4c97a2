"""The standard form of one molecule: without salts and charges, as canonical SMILES."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize

from qmann_core.errors import DataError

_SALTS = Path(__file__).with_name("salts.smi")
STANDARDISED_BY = (Path(__file__), _SALTS)
"""Files that the standard form follows from, beside RDKit."""
_LONGEST = 1000  # characters; beyond a few hundred atoms it is no small molecule
_MAP = re.compile(r":\d+(?=\])")  # numbers that a reaction gave to atoms
_EXTENSION = re.compile(r"(^|\s+)\|[^|]*\|(?=\s|$)")
_ANY, _CARBON = Chem.MolFromSmarts("[#0]"), Chem.MolFromSmarts("[#6]")
_UNCHARGER = rdMolStandardize.Uncharger()
# Atoms that a step of the standardisation may change; a molecule without any stays as it is.
_CHANGED = Chem.MolFromSmarts("[!+0,!#6!#7!#8!#9!#15!#16!#17!#35!#53,$([#15,#16;X3]=*)]")
_SALT = "#3,#11,#19,#37,#55,#12,#20,#38,#56,#13,#30,#47,#83"  # metals from Li to Bi
_METAL = "!#0!#1!#2!#5!#6!#7!#8!#9!#10!#14!#15!#16!#17!#18!#32!#33!#34!#35!#36!#52!#53!#54"
# A metal that is no usual counter-ion, or one that is bound as in no salt.
_COUNTER_ION = Chem.MolFromSmarts(f"[{_SALT}]")
_COMPLEX = Chem.MolFromSmarts(
    f"[{_METAL}!{_SALT.replace(',', '!')},$([{_SALT}]~[!#8!#9!#17!#35!#53])]"
)


def standard_smiles(text: str, *, standardise: bool = True, tautomers: bool = False) -> str:
    """Canonical SMILES of the one part that is no salt former or solvent, uncharged.

    Extensions between bars (CXSMILES) and atom map numbers do not count. RDKit logs what it cannot
    read: block its log around many calls. ``standardise=False`` leaves salts and charges;
    ``tautomers`` brings tautomers to one form too, which is slow.

    Raises:
        DataError: There is no such molecule; the message is the reason.
    """
    mol = _read(text)
    smiles: str = Chem.MolToSmiles(mol)
    if standardise:
        changed = mol.HasSubstructMatch(_CHANGED)
        smiles = _parent(mol, changed) if changed or "." in smiles else smiles
    if tautomers:
        forms = rdMolStandardize.TautomerEnumerator()
        smiles = Chem.MolToSmiles(forms.Canonicalize(Chem.MolFromSmiles(smiles)))
    return smiles


def without_extension(text: str) -> str:
    """The same without what ChemAxon's extension of SMILES says between bars, as in |o1:1|."""
    return _EXTENSION.sub("", text).strip()


def _read(given: str) -> Any:
    short = given[: 10 * _LONGEST]  # an extension may be longer than the molecule
    text = _MAP.sub("", without_extension(short))
    if not text or len(text) > _LONGEST or short != given:
        what = f"too large: more than {_LONGEST} characters" if text else "empty: no molecule here"
        raise DataError(what)
    one = text.isascii() and len(text.split()) == 1
    mol = Chem.MolFromSmiles(text) if one else None
    if mol is None:
        raw = Chem.MolFromSmiles(text, sanitize=False) if one else None
        problems = () if raw is None else Chem.DetectChemistryProblems(raw)
        why = problems[0].Message() if problems else "check brackets, ring numbers and blanks"
        raise DataError(f"not readable as SMILES: {why}")
    if mol.HasSubstructMatch(_ANY):
        raise DataError("no whole molecule: * stands for any atom")
    return mol


def _parent(mol: Any, changed: bool) -> str:
    metals = sorted(
        {mol.GetAtomWithIdx(a).GetSymbol() for (a,) in mol.GetSubstructMatches(_COMPLEX)}
    )
    if metals:
        raise DataError(f"metal complex or compound ({', '.join(metals)}): no descriptor knows it")
    fragments = Chem.GetMolFrags(rdMolStandardize.Cleanup(mol) if changed else mol, asMols=True)
    parts = [_UNCHARGER.uncharge(part) if changed else part for part in fragments]
    organic = {Chem.MolToSmiles(p): p for p in parts if p.HasSubstructMatch(_CARBON)}
    found = [s for s, p in organic.items() if Chem.MolToSmiles(p, False) not in _salts()]
    found = found or list(organic or dict.fromkeys(map(Chem.MolToSmiles, parts)))
    if len(found) > 1 or (not organic and mol.HasSubstructMatch(_COUNTER_ION)):
        what = "mixture" if organic else "salt or mixture without carbon"
        raise DataError(f"{what} of {' and '.join(found)}: expected one molecule and its salts")
    # Read once more, as the form of a molecule that was changed in memory may depend on how.
    return str(Chem.MolToSmiles(Chem.MolFromSmiles(found[0])))


@cache
def _salts() -> frozenset[str]:
    """SMILES of salt formers and solvents, without stereochemistry."""
    lines = _SALTS.read_text("utf-8").splitlines()[1:]
    return frozenset(Chem.MolToSmiles(Chem.MolFromSmiles(s.split("\t")[0]), False) for s in lines)
