"""Morgan fingerprints of molecules, and the Tanimoto similarity between them."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator
from rdkit.DataStructs import BulkTanimotoSimilarity, ExplicitBitVect

_MORGAN = GetMorganGenerator(radius=2, fpSize=2048)  # fewer bits, or counts, find fewer neighbours


def fingerprints(smiles: Iterable[str]) -> list[ExplicitBitVect]:
    """Morgan fingerprints of radius 2 and 2048 bits (Rogers and Hahn, JCIM 2010, 50, 742)."""
    return [_MORGAN.GetFingerprint(Chem.MolFromSmiles(text)) for text in smiles]


def tanimoto(queries: Sequence[str], references: Sequence[str]) -> NDArray[np.float32]:
    """c / (a + b - c) of fingerprints with a and b bits, c in common: (query, reference)."""
    known = fingerprints(references)
    rows = [BulkTanimotoSimilarity(query, known) for query in fingerprints(queries)]
    return np.array(rows, dtype=np.float32).reshape(len(rows), len(known))
