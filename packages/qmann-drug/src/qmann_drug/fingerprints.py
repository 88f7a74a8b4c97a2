"""Morgan fingerprints of molecules, and the Tanimoto similarity between them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator
from rdkit.DataStructs import (
    BitVectToBinaryText,
    BulkTanimotoSimilarity,
    CreateFromBinaryText,
    ExplicitBitVect,
)
from rdkit.rdBase import rdkitVersion

from qmann_core.kept import kept

_BITS = 2048
_MORGAN = GetMorganGenerator(radius=2, fpSize=_BITS)  # fewer bits, or counts, find fewer neighbours


def fingerprints(smiles: Iterable[str]) -> list[ExplicitBitVect]:
    """Morgan fingerprints of radius 2 and 2048 bits (Rogers and Hahn, JCIM 2010, 50, 742)."""
    return [_MORGAN.GetFingerprint(Chem.MolFromSmiles(text)) for text in smiles]


def kept_fingerprints(name: str, smiles: Iterable[str]) -> list[ExplicitBitVect]:
    """The same of what has a name, made once."""
    texts, size = list(smiles), _BITS // 8
    packed = kept(
        f"{name}.bits",
        [rdkitVersion, *texts],
        [Path(__file__)],
        lambda: b"".join(map(BitVectToBinaryText, fingerprints(texts))),
    )
    # bytes, where the stubs of RDKit say str
    parts: Any = (packed[at : at + size] for at in range(0, len(packed), size))
    return list(map(CreateFromBinaryText, parts))


def as_bits(prints: Sequence[ExplicitBitVect]) -> NDArray[np.uint8]:
    """0 or 1 for each bit: (molecule, bit)."""
    packed = [np.frombuffer(BitVectToBinaryText(each), np.uint8) for each in prints]
    return np.unpackbits(np.array(packed), axis=1, bitorder="little")


def tanimoto(
    queries: Sequence[ExplicitBitVect], references: Sequence[ExplicitBitVect]
) -> NDArray[np.float32]:
    """Tanimoto similarity c / (a + b - c) of a and b bits, c in common: (query, reference)."""
    return np.array([BulkTanimotoSimilarity(query, references) for query in queries], np.float32)
