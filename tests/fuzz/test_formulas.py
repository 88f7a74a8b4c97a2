"""Mutated tables and structures of materials: rows, some with a reason, or an error of ours."""

import os
import random
import time

import pytest
from crystals import MIXED, NACL, poscar

from qmann_core.errors import DataError
from qmann_materials import load_materials

COUNT = int(os.environ.get("QMANN_FUZZ", "20"))
SEEDS = {
    ".cif": NACL + MIXED,
    ".vasp": poscar(),
    ".csv": "formula,temperature,gap expt\nNaN,25,1.5\nCuSO4·5H2O,,2\nAl0.5CoCrFeNi,600,3\n",
    ".tsv": "alloy\thardness\nTi Nb Ta Zr\t300\n[Fe(CN)6]4-\t>100\n",
}
PIECES = [
    *"()[]{}·.,;'\"\n\r\t\0_#?-+^ ₂⁺",
    "data_", "loop_\n", "_cell_length_a 0\n", "1e999", "nan", "-1",
    "_atom_site_occupancy\n", "'P 21/c'", "Direct\n", "Selective", "0.5(3)", "Xx", "9" * 400,
    "Fe" * 300, "(" * 90, "é\ufeff", "D2O", "\n\n", "1 1 1\n", "999999",
]  # fmt: skip


def mutated(rng):
    """A suffix, and the content of a file."""
    suffix, text = rng.choice(list(SEEDS.items()))
    for _ in range(rng.randint(1, 6)):
        first = rng.randrange(len(text) + 1)
        last = min(len(text), first + rng.choice((0, 1, 1, 5, 40, 400)))
        other = rng.randrange(len(text) + 1)
        insert = rng.choice((rng.choice(PIECES), text[other : other + rng.choice((1, 8, 200))], ""))
        text = text[:first] + insert * rng.choice((1, 1, 1, 2, 50)) + text[last:]
    return suffix, text.encode(errors="surrogatepass")


@pytest.mark.parametrize("part", range(5))
def test_mutated_files_end_in_rows_or_in_an_error_of_ours(part, tmp_path, capfd):
    for number in range(part, COUNT, 5):
        suffix, content = mutated(random.Random(number))
        path = tmp_path / f"m{suffix}"
        path.write_bytes(content)
        begun = time.process_time()
        try:
            found = load_materials(path)
            said = [*found.table["error"], *found.notes]
            assert (found.table["error"].ne("") | found.table["formula"].ne("")).all(), number
        except DataError as error:
            said = [str(error)]
        assert time.process_time() - begun < 5, number
        assert all(len(text) <= 300 and "\n" not in text for text in said), (number, said)
    assert capfd.readouterr() == ("", "")
