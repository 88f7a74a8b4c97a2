"""SD files: a record up to each line of $$$$, which RDKit reads or says why not."""

import re
from functools import lru_cache
from typing import Any

from pandas import DataFrame
from rdkit import Chem
from rdkit.Chem.rdChemReactions import ReactionFromRxnBlock

_END, _NEXT = "M  END", "$$$$"
_MOST_LINES = 5000  # beyond some hundred atoms with their bonds and data it is no small molecule
_MOST_RINGS = 100  # RDKit takes minutes for more, and memory without end
_MOST_SAID = 120  # characters of a reason, which may repeat a line
_NEWLINE = re.compile(r"\r\n|\r|\n")
_COUNTS = re.compile(r"V[23]000\s*$")
_SIZES = re.compile(r"M  V30 COUNTS +(\d+) +(\d+)|(?m:^([ \d]{3})([ \d]{3}).*V2000)")
_ITEM = re.compile(r">[^<]*<(.*)>")
# RDKit says why it cannot read a molecule to its log alone, unless it stands in a reaction.
_REACTION = "$RXN\n\n\n\n  1  0\n$MOL\n"
_SAID = re.compile(r"The error was:\s*(.*?)(?: (?:at|on) line ?\d+)?\s*$", re.DOTALL)


def read_sdf(text: str) -> DataFrame:
    """A row for each record: its data, name, SMILES, and the reason where there is no SMILES.

    Blank lines too many before M  END or too few before the counts, as other programs and copied
    text have them, are mended.

    Raises:
        ValueError: there is no record.
    """
    if _END not in text:
        raise ValueError("no line 'M  END', where a molecule ends")
    records: list[list[str]] = [[]]
    for line in _NEWLINE.split(text):
        if line.startswith(_NEXT):
            records.append([])
        else:
            records[-1].append(line)
    if not any(map(str.strip, records[-1])):
        records.pop()
    return DataFrame([_row(record) for record in records]).dropna(axis="columns", how="all")


def _row(record: list[str]) -> dict[str, Any]:
    end = next((n for n, line in enumerate(record) if line.rstrip() == _END), len(record))
    block = _mended(record[:end])
    if end < len(record):
        smiles, reason = _smiles("\n".join([*block, _END, ""]), len(record))
    else:
        blank = not any(map(str.strip, record))
        smiles, reason = "", None if blank else f"no line {_END!r}, where a molecule ends"
    name = block[0].strip() if block else ""
    own = {"_smiles": smiles, "_name": name or None, "_error": reason}
    return own | _data(record[end + 1 :]) | own  # first in order, and not to be replaced


def _mended(block: list[str]) -> list[str]:
    """Three lines before that of the counts, and no blank ones after it."""
    counts = next((n for n, line in enumerate(block) if _COUNTS.search(line)), None)
    if counts is None:
        return block
    before = block[max(counts - 3, 0) : counts]
    after = [line for line in block[counts:] if line.strip()]
    return [*[""] * (3 - len(before)), *before, *after]


def _data(lines: list[str]) -> dict[str, str]:
    """Data items: a line with the name, those of the value, and a blank one that may be missing."""
    found: dict[str, list[str]] = {}
    value: list[str] = []
    for line in lines:
        if named := _ITEM.match(line):
            value = found.setdefault(named[1].strip(), [])
        elif line.strip():
            value.append(line.strip())
        else:
            value = []
    return {name: "\n".join(value) for name, value in found.items()}


@lru_cache(maxsize=1024)
def _smiles(block: str, n_lines: int) -> tuple[str, str | None]:
    """SMILES, or "" and the reason."""
    if n_lines > _MOST_LINES or len(block) > 100 * _MOST_LINES:
        return "", f"too large: more than {_MOST_LINES} lines, or very long ones"
    if _rings(block) > _MOST_RINGS:
        return "", f"too large: more than {_MOST_RINGS} rings"
    # One with an impossible valence is read all the same, for its SMILES to tell the reason.
    mol = Chem.MolFromMolBlock(block) or Chem.MolFromMolBlock(block, sanitize=False)
    return ("", _reason(block)) if mol is None else (Chem.MolToSmiles(mol), None)


def _rings(block: str) -> int:
    """How many rings there are at least, by the counts of atoms and bonds."""
    counts = (
        [int(number) for number in found if number.strip()] for found in _SIZES.findall(block)
    )
    return max((sizes[1] - sizes[0] for sizes in counts if len(sizes) == 2), default=0)


def _reason(block: str) -> str:
    try:
        ReactionFromRxnBlock(_REACTION + block)
    except ValueError as error:
        said = _SAID.search(str(error))
        why = said[1] if said else "its lines are not those of a molecule"
    except (RuntimeError, IndexError):
        why = "it names an atom or a bond that is not there"
    else:
        why = "its lines are not those of a molecule"
    return f"not readable as a molfile: {' '.join(why.split())[:_MOST_SAID]}"
