"""Remembered cases in the units of the prices: which days they were, and what followed."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame

if TYPE_CHECKING:  # which PyTorch comes with
    from qmann_core.tasks import Prediction

from .data import Prices
from .variance import daily_returns

Array = NDArray[np.floating[Any]]

AFTER = 21
"""Days over which to show the volatility that followed; of one day it says next to nothing."""
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
    if evidence.level is not None:
        cases["sigma then %"] = np.exp(evidence.level)
    return evidence.to_frame("unique_id", names, cases, followed(evidence.y))


def price_changes(paths: Array) -> dict[str, Array]:
    """Columns of the change in percent after up to five days of log-return paths (..., day)."""
    horizon = paths.shape[-1]
    days = np.unique(np.linspace(1, horizon, _SHOWN_DAYS).round().astype(int))
    return {f"+{day} d %": to_change(paths[..., day - 1]) for day in days.tolist()}


def sigmas_after(
    prices: Prices, series: Array, dates: Array, unit: int, horizon: int
) -> dict[str, Array]:
    """A column of the volatility that followed days, realised over the horizon or 21 days.

    Over whichever is longer, or as many days as there are: the root of the mean squared daily
    return times ``unit``, which compares with a sigma of as many days. A day that the prices do not
    have has none.
    """
    days = max(horizon, AFTER)
    pairs = zip(series.ravel().tolist(), dates.ravel(), strict=True)
    found = [_realised(prices, str(name), date, days) for name, date in pairs]
    sigma = np.sqrt(unit * np.array(found)).reshape(series.shape)
    return {"sigma after %": sigma}


def _realised(prices: Prices, name: str, date: Any, days: int) -> float:
    """Mean squared daily return over the days after a date."""
    frame = prices.frames.get(name)
    row = -1 if frame is None else int(frame.index.get_indexer(pd.Index([date]))[0])
    if frame is None or not 0 <= row < len(frame) - 1:
        return np.nan
    return float(np.square(daily_returns(frame.iloc[row : row + days + 1])).mean())


def to_change(log_return: Array) -> Array:
    """Percent of log return to percent of the price."""
    return np.asarray(100 * np.expm1(log_return / 100))
