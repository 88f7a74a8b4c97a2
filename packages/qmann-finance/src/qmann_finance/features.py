"""Features: prices -> samples, stateless; nothing here is learned from the data."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from pandas import DataFrame
from torch import Tensor

from qmann_core.data import Folds, Samples, steps_ahead, walk_forward

from .config import FinanceConfig
from .data import Prices
from .days import paths_ahead, read_days
from .variance import daily_returns, daily_variance

Array = NDArray[np.float64]


def price_paths(prices: Prices, application: FinanceConfig) -> Samples:
    """Targets: the log return in percent from the origin up to each day of the horizon."""
    horizon = application.horizon

    def targets(frame: DataFrame) -> Array:
        return paths_ahead(frame, horizon)

    days = tuple(range(1, horizon + 1))
    return _samples(prices, application, targets, {"day": tuple(f"+{day}" for day in days)}, days)


def variance_windows(prices: Prices, application: FinanceConfig) -> Samples:
    """Targets over the horizon: log return, sum of squared returns, sum of daily variances.

    The last is the Garman-Klass estimate where the range is known, else the squares again.
    """
    horizon = application.horizon

    def targets(frame: DataFrame) -> Array:
        returns = daily_returns(frame)
        columns = (returns, returns**2, daily_variance(frame))
        return np.stack([steps_ahead(c, horizon).sum(axis=1) for c in columns], axis=-1)

    names = {"target": ("return", "squared returns", "variance")}
    return _samples(prices, application, targets, names, (horizon,) * 3)


def variance_proxy(
    y: Float[Tensor, "sample 3"], ratio: Tensor | None = None
) -> Float[Tensor, "sample 1"]:
    """(RV + c GK) / 2: less noisy than RV, with the same mean (Patton 2011).

    c is the ratio given, or mean RV / mean GK of these samples.
    """
    squares, ranges = y[:, 1:2], y[:, 2:]
    ratio = squares.mean() / ranges.mean() if ratio is None else ratio
    return (squares + ratio * ranges) / 2


def walk_forward_days(samples: Samples, application: FinanceConfig) -> Folds:
    """Folds over the latest days, at most a third of all, with the horizon as embargo.

    Raises:
        DataError: too short a history to train and test on.
    """
    return walk_forward(
        samples.time,
        samples.unit,
        test_size=min(application.test_days, len(np.unique(samples.time)) // 3),
        refit_every=application.refit_every,
        embargo=samples.reach,
    )


def _samples(
    prices: Prices,
    application: FinanceConfig,
    targets: Callable[[DataFrame], Array],
    names: Mapping[str, tuple[str, ...]],
    lead: tuple[int, ...],
) -> Samples:
    """Samples of all series, one after the other, each from the first full window on."""
    days = read_days(prices, application, targets)
    x, y, regressors = (torch.from_numpy(part.astype(np.float32)) for part in days[:3])
    return Samples(
        x,
        y,
        regressors=regressors,
        time=days.time,
        unit=days.unit,
        units=prices.names,
        targets=names,
        lead=lead,
    )
