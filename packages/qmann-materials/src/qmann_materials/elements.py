"""Elements: their symbols, masses and properties, as ``NOTICE-elements.txt`` says where from."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

_FILE = Path(__file__).with_name("elements.csv")
_ROWS = tuple(csv.DictReader(_FILE.read_text("utf-8").splitlines()))
_STATES = {row["symbol"]: tuple(map(int, row["oxidation_states"].split())) for row in _ROWS}
PROPERTIES = tuple(name for name in _ROWS[0] if name not in ("symbol", "oxidation_states"))
"""Columns of `element_table`."""
SYMBOLS = tuple(row["symbol"] for row in _ROWS if row["Row"])
"""Elements whose properties are known, by number: from H to Pu."""
MASSES = {row["symbol"]: float(row["AtomicWeight"]) for row in _ROWS}
"""g/mol of all 118 elements; of the most stable isotope where there is no natural mixture."""


@cache
def element_table() -> Float[np.ndarray, "element property"]:
    """``PROPERTIES`` of ``SYMBOLS``, in the units of ``NOTICE-elements.txt``; NaN where missing."""
    rows = _ROWS[: len(SYMBOLS)]
    table = np.array([[float(row[name] or "nan") for name in PROPERTIES] for row in rows])
    table.flags.writeable = False
    return table


def oxidation_states(symbol: str) -> tuple[int, ...]:
    """Common oxidation states in ascending order; none of noble gases and beyond Pu.

    Raises:
        KeyError: no such element.
    """
    return _STATES[symbol]
