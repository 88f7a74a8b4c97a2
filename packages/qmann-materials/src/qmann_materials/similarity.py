"""Materials like a given one."""

from typing import Any

import numpy as np

from qmann_core.data import whole
from qmann_core.evaluation import nearest_beside
from qmann_core.tasks import Result, in_place, usable

from .compositions import in_common, keys
from .data import DEMOS, Materials, demo_materials, load_materials

_FIDELITY = "Fidelity, simulated: (sum_i sqrt(x_i y_i))^2 of atomic fractions x and y"


def similar_materials(query: Any, library: Any = "strength", k: int | str = 5) -> Result:
    """The ``k`` materials of a library most like each query, by a quantum memory of compositions.

    Beside it stands a classical scan: the part of atoms in common, sum_i min(x_i, y_i).

    Args:
        query: what `load_materials` takes; rows that cannot be used keep their place.
        library: the same, or a demo's name: hardness, strength or phase.
        k: from 1.

    Raises:
        DataError: materials that cannot be read, or none that can be used.
        ConfigError: ``k`` is no whole number from 1.

    Example:
        >>> similar_materials("Al0.5CoCrFeNi").to_frame()  # doctest: +SKIP
    """
    count = whole("k", k, most=10**6)
    asked, source = load_materials(query, known=False), _library(library)
    queries, shelf = usable(asked), usable(source, once="formula")
    known, wanted = keys(shelf["formula"]), keys(queries["formula"])
    scans = (np.minimum(np.square(known), np.square(each)).sum(axis=1) for each in wanted)
    shown = shelf[["name", "formula", "target"]]
    found, notes = nearest_beside(
        shown, known, dict(zip(queries["row"], wanted, strict=True)), scans, count, name="shared"
    )
    asking = found["row"].map(queries.set_index("row")["formula"])
    both = (keys(asking) > 0) & (keys(found["formula"]) > 0)
    found.insert(4, "in common", in_common(both))
    return Result(
        title=f"The most similar materials of {source.source}",
        table=in_place(asked, found, "query"),
        notes=(_FIDELITY, *notes, *asked.notes, *(f"Library: {note}" for note in source.notes)),
    )


def _library(source: Any) -> Materials:
    named = isinstance(source, str) and source in DEMOS
    return demo_materials(source) if named else load_materials(source)
