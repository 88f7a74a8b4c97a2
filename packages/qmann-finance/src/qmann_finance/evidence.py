"""Remembered cases in the units of the prices: which days they were, and what followed."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

if TYPE_CHECKING:  # which PyTorch comes with
    from qmann_core.tasks import Prediction

Array = NDArray[np.floating[Any]]

_SHOWN_DAYS = 5


def evidence_table(
    prediction: "Prediction", followed: Callable[[Array], Mapping[str, Array]]
) -> DataFrame | None:
    """A row for each case of each series, with what followed it; ``followed`` reads targets."""
    evidence, samples = prediction.evidence, prediction.samples
    if evidence is None:
        return None
    names = [samples.units[group] for group in samples.unit]
    cases = {"case": evidence.series, "date": evidence.time}
    return evidence.to_frame("unique_id", names, cases, followed(evidence.y))


def price_changes(paths: Array) -> dict[str, Array]:
    """Columns of the change in percent after up to five days of log-return paths (..., day)."""
    horizon = paths.shape[-1]
    days = np.unique(np.linspace(1, horizon, _SHOWN_DAYS).round().astype(int))
    return {f"+{day} d %": to_change(paths[..., day - 1]) for day in days.tolist()}


def returns_and_sigmas(targets: Array) -> dict[str, Array]:
    """Columns of return and volatility over the horizon, in percent, of `variance_windows`."""
    returns, squares, _ = np.moveaxis(targets, -1, 0)
    return {"return %": to_change(returns), "sigma %": np.sqrt(squares)}


def to_change(log_return: Array) -> Array:
    """Percent of log return to percent of the price."""
    return np.asarray(100 * np.expm1(log_return / 100))
