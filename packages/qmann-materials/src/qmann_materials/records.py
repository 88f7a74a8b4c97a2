"""From what a run is given to materials, as its configuration says."""

from typing import Any

from qmann_core.tasks import usable

from .config import MaterialsConfig
from .data import Materials, conditions_of, demo_materials, load_materials


def read_values(source: Any, application: MaterialsConfig, *, known: bool = True) -> Materials:
    """Materials with values; the demo of the configuration where there is no source."""
    return _read(source, application, known=known, classes=False)


def read_classes(source: Any, application: MaterialsConfig, *, known: bool = True) -> Materials:
    """Materials with classes; the demo where there is no source."""
    return _read(source, application, known=known, classes=True)


def read_unknown(source: Any, application: MaterialsConfig) -> Materials:
    """What a source holds that is to be predicted.

    Raises:
        DataError: none of it can be used.
    """
    usable(materials := read_values(source, application, known=False))
    return materials


def _read(source: Any, application: MaterialsConfig, *, known: bool, classes: bool) -> Materials:
    if source is None:
        return demo_materials(application.demo)
    at = {**conditions_of(application.usual), **conditions_of(application.at)}
    return load_materials(
        source,
        target=application.target if known else None,
        formula_column=application.formula_column,
        conditions=application.conditions,
        columns=application.columns,
        at=at,
        words=application.words,
        classes=classes and known,
        known=known,
    )
