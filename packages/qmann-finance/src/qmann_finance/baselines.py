"""Baselines: what an expert would use without a network, series by series and fold by fold."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from qmann_core.config import central_probabilities
from qmann_core.data import Folds, Samples
from qmann_core.nn import QLIKE, Limits, SolvedReadout, fit_log_variance
from qmann_core.tasks import Outputs

from .config import FinanceConfig
from .data import Prices
from .features import variance_proxy
from .garch import GarchPath, cumulative_quantiles, garch
from .variance import daily_returns, ewma_variance

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

_DECAYS = (0.0, 0.5, 0.8, 0.94)  # a day: the newest alone, and means over about 2, 5 and 17

_GJR_T = partial(garch, leverage=True, distribution="t")
_GARCH = partial(garch, leverage=False, distribution="normal")


def random_walk(
    _prices: Prices, samples: Samples, folds: Folds, application: FinanceConfig
) -> Outputs:
    """No change, with the spread of the returns over as many days in the training part."""
    return _historical(samples, folds, application, drift=False)


def drift(_prices: Prices, samples: Samples, folds: Folds, application: FinanceConfig) -> Outputs:
    """The mean return of the training part, with the quantiles of that part."""
    return _historical(samples, folds, application, drift=True)


def rw_gjr_garch_t(
    prices: Prices, samples: Samples, folds: Folds, application: FinanceConfig
) -> Outputs:
    """No change, with the quantiles of a GJR-GARCH(1,1) with Student-t residuals."""
    probabilities = np.array(central_probabilities(application.level))
    quantiles = np.full((*samples.y.shape, len(probabilities)), np.nan)
    for rows, path, origins in _garch_paths(prices, samples, folds, application.horizon, _GJR_T):
        quantiles[rows] = cumulative_quantiles(path, probabilities)[origins]
    return {"location": np.zeros(samples.y.shape), "quantiles": quantiles}


def har_range(
    _prices: Prices, samples: Samples, folds: Folds, _application: FinanceConfig
) -> Outputs:
    """The HAR regression with leverage on log variance, fitted on QLIKE: no network on top."""
    variance = np.full(len(samples), np.nan)
    for rows, train in _segments(samples, folds):
        weights = fit_log_variance(samples.regressors[train], samples.y[train, 1])
        asked, seen = (samples.regressors[part] @ weights for part in (rows, train))
        variance[rows] = _exponential(asked.double().unsqueeze(1), seen.unsqueeze(1), 3.0)[:, 0]
    return _scaled(variance)


def variance_ridge(
    _prices: Prices, samples: Samples, folds: Folds, _application: FinanceConfig
) -> Outputs:
    """A ridge on exponential means of all that the network reads, solved for the same QLIKE."""
    return _ridge(samples, folds, variance_proxy)


def return_ridge(
    _prices: Prices, samples: Samples, folds: Folds, _application: FinanceConfig
) -> Outputs:
    """The same for the scale of returns up to each day."""
    return _ridge(samples, folds, torch.square)


def _ridge(samples: Samples, folds: Folds, proxy: Callable[[Tensor], Tensor]) -> Outputs:
    """Log h = b + w . m, with m the means over the window with weights decay^age."""
    age = torch.arange(samples.x.shape[1]).flip(0)
    weights = torch.tensor(_DECAYS, dtype=torch.float64).unsqueeze(1) ** age
    weights = weights / weights.sum(dim=1, keepdim=True)
    means = (weights[:, :, None] * samples.x.double().unsqueeze(1)).sum(dim=2).flatten(1)
    told = replace(samples, regressors=means)
    scale = np.full((len(samples), proxy(samples.y[:2]).shape[1]), np.nan)
    for rows, train in _segments(samples, folds):
        ridge = SolvedReadout(QLIKE(), means.shape[1], scale.shape[1]).double()
        ridge.fit(told[train], proxy(told[train].y))
        scale[rows] = _exponential(ridge.base(means[rows]) / 2, ridge.base(means[train]) / 2, 1.5)
    return {"location": np.zeros(scale.shape), "scale": scale}


def gjr_garch_t(
    prices: Prices, samples: Samples, folds: Folds, application: FinanceConfig
) -> Outputs:
    """GJR-GARCH(1,1) with Student-t residuals."""
    return _garch_variance(prices, samples, folds, application.horizon, _GJR_T)


def garch_normal(
    prices: Prices, samples: Samples, folds: Folds, application: FinanceConfig
) -> Outputs:
    """GARCH(1,1) with normal residuals."""
    return _garch_variance(prices, samples, folds, application.horizon, _GARCH)


def ewma(prices: Prices, samples: Samples, _folds: Folds, application: FinanceConfig) -> Outputs:
    """RiskMetrics' exponentially weighted mean of squared returns, decay 0.94."""
    variance = np.empty(len(samples))
    for group, name in enumerate(samples.units):
        rows = np.flatnonzero(samples.unit == group)
        path = ewma_variance(daily_returns(prices.frames[name]))
        variance[rows] = application.horizon * path[_origins(prices, samples, rows)]
    return _scaled(variance)


def _historical(
    samples: Samples, folds: Folds, application: FinanceConfig, *, drift: bool
) -> Outputs:
    probabilities = central_probabilities(application.level)
    y = samples.y.double().numpy()
    location = np.zeros(y.shape)
    quantiles = np.empty((*y.shape, len(probabilities)))
    for rows, train in _segments(samples, folds):
        mean = y[train].mean(axis=0)
        spread = _widening(np.quantile(y[train] - mean, probabilities, axis=0).T)
        location[rows] = mean if drift else 0.0
        quantiles[rows] = location[rows][:, :, None] + spread
    return {"location": location, "quantiles": quantiles}


def _widening(spread: Array) -> Array:
    """Quantiles (day, probability), each end no nearer to the middle than on a day before."""
    middle = spread.shape[1] // 2
    low = np.minimum.accumulate(spread[:, :middle], axis=0)
    high = np.maximum.accumulate(spread[:, middle + 1 :], axis=0)
    return np.concatenate((low, spread[:, middle : middle + 1], high), axis=1)


def _exponential(asked: Tensor, seen: Tensor, margin: float) -> Array:
    """Of logarithms, within the limits that those of the training set models too."""
    limits = Limits(asked.shape[1], margin).double()
    limits.fit(seen)
    return np.asarray(limits(asked).exp().numpy())


def _garch_variance(
    prices: Prices, samples: Samples, folds: Folds, horizon: int, fit: Callable[..., GarchPath]
) -> Outputs:
    variance = np.full(len(samples), np.nan)
    for rows, path, origins in _garch_paths(prices, samples, folds, horizon, fit):
        variance[rows] = path.variance[origins].sum(axis=1)
    return _scaled(variance)


def _garch_paths(
    prices: Prices, samples: Samples, folds: Folds, horizon: int, fit: Callable[..., GarchPath]
) -> Iterator[tuple[Rows, GarchPath, Rows]]:
    """For each series and fold: its rows, a model of all that was known, and their origins."""
    for rows, train in _segments(samples, folds):
        name = samples.units[samples.unit[rows[0]]]
        known = int(_origins(prices, samples, train)[-1]) + 1
        path = fit(daily_returns(prices.frames[name]), train=known, horizon=horizon)
        yield rows, path, _origins(prices, samples, rows)


def _segments(samples: Samples, folds: Folds) -> Iterator[tuple[Rows, Rows]]:
    """For each series and fold: the rows to predict, and the rows to fit on.

    The first fold also predicts all rows before its test part.
    """
    tested = np.concatenate([fold.test for fold in folds])
    before = np.setdiff1d(np.arange(len(samples)), tested)
    for number, fold in enumerate(folds):
        predicted = fold.test if number else np.concatenate((before, fold.test))
        for group in range(len(samples.units)):
            rows = predicted[samples.unit[predicted] == group]
            train = fold.train[samples.unit[fold.train] == group]
            if len(rows):
                yield rows, train


def _origins(prices: Prices, samples: Samples, rows: Rows) -> Rows:
    """Positions of the samples' origins among the daily returns of their series."""
    name = samples.units[samples.unit[rows[0]]]
    return np.asarray(prices.frames[name].index[1:].get_indexer(pd.Index(samples.time[rows])))


def _scaled(variance: Array) -> Outputs:
    return {"location": np.zeros((len(variance), 1)), "scale": np.sqrt(variance)[:, None]}
