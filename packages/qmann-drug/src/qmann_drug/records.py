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
        return _active() if application.demo == "activity" else demo_molecules(application.demo)
    return load_molecules(
        source,
        target=application.target if known else None,
        known=known,
        smiles_column=application.smiles_column,
        standardise=application.standardise,
        tautomers=application.tautomers,
    )


def read_unknown(source: Any, application: DrugConfig) -> Molecules:
    """What a source holds that is to be predicted.

    Raises:
        DataError: none of it can be used.
    """
    usable(molecules := read_molecules(source, application, known=False))
    return molecules


def _active() -> Molecules:
    """The affinity demo as classes."""
    series = demo_molecules("affinity")
    target = series.table["target"]
    table = series.table.assign(target=(target >= _POTENT).where(target.notna()).astype(float))
    return replace(series, table=table, target=f"pActivity >= {_POTENT:g}")
