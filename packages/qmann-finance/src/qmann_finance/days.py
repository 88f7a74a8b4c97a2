"""Days: what is read of each, in windows, and what followed; arrays, without PyTorch."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from qmann_core.data import sliding, steps_ahead
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


class Days(NamedTuple):
    """Windows of all series, one after the other; a row for each day from the first full one on."""

    x: Array
    """Features of the days up to each, (day, time, feature)."""
    y: Array
    """What followed, (day, ...); NaN where it is not known yet."""
    regressors: Array
    time: NDArray[np.datetime64]
    unit: NDArray[np.int64]
    """Which series, an index into the names of the prices."""


def read_days(
    prices: Prices, application: FinanceConfig, targets: Callable[[DataFrame], Array]
) -> Days:
    """The days of prices; ``targets`` of one frame are rows from its second price on.

    Raises:
        DataError: a history that is too short, or that never moves.
    """
    first = max(application.window, MONTH) - 1
    skipped = first - application.window + 1
    parts = []
    for number, (name, frame) in enumerate(prices.frames.items()):
        _check_history(frame, f"{prices.source}: {name}", application, first)
        windows = sliding(_daily_features(frame), application.window)[skipped:]
        time = frame.index[1:][first:].to_numpy()
        known = (targets(frame)[first:], har_regressors(frame)[first:])
        parts.append((windows, *known, time, np.full(len(time), number)))
    return Days(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def paths_ahead(frame: DataFrame, horizon: int) -> Array:
    """The log return in percent up to each of the next days, (day, horizon)."""
    return np.cumsum(steps_ahead(daily_returns(frame), horizon), axis=1)


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
