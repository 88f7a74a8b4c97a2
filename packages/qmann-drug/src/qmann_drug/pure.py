"""How many moles a litre of a pure substance holds, beyond which nothing can be dissolved."""

from functools import cache
from pathlib import Path

from rdkit import Chem

from .concentrations import molar_mass

_VOLUMES = ((1, 1.0), (9, 2.0), (17, 4.0), (35, 5.0), (53, 7.5), (118, 9.0))  # up to this element
_ALCOHOL, _ACID, _AMINE = "[OX2H][#6;!$(C=O)]", "C(=O)[OX2H]", "[NX3;H1,H2;!$(N~[C,S]=O)]"
_AMIDE, _SULFOXIDE = "[NX3]C=O", "[#16]=O"  # a sulfone has two


@cache
def pure_concentration(smiles: str) -> float:
    """mol/L of the pure liquid or solid: 1000 times its density over its molar mass.

    The density of liquids that mix with water, for which the limit counts, is that at 20 degrees
    (CRC Handbook of Chemistry and Physics), and else estimated (Girolami, J. Chem. Educ. 1994, 71,
    962: to 0.05 g/mL by root mean square).
    """
    molecule = Chem.MolFromSmiles(smiles)
    return 1000 * _measured().get(smiles, _estimated(molecule)) / molar_mass(molecule)


def _estimated(molecule: Chem.Mol) -> float:
    """M / (5 V), up to 30 % more for groups and rings that draw a substance together."""
    numbers = [atom.GetAtomicNum() for atom in Chem.AddHs(molecule).GetAtoms()]
    volume = sum(next(v for last, v in _VOLUMES if number <= last) for number in numbers)
    rings = molecule.GetRingInfo()
    groups = sum(len(molecule.GetSubstructMatches(each)) for each in _patterns())
    fused = sum(map(rings.IsRingFused, range(rings.NumRings())))
    more = 0.1 * (groups + rings.NumRings() - fused) + 0.075 * fused
    return molar_mass(molecule) / (5 * volume) * (1 + min(more, 0.3))


@cache
def _patterns() -> tuple[Chem.Mol, ...]:
    return tuple(map(Chem.MolFromSmarts, (_ALCOHOL, _ACID, _AMINE, _AMIDE, _SULFOXIDE)))


@cache
def _measured() -> dict[str, float]:
    lines = Path(__file__).with_name("liquids.smi").read_text("utf-8").splitlines()[1:]
    return {smiles: float(density) for smiles, density, _ in (line.split("\t") for line in lines)}
