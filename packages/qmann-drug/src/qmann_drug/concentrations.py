"""Concentrations and their logarithms, which models learn better."""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from pandas import DataFrame, to_numeric
from rdkit import Chem

from qmann_core.data import find_column, plain_name

_EXPONENTS = {"pm": 12, "nm": 9, "um": 6, "µm": 6, "μm": 6, "mm": 3, "m": 0}
_POTENCIES = "ic50|ec50|ac50|gi50|ki|kd"
SOLUBILITY = "log10 mol/L"
"""Unit of what is dissolved."""
_POTENCY = re.compile(rf"p({_POTENCIES}|activity)")
_LOGARITHM = re.compile(rf"log|{_POTENCY.pattern}|pka")
_NAME = re.compile(rf"\b({_POTENCIES})\W+({'|'.join(_EXPONENTS)})\b")


def with_logarithm(table: DataFrame, target: str | None) -> DataFrame:
    """The table with a column such as pIC50, where that is asked for and IC50 (nM) is there.

    It is -log10 of the concentration in mol/L; what is no number stays as it is.
    """
    if target is None or find_column(table.columns, (target,)) is not None:
        return table
    for column in table.columns:
        named = _NAME.search(plain_name(column))
        if named and plain_name(target) == f"p{named[1]}":
            values = to_numeric(table[column], errors="coerce")
            logarithm = _EXPONENTS[named[2]] - np.log10(values.where(values > 0))
            kept = logarithm.astype("object").where(values.notna(), table[column])
            return table.assign(**{target: kept})
    return table


def offer(target: str | None) -> tuple[str, ...]:
    """What to say where targets are concentrations."""
    named = _NAME.search(plain_name(target or ""))
    if named is None:
        return ()
    logarithm = f"p{named[1].upper() if named[1].endswith('50') else named[1].capitalize()}"
    return (f"targets are concentrations: a model learns {logarithm} better; name it as target",)


def amounts(
    values: Float[np.ndarray, " molecule"], unit: str, smiles: Sequence[str]
) -> dict[str, Float[np.ndarray, " molecule"]]:
    """A column that says the values as amounts: mg/mL dissolved, or nM of a potency; or none."""
    if unit == SOLUBILITY:
        masses = [molar_mass(Chem.MolFromSmiles(text)) for text in smiles]
        return {"mg/mL": np.power(10.0, values) * masses}
    if _POTENCY.fullmatch(unit.lower()):
        return {"nM": np.power(10.0, 9 - values)}
    return {}


def molar_mass(molecule: Chem.Mol) -> float:
    """g/mol, with the natural mixture of isotopes."""
    return float(sum(atom.GetMass() for atom in Chem.AddHs(molecule).GetAtoms()))


def in_words(error: float, unit: str) -> str:
    """An error in its unit, as a factor too where that is a logarithm."""
    if _LOGARITHM.match(unit.lower()):
        return f"{error:.2f} log units (factor {10**error:.1f})"
    return f"{error:.3g} {unit}".strip()
