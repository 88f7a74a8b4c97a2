"""Morgan fingerprints of molecules, and the Tanimoto similarity between them."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator
from rdkit.DataStructs import BitVectToBinaryText, BulkTanimotoSimilarity, ExplicitBitVect

_MORGAN = GetMorganGenerator(radius=2, fpSize=2048)  # fewer bits, or counts, find fewer neighbours


def fingerprints(smiles: Iterable[str]) -> list[ExplicitBitVect]:
    """Morgan fingerprints of radius 2 and 2048 bits (Rogers and Hahn, JCIM 2010, 50, 742)."""
    return [_MORGAN.GetFingerprint(Chem.MolFromSmiles(text)) for text in smiles]


def as_bits(prints: Sequence[ExplicitBitVect]) -> NDArray[np.uint8]:
    """0 or 1 for each bit: (molecule, bit)."""
    packed = [np.frombuffer(BitVectToBinaryText(each), np.uint8) for each in prints]
    return np.unpackbits(np.array(packed), axis=1, bitorder="little")


def tanimoto(
    queries: Sequence[ExplicitBitVect], references: Sequence[ExplicitBitVect]
) -> NDArray[np.float32]:
    """Tanimoto similarity c / (a + b - c) of a and b bits, c in common: (query, reference)."""
    return np.array([BulkTanimotoSimilarity(query, references) for query in queries], np.float32)
