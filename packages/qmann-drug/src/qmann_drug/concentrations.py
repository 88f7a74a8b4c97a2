"""Potencies that are given as concentrations, and their logarithms, which models learn better."""

import re

import numpy as np
from pandas import DataFrame, to_numeric

from qmann_core.data import find_column, plain_name

_EXPONENTS = {"pm": 12, "nm": 9, "um": 6, "µm": 6, "μm": 6, "mm": 3, "m": 0}
_NAME = re.compile(rf"\b(ic50|ec50|ac50|gi50|ki|kd)\W+({'|'.join(_EXPONENTS)})\b")


def with_logarithm(table: DataFrame, target: str | None) -> DataFrame:
    """The table with a column such as pIC50, where that is asked for and IC50 (nM) is there.

    It is -log10 of the concentration in mol/L; what is no number stays as it is.
    """
    if target is None or find_column(table.columns, (target,)) is not None:
        return table
    for column in table.columns:
        named = _NAME.search(plain_name(column))
        if named and plain_name(target) == f"p{named[1]}":
            values = to_numeric(table[column], errors="coerce")
            logarithm = _EXPONENTS[named[2]] - np.log10(values.where(values > 0))
            kept = logarithm.astype("object").where(values.notna(), table[column])
            return table.assign(**{target: kept})
    return table


def offer(target: str | None) -> tuple[str, ...]:
    """What to say where targets are concentrations."""
    named = _NAME.search(plain_name(target or ""))
    if named is None:
        return ()
    logarithm = f"p{named[1].upper() if named[1].endswith('50') else named[1].capitalize()}"
    return (f"targets are concentrations: a model learns {logarithm} better; name it as target",)
