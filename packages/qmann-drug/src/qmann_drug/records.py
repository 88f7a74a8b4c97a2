"""From what a run is given to molecules, as its configuration says."""

from dataclasses import replace
from typing import Any

from qmann_core.tasks import usable

from .config import DrugConfig
from .data import Molecules, demo_molecules, load_molecules

_POTENT = 7.0  # pActivity: half the activity at 100 nmol/L


def read_molecules(source: Any, application: DrugConfig, *, known: bool = True) -> Molecules:
    """What a source holds; the demo of the configuration where there is none."""
    if source is None:
        if application.demo == "activity":
            return _in_classes(demo_molecules("affinity"), _POTENT)
        return demo_molecules(application.demo)
    molecules = load_molecules(
        source,
        target=application.target if known else None,
        known=known,
        smiles_column=application.smiles_column,
        standardise=application.standardise,
        tautomers=application.tautomers,
    )
    if application.threshold is None or not known:
        return molecules
    return _in_classes(molecules, application.threshold)


def read_unknown(source: Any, application: DrugConfig) -> Molecules:
    """What a source holds that is to be predicted.

    Raises:
        DataError: none of it can be used.
    """
    usable(molecules := read_molecules(source, application, known=False))
    return molecules


def _in_classes(molecules: Molecules, threshold: float) -> Molecules:
    """1 from the threshold on, and 0 below."""
    target = molecules.table["target"]
    classes = (target >= threshold).where(target.notna()).astype(float)
    name = f"{molecules.target or 'target'} >= {threshold:g}"
    return replace(molecules, table=molecules.table.assign(target=classes), target=name)
