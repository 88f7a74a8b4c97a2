"""Followed patients to samples, with when risks are told."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from qmann_core.data import Samples
from qmann_core.errors import DataError
from qmann_core.survival import median_follow_up

from ..config import HealthConfig
from ..features import patient_samples, settle
from .data import Followed


def settle_horizon(patients: Followed, application: HealthConfig) -> dict[str, Any]:
    """What patients decide of the settings: columns, words, and the horizon if none was given.

    Raises:
        DataError: a horizon that nobody was followed to.
    """
    assert patients.target is not None
    assert patients.event is not None
    known = patients.target.notna()
    time, event = (each[known].to_numpy(float) for each in (patients.target, patients.event))
    horizon = application.horizon or median_follow_up(time, event)
    if horizon > time.max():
        raise DataError(
            f"{patients.source}: horizon {horizon:g} is beyond the last time, {time.max():g}: "
            f"nothing is known there. Expected at most that; median follow-up is "
            f"{median_follow_up(time, event):g}"
        )
    return {**settle(patients, application), "horizon": horizon}


def followed_samples(patients: Followed, application: HealthConfig) -> Samples:
    """As `patient_samples`, with columns event, and horizon of all alike, beside the time."""
    samples = patient_samples(patients, application)
    assert samples.label is not None
    event = np.zeros(len(samples), dtype=np.float32)
    if patients.event is not None:
        rows = [int(label.removeprefix("row ")) for label in samples.label]
        event = patients.event.fillna(0).loc[rows].to_numpy(np.float32)
    horizon = torch.full((len(samples),), application.horizon or 0.0)
    return replace(samples, aux={"event": torch.from_numpy(event), "horizon": horizon})
