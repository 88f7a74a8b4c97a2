"""Daily returns and variances, their averages, and the regressors of the HAR model.

Returns are in percent, variances in percent^2; every array starts at the second price, and element
t uses nothing after its day.
"""

import math
from itertools import accumulate, islice

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

Array = NDArray[np.float64]

WEEK, MONTH = 5, 22
"""Trading days of the averages."""

_LEAST_VARIANCE = 1e-6  # a day without movement has no logarithm


def daily_returns(frame: DataFrame) -> Array:
    """Log returns in percent, from the second row on."""
    return np.asarray(100 * np.diff(np.log(frame["close"].to_numpy())))


def daily_variance(frame: DataFrame) -> Array:
    """Variance of each day from the second row on, in percent^2.

    Garman and Klass's estimate where the range is known; otherwise, as of days with one price, the
    squared return.
    """
    squares = daily_returns(frame) ** 2
    if "high" not in frame:
        return squares
    open_, high, low, close = (frame[c].to_numpy()[1:] for c in ("open", "high", "low", "close"))
    return np.where(high > low, garman_klass(open_, high, low, close), squares)


def garman_klass(
    open_: Array,
    high: Array,
    low: Array,
    close: Array,
) -> Array:
    """Variance of each day from its range, in percent squared, (n,).

        1/2 (100 log(high / low))^2 - (2 log 2 - 1) (100 log(close / open))^2

    About seven times as precise as the squared return of the day; blind to the night (Garman &
    Klass 1980, "On the estimation of security price volatilities from historical data").
    """
    spread, move = 100 * np.log(high / low), 100 * np.log(close / open_)
    estimate: Array = spread**2 / 2 - (2 * math.log(2) - 1) * move**2
    return estimate


def har_regressors(frame: DataFrame) -> Array:
    """Regressors of the log variance ahead: heterogeneous autoregression with leverage.

    Constant; logs of the 1-, 5- and 22-day means of the daily variance (Corsi 2009); min(r, 0) of
    the day and of the 5-day mean, and |r| (Corsi and Reno 2012). Rows from the second price on.

    A single squared return says little of its day's variance: where only closes are known,
    exponential means of the squares (decays 0.8, 0.94, 0.98) take the place of the three means,
    and with z = arsinh(r / sigma), sigma^2 of decay 0.94, the leverage terms are |z|, min(z, 0) and
    its exponential means (decays 0.7, 0.9), so that series of different size can share weights.
    """
    returns = daily_returns(frame)
    if "high" in frame:
        variance = daily_variance(frame)
        means = [trailing_mean(variance, days) for days in (1, WEEK, MONTH)]
        week = trailing_mean(returns, WEEK)
        leverage = [np.minimum(returns, 0), np.minimum(week, 0), np.abs(returns)]
    else:
        means = [ewma_variance(returns, decay) for decay in (0.8, 0.94, 0.98)]
        z = np.arcsinh(returns / np.exp(log_variance(means[1]) / 2))
        losses = np.minimum(z, 0)
        leverage = [np.abs(z), losses, *(exponential_mean(losses, decay) for decay in (0.7, 0.9))]
    logs = [log_variance(mean) for mean in means]
    return np.column_stack([np.ones(len(returns)), *logs, *leverage])


def trailing_mean(values: Array, length: int) -> Array:
    """Mean of the last ``length`` values; of those there are near the start."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - length, 0)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))


def log_variance(variance: Array) -> Array:
    """Logarithm, with a floor for days without movement."""
    return np.asarray(np.log(np.maximum(variance, _LEAST_VARIANCE)))


def ewma_variance(returns: Array, decay: float = 0.94) -> Array:
    """``h_{t+1} = decay h_t + (1 - decay) r_t^2``, starting at the first squared return.

    RiskMetrics' model of daily data (J.P. Morgan 1996); flat over all horizons. (n,) -> (n,)
    """
    return exponential_mean(np.square(returns), decay)


def exponential_mean(values: Array, decay: float) -> Array:
    """``m_t = decay m_{t-1} + (1 - decay) values_t``, starting at the first value."""
    return recursion((1 - decay) * values, decay, float(values[0]))


def recursion(news: Array, decay: float, first: float) -> Array:
    """``h_t = news_t + decay h_{t-1}``, with ``first`` before the first."""
    steps = accumulate(news.tolist(), lambda h, new: new + decay * h, initial=first)
    return np.fromiter(islice(steps, 1, None), float, len(news))
