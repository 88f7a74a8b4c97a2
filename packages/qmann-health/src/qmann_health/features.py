"""Patients to samples: numbers as they are, words as 0 and 1, missing values as NaN."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from pandas import Series

from qmann_core.data import (
    Arrangement,
    Column,
    Samples,
    arrange,
    as_numbers,
    cells,
    convert,
    covariate_matrix,
    need_column,
    read_covariates,
    samples_in_order,
)
from qmann_core.errors import ConfigError, DataError

from .beats import Beats
from .config import BeatConfig, HealthConfig
from .data import Patients

_PARTS = ("test", "testing", "train", "training")


def settle(patients: Patients, application: HealthConfig) -> dict[str, Any]:
    """What patients decide of the settings: which columns are read, and with what words."""
    if application.columns is not None:
        return {}
    frame, _ = read_covariates(patients.table, patients.columns, patients.source)
    return {
        "columns": patients.columns,
        "gaps": tuple(name for name in frame if frame[name].isna().any()),
        **settle_classes(patients.target, patients.words),
    }


def settle_classes(target: Series | None, words: tuple[str, ...]) -> dict[str, Any]:
    """Classes as they are called, and their shares; without words, the target is no class."""
    if target is None or not words:
        return {}
    counts = np.bincount(target.dropna().astype(int), minlength=len(words))
    return {"words": words, "shares": tuple((counts / counts.sum()).tolist())}


def design(patients: Patients, application: HealthConfig) -> Float[np.ndarray, "row feature"]:
    """What models read of each row, see `covariate_matrix`; NaN where a value is missing."""
    settled = application.model_copy(update=settle(patients, application))
    columns, log1p = settled.columns or {}, settled.log1p
    frame, _ = read_covariates(patients.table, columns, patients.source, log1p=log1p)
    return covariate_matrix(frame, columns, settled.gaps, log1p=log1p)[0]


def patient_samples(patients: Patients, application: HealthConfig) -> Samples:
    """Known patients in the order of the split, then those to be predicted.

    Rows of a patient share a unit, whose name tells nothing, where folds are between patients.

    Raises:
        ConfigError: a split in time without a column of times.
        DataError: what the split goes by is not there, or parts a patient.
    """
    x, n, target = design(patients, application), len(patients.table), patients.target
    number = np.full(n, np.nan) if target is None else target.to_numpy(float)
    known, split = np.isfinite(number), application.split
    found = None
    if known.any() and split in ("time", "given"):
        time = _times(patients, application)[known] if split == "time" else None
        given = _given(patients, known) if split == "given" else None
        share, n_known = application.test_fraction, int(known.sum())
        found = arrange(split, n_known, test_fraction=share, seed=0, time=time, given=given)
    words = application.words or patients.words
    classes, rows = words if len(words) > 2 else (), patients.table.index
    return in_order(x, number, rows, patients.patient, found, classes)


def beat_samples(beats: Beats, application: BeatConfig) -> Samples:
    """Known beats, those that are tested on last, then those to be predicted."""
    x, target, found = beats.table.to_numpy(), beats.target, None
    number = np.full(len(x), np.nan) if target is None else target.to_numpy(float)
    if beats.test is not None:
        given = beats.test[np.isfinite(number)]
        share = application.test_fraction
        found = arrange("given", len(given), test_fraction=share, seed=0, given=given)
    words = application.words or beats.words
    return in_order(x, number, beats.table.index, beats.patient, found, words)


def settle_beats(beats: Beats, _application: BeatConfig) -> dict[str, Any]:
    """What beats decide of the settings: how labels are called, and their shares."""
    return settle_classes(beats.target, beats.words)


def in_order(
    x: Float[np.ndarray, "row feature"],
    number: Float[np.ndarray, " row"],
    rows: Iterable[int],
    patient: Int[np.ndarray, " row"] | None,
    arrangement: Arrangement | None,
    classes: tuple[str, ...],
) -> Samples:
    """Known rows as the split has arranged them, or by patients, then the others.

    Args:
        x: what is read of each.
        number: target, NaN where it is not known.
        rows: their numbers in the table.
        patient: of each, a unit, where no arrangement says which are tested on.
        arrangement: of the known rows.
        classes: names of the targets, which then are a column for each, 1 for that of the row.
    """
    y = number[:, None]
    if classes:
        y = np.where(np.isnan(y), np.nan, y == np.arange(len(classes)))
    labels = np.array([f"row {row}" for row in rows])
    samples = samples_in_order(x, y, labels, arrangement=arrangement, name="patients")
    if classes:
        samples = replace(samples, targets={"class": classes})
    if patient is None or arrangement is not None:
        return samples
    unit = patient[np.argsort(np.isnan(number), kind="stable")]
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
