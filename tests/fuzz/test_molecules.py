"""Mutated files of molecules: rows, some with a reason, or an error of ours in one line, soon."""

import gzip
import os
import random
import time

import pytest
from rdkit import Chem

from qmann_core.errors import DataError
from qmann_drug import drug_likeness, load_molecules

COUNT = int(os.environ.get("QMANN_FUZZ", "20"))
SMILES = (
    "CC(=O)Oc1ccccc1C(=O)O",
    "C[C@H](N)C(=O)[O-].[Na+]",
    "F/C=C/C1CC[C@@H]2[C@H](C1)O2 |o1:5|",
    "[CH3:1][N+:2](C)(C)CC[13CH2]c1[nH]ncc1Br",
)
BLOCKS = [
    Chem.MolToMolBlock(Chem.MolFromSmiles(text.split()[0]), forceV3000=number % 2 == 1)
    for number, text in enumerate(SMILES)
]
ITEMS = ">  <ID>\n0{0}\n\n> <IC50 (nM)>\n>1000{0}\n\n> <active>\nyes\n\n"
SEEDS = {
    ".sdf": "".join(f"{b}{ITEMS.format(n)}$$$$\n" for n, b in enumerate(BLOCKS)),
    ".mol": BLOCKS[0],
    ".smi": "".join(f"{text}\tname {n}\n" for n, text in enumerate(SMILES)),
    ".csv": "smiles,name,value,split\n"
    + "".join(f'"{text}",n{n},{n}.5,train\n' for n, text in enumerate(SMILES)),
    ".tsv": "structure\tactive\n" + "".join(f"{text}\tyes\n{text}C\tno\n" for text in SMILES),
}
PIECES = [
    *"()[]{}<>=#$:;,.|%@+-*/\\\t\n\r\0 ", "\r\n", "$$$$\n", "M  END\n", "M  CHG  9   1   5\n",
    "M  V30 BEGIN ATOM\n", "M  V30 999999999 C 0 0 0 0\n", "M  ISO  1  99 99\n", "> <ID>\n",
    "é\ufeff",
    "V3000", "V2000", "999999", "-1", "1e999", "nan", "C1CC1", "[#500]", "[999C]", "[C+99]", "%99",
    "C(", "))", "c1ccccc1", "*", "[nH]", "[H]", "[Fe]", ">>", "  0", " R#", " Xx", "  1  1  4  0\n",
    "A    1\n\n", "M  SAP   1  1   2   1\n", "M  RGP  1   1   1\n", "M  ALS   1  2 F C   N\n",
    "9" * 400, "C" * 1200, "C1" * 60,
]  # fmt: skip


def mutated(rng):
    """A suffix, and the content of a file."""
    suffix, text = rng.choice(list(SEEDS.items()))
    for _ in range(rng.randint(1, 6)):
        first = rng.randrange(len(text) + 1)
        last = min(len(text), first + rng.choice((0, 1, 1, 5, 40, 400)))
        other = rng.randrange(len(text) + 1)
        insert = rng.choice((rng.choice(PIECES), text[other : other + rng.choice((1, 8, 200))], ""))
        text = text[:first] + insert * rng.choice((1, 1, 1, 2, 200)) + text[last:]
    content = text.encode(errors="surrogatepass")
    if rng.random() < 0.2:
        content, suffix = gzip.compress(content, mtime=0), f"{suffix}.gz"
    if rng.random() < 0.2 and content:
        place = rng.randrange(len(content))
        content = content[:place] + rng.randbytes(rng.choice((0, 1, 4))) + content[place + 1 :]
    return suffix, content


def complaints(path):
    """The error that a file ends in, or the reasons and notes of its rows."""
    try:
        molecules = load_molecules(path)
    except DataError as error:
        return [str(error)]
    table = molecules.table
    assert (table["error"].ne("") | table["smiles"].ne("")).all()
    try:
        drug_likeness(table["smiles"].tolist()[:5])
    except DataError as error:
        return [str(error), *table["error"], *molecules.notes]
    return [*table["error"], *molecules.notes]


@pytest.mark.parametrize("part", range(5))
def test_mutated_files_end_in_rows_or_in_an_error_of_ours(part, tmp_path, capfd):
    for number in range(part, COUNT, 5):
        suffix, content = mutated(random.Random(number))
        path = tmp_path / f"m{suffix}"
        path.write_bytes(content)
        begun = time.process_time()
        said = complaints(path)
        assert time.process_time() - begun < 5, number
        assert all(len(text) <= 300 and "\n" not in text for text in said), (number, said)
    assert capfd.readouterr() == ("", "")
