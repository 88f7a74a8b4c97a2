"""Molecules to samples: RDKit's descriptors, in the order of a split."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from rdkit import Chem
from rdkit.Chem import Descriptors
from rdkit.rdBase import BlockLogs

from qmann_core.data import Samples, arrange, samples_in_order
from qmann_core.errors import DataError

from .config import DrugConfig
from .data import Molecules

# Named in a file, as newer versions of RDKit have more. Left out are slow ones that add nothing to
# solubility or hydration (qed, SPS, Ipc, BertzCT, BalabanJ), repetitions, and those that are not
# finite for every organic molecule, for want of charges of selenium, say (BCUT2D, *PartialCharge).
DESCRIPTORS = tuple(Path(__file__).with_name("descriptors.txt").read_text("utf-8").split())
"""Names of the descriptors, as RDKit's module ``Descriptors`` has them."""
_FUNCTIONS = [getattr(Descriptors, name) for name in DESCRIPTORS]


def descriptors(smiles: Iterable[str]) -> Float[np.ndarray, "molecule descriptor"]:
    """The ``DESCRIPTORS`` of each molecule.

    Raises:
        DataError: a SMILES that RDKit cannot read, or a descriptor that is not finite.
    """
    with BlockLogs():
        rows = [_describe(text) for text in smiles]
    return np.array(rows).reshape(-1, len(DESCRIPTORS))


def _describe(smiles: str) -> list[float]:
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        raise DataError(f"got {smiles!r}: expected SMILES; read it with load_molecules")
    values = [float(function(molecule)) for function in _FUNCTIONS]
    if not np.isfinite(values).all():
        raise DataError(f"{smiles} has no finite descriptors: it is no organic molecule; leave out")
    return values


def scaffolds(smiles: Iterable[str]) -> list[str]:
    """Bemis-Murcko scaffold of each molecule: its rings and what joins them; "" without rings."""
    from rdkit.Chem.Scaffolds import MurckoScaffold  # which imports much that nothing else needs

    find: Any = MurckoScaffold.MurckoScaffoldSmiles
    return [find(text) for text in smiles]


def molecule_samples(molecules: Molecules, application: DrugConfig) -> Samples:
    """Known molecules in the order of the split, then those to be predicted.

    Counts and areas have long tails: x is sign(v) log(1 + |v|) of each descriptor v.
    """
    table = molecules.counted
    known, arrangement = table[table["target"].notna()], None
    if len(known):
        by_scaffold = application.split == "scaffold"
        arrangement = arrange(
            application.split,
            len(known),
            test_fraction=application.test_fraction,
            seed=application.split_seed,
            groups=np.array(scaffolds(known["smiles"])) if by_scaffold else None,
            time=known["year"].to_numpy(float),
            given=known["part"].eq("test").to_numpy() if known["part"].any() else None,
        )
    smiles, target = table["smiles"].to_numpy(str), table[["target"]].to_numpy(float)
    values = descriptors(table["smiles"])
    x = np.sign(values) * np.log1p(np.abs(values))
    return samples_in_order(x, target, smiles, arrangement=arrangement, name="molecules")
