"""Patients like a given one, by a quantum memory and by distance, and in what they agree."""

from typing import Any

import numpy as np
from jaxtyping import Bool
from pandas import DataFrame

from qmann_core.data import cells, join_first, need_column, read_covariates, whole
from qmann_core.errors import DataError
from qmann_core.evaluation import nearest_beside
from qmann_core.tasks import Result

from .config import HealthConfig
from .data import Patients, demo_patients, load_patients
from .features import design
from .reports import RESEARCH

_FIDELITY = "Fidelity, simulated: squared cosine of (1, z / sqrt(p)), of p standardised features z"
_CLOSE, _SHOWN = 0.5, 5  # standard deviations, and columns named


def similar_patients(
    table: Any = None,
    patient: int | str | None = None,
    k: int | str = 5,
    *,
    target: str | None = None,
    identifier: str | None = None,
) -> Result:
    """The ``k`` patients of a table most like one of them, beside those nearest by distance.

    The table says of each in which columns it agrees, the same word or a number within half a
    standard deviation, and in which it differs most.

    Args:
        table: what `load_patients` takes; breast masses of scikit-learn when left out.
        patient: number of its row, from 1, or what ``identifier`` has for it; the last row when
            left out.
        k: how many, from 1.
        target: column of an outcome, which has no say and is shown.
        identifier: column that says which rows are of one patient.

    Raises:
        DataError: a table that cannot be used, or no such patient.
        ConfigError: ``k`` is no whole number from 1.
    """
    given: dict[str, Any] = {
        "target": target,
        "identifier": identifier,
        "known": target is not None,
    }
    patients = demo_patients() if table is None else load_patients(table, **given)
    own = _rows_of(patients, patient, identifier)
    x, others = design(patients, HealthConfig()), ~own
    deviation = np.nanstd(x, axis=0)
    z = np.nan_to_num((x - np.nanmean(x, axis=0)) / np.where(deviation > 0, deviation, 1.0))
    keys = np.column_stack((np.ones(len(z)), z / np.sqrt(z.shape[1])))
    asked = int(np.flatnonzero(own)[-1])
    entries = DataFrame({"patient": [f"row {row}" for row in patients.table.index]})
    if patients.target is not None:
        named = dict(enumerate(patients.words))
        entries["outcome"] = patients.target.map(named).fillna("").to_numpy()
    entries[["agrees in", "differs most in"]] = _compared(patients, asked)
    nearness = 1 / (1 + np.sqrt(np.square(z[others] - z[asked]).mean(axis=1)))
    query = {asked + 1: keys[asked]}
    found, notes = nearest_beside(
        entries[others], keys[others], query, [nearness], whole("k", k), name="nearness"
    )
    return Result(
        title=f"Patients most like that of row {asked + 1}",
        table=found.drop(columns=["row", "weight %"]),
        notes=(RESEARCH, _FIDELITY, *notes, *patients.notes),
    )


def _rows_of(
    patients: Patients, patient: int | str | None, identifier: str | None
) -> Bool[np.ndarray, " row"]:
    """The rows of the patient that is asked for."""
    n = len(patients.table)
    if identifier is not None and patient is not None:
        column = need_column(patients.table.columns, identifier)
        rows = cells(patients.table[column]).eq(str(patient)).to_numpy()
        if not rows.any():
            raise DataError(f"{patients.source}: no row of {identifier!r} has this patient")
        return rows
    number = n if patient is None else whole("patient", patient, most=n)
    group = np.arange(n) if patients.patient is None else patients.patient
    return np.asarray(group == group[number - 1])


def _compared(patients: Patients, asked: int) -> list[tuple[str, str]]:
    """Of each row in what it agrees with one, and in what it differs most, in words."""
    frame, _ = read_covariates(patients.table, patients.columns, patients.source)
    apart = DataFrame(index=frame.index)
    for name, values in frame.items():
        one = values.iloc[asked]
        if patients.columns[str(name)] is None:
            apart[name] = (values - one).abs() / values.std()
        else:
            apart[name] = values.ne(one).astype(float).where(values.notna() & (one == one))
    names, size = np.array(frame.columns, dtype=str), apart.to_numpy()
    order = np.argsort(-np.nan_to_num(size), axis=1, kind="stable")
    found = []
    for far, by in zip(size, order, strict=True):
        same, known = names[far <= _CLOSE], int(np.isfinite(far).sum())
        most = [name for name, gap in zip(names[by], far[by], strict=True) if gap > _CLOSE][:3]
        text = f"{len(same)} of {known}: {join_first([*same], limit=_SHOWN)}"
        found.append((text, ", ".join(most)))
    return found
