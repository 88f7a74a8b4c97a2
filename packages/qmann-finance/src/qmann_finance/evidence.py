"""Remembered cases in the units of the prices: which days they were, and what followed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from qmann_core.tasks import Prediction

_SHOWN_DAYS = 5


def forecast_evidence(prediction: Prediction) -> DataFrame | None:
    """For each case, the price change in percent after up to five days of the horizon."""
    if prediction.evidence is None:
        return None
    return _table(prediction, price_changes(prediction.evidence.y))


def volatility_evidence(prediction: Prediction) -> DataFrame | None:
    """For each case, return and volatility over the horizon, in percent."""
    if prediction.evidence is None:
        return None
    returns, squares, _ = np.moveaxis(prediction.evidence.y, -1, 0)
    return _table(prediction, {"return %": to_change(returns), "sigma %": np.sqrt(squares)})


def price_changes(paths: NDArray[np.floating[Any]]) -> dict[str, NDArray[np.floating[Any]]]:
    """Columns of the change in percent after chosen days of log-return paths (..., day)."""
    horizon = paths.shape[-1]
    days = np.unique(np.linspace(1, horizon, _SHOWN_DAYS).round().astype(int))
    return {f"+{day} d %": to_change(paths[..., day - 1]) for day in days.tolist()}


def to_change(log_return: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Percent of log return to percent of the price."""
    return np.asarray(100 * np.expm1(log_return / 100))


def _table(prediction: Prediction, followed: Mapping[str, NDArray[np.floating[Any]]]) -> DataFrame:
    evidence, samples = prediction.evidence, prediction.samples
    assert evidence is not None
    names = [samples.units[group] for group in samples.unit]
    cases = {"case": evidence.series, "date": evidence.time}
    return evidence.to_frame("unique_id", names, cases, followed)
