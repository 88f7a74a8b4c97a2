"""Features: prices -> samples, stateless; nothing here is learned from the data."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from pandas import DataFrame
from torch import Tensor

from qmann_core.data import Folds, Samples, sliding, steps_ahead, walk_forward
from qmann_core.errors import DataError

from .config import FinanceConfig
from .data import Prices
from .variance import (
    MONTH,
    daily_returns,
    daily_variance,
    har_regressors,
    log_variance,
    trailing_mean,
)

Array = NDArray[np.float64]


def price_paths(prices: Prices, application: FinanceConfig) -> Samples:
    """Targets: the log return in percent from the origin up to each day of the horizon."""
    horizon = application.horizon

    def targets(frame: DataFrame) -> Array:
        return np.cumsum(steps_ahead(daily_returns(frame), horizon), axis=1)

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


def _daily_features(frame: DataFrame) -> Array:
    """What the network reads of each day: HAR regressors, and its loss, gain and variance.

    The latter three are in units of the last month.
    """
    returns, variance = daily_returns(frame), daily_variance(frame)
    month = np.exp(log_variance(trailing_mean(variance, MONTH)))
    unit = np.sqrt(month)
    return np.column_stack(
        [
            har_regressors(frame)[:, 1:],
            np.minimum(returns, 0) / unit,
            np.maximum(returns, 0) / unit,
            log_variance(variance / month),
        ]
    )


def _samples(
    prices: Prices,
    application: FinanceConfig,
    targets: Callable[[DataFrame], Array],
    names: Mapping[str, tuple[str, ...]],
    lead: tuple[int, ...],
) -> Samples:
    """Samples of all series, one after the other, each from the first full window on."""
    first = max(application.window, MONTH) - 1
    parts = []
    for number, (name, frame) in enumerate(prices.frames.items()):
        _check_history(frame, f"{prices.source}: {name}", application, first)
        windows = sliding(_daily_features(frame), application.window)
        skipped = first - application.window + 1
        time = frame.index[1:][first:].to_numpy()
        parts.append(
            (
                windows[skipped:],
                har_regressors(frame)[first:],
                targets(frame)[first:],
                time,
                np.full(len(time), number),
            )
        )
    x, regressors, y, time, unit = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Samples(
        torch.from_numpy(x.astype(np.float32)),
        torch.from_numpy(y.astype(np.float32)),
        regressors=torch.from_numpy(regressors.astype(np.float32)),
        time=time,
        unit=unit,
        units=prices.names,
        targets=names,
        lead=lead,
    )


def _check_history(frame: DataFrame, where: str, application: FinanceConfig, first: int) -> None:
    if len(frame) < application.min_rows:
        raise DataError(
            f"{where} has {len(frame)} rows, expected at least {application.min_rows}; give a "
            "longer history or lower application.min_rows"
        )
    if len(frame) <= first + 2 * application.horizon:
        raise DataError(
            f"{where} has {len(frame)} rows, too few for a horizon of {application.horizon} after "
            f"a window of {application.window}; shorten them"
        )
    if not np.any(daily_returns(frame)):
        raise DataError(f"{where} never moves: expected traded prices; leave the series out")
