"""Molecules like a given one, hits among many, and what medicinal chemists look at first."""

from typing import Any

import numpy as np
from pandas import DataFrame
from rdkit import Chem
from rdkit.Chem import Descriptors
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogParams
from rdkit.Contrib.SA_Score import sascorer
from rdkit.DataStructs import BulkTanimotoSimilarity, ExplicitBitVect

from qmann_core.data import whole
from qmann_core.errors import DataError
from qmann_core.evaluation import classes, draw, fidelities, nearest_beside, ranked
from qmann_core.tasks import Result, in_place, usable

from .data import DEMOS, Molecules, demo_molecules, load_molecules
from .fingerprints import as_bits, fingerprints, kept_fingerprints

_SHOWN = ["name", "smiles", "target"]
_FIDELITY = "Fidelity, simulated: c^2 / (a b) of Morgan fingerprints of a and b bits, c shared"
_RDKIT = dict(Descriptors.descList)
_LIKENESS = {"QED": "qed", "weight": "MolWt", "logP": "MolLogP"}
_LIKENESS |= {"donors": "NHOHCount", "acceptors": "NOCount"}  # as Lipinski counts them
_MOST = {"weight": 500, "logP": 5, "donors": 5, "acceptors": 10}
_SOURCES = (
    "By RDKit: QED, Nat. Chem. 2012, 4, 90; violations of the rule of five (at most 500, 5, 5, 10),"
    " Adv. Drug Deliv. Rev. 1997, 23, 3; SA, from 1, easy to make, to 10, J. Cheminf. 2009, 1, 8; "
    "PAINS, groups that disturb assays, J. Med. Chem. 2010, 53, 2719"
)


def similar(query: Any, library: Any = "approved", k: int | str = 5) -> Result:
    """The ``k`` molecules of a library most like each query, by a quantum memory and by Tanimoto.

    Args:
        query: what `load_molecules` takes; rows that cannot be used keep their place.
        library: the same, or a demo's name; of what can be used, each molecule once.
        k: from 1.

    Raises:
        DataError: molecules that cannot be read, or none that can be used.
        ConfigError: ``k`` is no whole number from 1.
    """
    count = whole("k", k, most=10**6)
    asked, source = _read(query), _read(library)
    queries, shelf = usable(asked), usable(source, once="smiles")
    bits, known = fingerprints(queries["smiles"]), _shelved(library, shelf)
    scans = (np.array(BulkTanimotoSimilarity(each, known)) for each in bits)
    keys = dict(zip(queries["row"], as_bits(bits), strict=True))
    found, notes = nearest_beside(
        shelf[_SHOWN], as_bits(known), keys, scans, count, name="Tanimoto"
    )
    return Result(
        title=f"The most similar molecules of {source.source}",
        table=in_place(asked, found, "query"),
        notes=(_FIDELITY, *notes, *asked.notes, *(f"Library: {note}" for note in source.notes)),
    )


def screen(
    library: Any = "affinity",
    actives: Any = 5,
    *,
    threshold: float | str | None = None,
    seed: int | str = 0,
    k: int | str | None = None,
) -> Result:
    """A library by its largest likeness to an active, by a quantum memory and by Tanimoto.

    Where it is known what is active, with EF 1 %, BEDROC and AUROC, see `ranking.recognition`.

    Args:
        library: what `load_molecules` takes, or a demo's name; of what can be used, each once.
        actives: the same, left out of the library; or how many of the library's own to draw.
        threshold: targets from here on are active; None: targets are 0 and 1, or say nothing.
        seed: of the draw.
        k: how many to show, the best first; all when left out.

    Raises:
        DataError: molecules that cannot be read, none that can be used, or one class only.
        ConfigError: a number that is none.
    """
    count = None if k is None else whole("k", k, most=10**6)
    source = _read(library)
    shelf = usable(source, once="smiles")
    truth = classes(shelf["target"].to_numpy(), threshold)
    own = isinstance(actives, int) or (isinstance(actives, str) and actives.isdecimal())
    active = (
        shelf.iloc[draw(truth, actives, seed)] if own else usable(_read(actives), once="smiles")
    )
    others = ~shelf["smiles"].isin(active["smiles"]).to_numpy()
    if not others.any():
        raise DataError(f"{source.source}: all are actives; expected other molecules to rank")
    bits, known = fingerprints(active["smiles"]), fingerprints(shelf["smiles"][others])
    likeness = {
        "fidelity": fidelities(as_bits(known), as_bits(bits)),
        "Tanimoto": np.array([BulkTanimotoSimilarity(each, known) for each in bits]),
    }
    names = active["smiles"].to_numpy(str)
    table, figures = ranked(shelf.loc[others, _SHOWN], likeness, names, truth[others])
    return Result(
        title=f"{source.source} by the largest likeness to one of {len(active)} actives",
        table=table.rename(columns={"positive": "active"})[:count],
        figures=figures,
        notes=(f"{_FIDELITY}; ties count as the mean of all orders", *source.notes),
    )


def drug_likeness(molecules: Any) -> Result:
    """QED, rule of five, PAINS and synthetic accessibility of what `load_molecules` takes.

    Raises:
        DataError: molecules that cannot be read, or none that can be used.
    """
    source = _read(molecules)
    rows = usable(source)
    parsed = [Chem.MolFromSmiles(smiles) for smiles in rows["smiles"]]
    values = {column: list(map(_RDKIT[name], parsed)) for column, name in _LIKENESS.items()}
    found = rows[["row", "smiles"]].assign(**values)
    found["violations"] = sum(found[name] > most for name, most in _MOST.items())
    found["SA"] = list(map(sascorer.calculateScore, parsed))
    pains = FilterCatalog(FilterCatalogParams.FilterCatalogs.PAINS)
    alerts = [[alert.GetDescription() for alert in pains.GetMatches(each)] for each in parsed]
    found["PAINS"] = list(map("; ".join, alerts))
    return Result(
        title="Drug-likeness",
        table=in_place(source, found, "molecule"),
        notes=(_SOURCES, *source.notes),
    )


def _read(source: Any) -> Molecules:
    return demo_molecules(source) if _named(source) else load_molecules(source)


def _shelved(library: Any, shelf: DataFrame) -> list[ExplicitBitVect]:
    """Fingerprints of a library's molecules."""
    smiles = shelf["smiles"]
    return kept_fingerprints(library, smiles) if _named(library) else fingerprints(smiles)


def _named(source: Any) -> bool:
    return isinstance(source, str) and source in DEMOS
