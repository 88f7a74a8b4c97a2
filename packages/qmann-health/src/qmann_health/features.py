"""Patients to samples: numbers as they are, words as 0 and 1, missing values as NaN."""

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from pandas import Series

from qmann_core.data import (
    Column,
    Samples,
    arrange,
    as_numbers,
    convert,
    need_column,
    samples_in_order,
)
from qmann_core.errors import ConfigError, DataError

from .columns import cells, read
from .config import HealthConfig
from .data import Patients

_PARTS = ("test", "testing", "train", "training")


def settle(patients: Patients, application: HealthConfig) -> dict[str, Any]:
    """What patients decide of the settings: which columns are read, and with what words."""
    if application.columns is not None:
        return {}
    frame, _ = read(patients.table, patients.columns, patients.source)
    return {
        "columns": patients.columns,
        "gaps": tuple(name for name in frame if frame[name].isna().any()),
        "words": patients.words,
    }


def design(patients: Patients, application: HealthConfig) -> Float[np.ndarray, "row feature"]:
    """What models read of each row; NaN where a value is missing.

    A number is one feature, or log(1 + x) where that is asked; two words are one, 0 or 1; of more
    each is one. A column in which values were missing at the fit has another, 1 where they are.
    """
    settled = application.model_copy(update=settle(patients, application))
    columns, log1p = settled.columns or {}, settled.log1p
    frame, _ = read(patients.table, columns, patients.source, log1p=log1p)
    parts = []
    for name, words in columns.items():
        values, missing = frame[name], frame[name].isna().to_numpy()
        if words is None:
            parts.append(np.log1p(values) if name in log1p else values)
        else:
            shown = words[1:] if len(words) == 2 else words
            parts += [np.where(missing, np.nan, values.eq(word)) for word in shown]
        parts += [missing] if name in settled.gaps else []
    return np.column_stack(parts).astype(np.float64)


def patient_samples(patients: Patients, application: HealthConfig) -> Samples:
    """Known patients in the order of the split, then those to be predicted.

    Rows of a patient share a unit, whose name tells nothing, where folds are between patients.

    Raises:
        ConfigError: a split in time without a column of times.
        DataError: what the split goes by is not there, or parts a patient.
    """
    x, n = design(patients, application), len(patients.table)
    y = np.full(n, np.nan) if patients.target is None else patients.target.to_numpy(float)
    labels = np.array([f"row {row}" for row in patients.table.index])
    known, patient, split = np.isfinite(y), patients.patient, application.split
    found = None
    if known.any() and split in ("time", "given"):
        time = _times(patients, application)[known] if split == "time" else None
        given = _given(patients, known) if split == "given" else None
        share, n_known = application.test_fraction, int(known.sum())
        found = arrange(split, n_known, test_fraction=share, seed=0, time=time, given=given)
    samples = samples_in_order(x, y[:, None], labels, arrangement=found, name="patients")
    if patient is None or found is not None:
        return samples
    unit = patient[np.argsort(~known, kind="stable")]
    return replace(samples, unit=unit, units=tuple(f"patient {k}" for k in range(unit.max() + 1)))


def _times(patients: Patients, application: HealthConfig) -> Float[np.ndarray, " row"]:
    if application.time is None:
        raise ConfigError("got split=time without a column of times: give time=, or another split")
    place = need_column(patients.table.columns, application.time, where=patients.source)
    values = patients.table[place]
    numbers = as_numbers(cells(values))
    if numbers.notna().any():
        return numbers.to_numpy()
    days = convert(values, Column(place, "date"), patients.source)
    return days.to_numpy("datetime64[s]").astype(float)


def _given(patients: Patients, known: Bool[np.ndarray, " row"]) -> Bool[np.ndarray, " known"]:
    table = patients.table[known]
    parts = table.get("split", Series("", table.index)).astype("str").str.strip().str.lower()
    test = parts.isin(_PARTS[:2]).to_numpy()
    number = np.arange(len(test)) if patients.patient is None else patients.patient[known]
    both = np.intersect1d(number[test], number[~test])
    if len(both) or not parts.isin(_PARTS).all():
        raise DataError(
            f"{patients.source}: split=given needs a column split with train or test in each row, "
            f"and each patient in one of them ({len(both)} are in both): correct it, or choose "
            "another split"
        )
    return test
