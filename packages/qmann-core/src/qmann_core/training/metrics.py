"""Losses per sample: what is averaged, compared and tested is decided by whoever calls.

Lower is better for all of them, except :func:`covered`, whose mean is compared with a level, and
:func:`auroc`, one figure for all. A target that is not known (NaN) has a loss that is not known
(NaN).
"""

import numpy as np
from jaxtyping import Float

from ..errors import DataError

Values = Float[np.ndarray, "*batch"]


def log_loss(y: Values, probability: Values) -> Values:
    """``-log`` of the probability given to what came, minimised on average by the true one.

    Args:
        y: classes, 0 or 1.
        probability: of class 1; no closer to 0 or 1 than 1e-7 counts.
    """
    given = np.clip(np.where(y > 0.5, probability, 1 - probability), 1e-7, 1.0)
    return np.where(np.isnan(y), y, -np.log(given))


def auroc(y: Float[np.ndarray, " sample"], value: Float[np.ndarray, " sample"]) -> float:
    """Area under the ROC curve: how often a row of class 1 has the larger value, ties half.

    Raises:
        DataError: one class only.
    """
    positive = y > 0.5
    n, total = int(positive.sum()), len(y)
    if not 0 < n < total:
        raise DataError(
            f"got {n} rows of class 1 among {total}: expected both classes; test on more rows"
        )
    _, place, count = np.unique(value, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]  # the mean rank of equal values
    return float((rank[positive].sum() - n * (n + 1) / 2) / (n * (total - n)))


def scaled_absolute_error(
    y: Values,
    prediction: Values,
    scale: float | Float[np.ndarray, "..."],
) -> Values:
    """``|y - prediction| / scale``.

    Its mean is the MASE when ``scale`` is the mean absolute error of the one-step naive forecast
    over the training part (Hyndman & Koehler 2006, "Another look at measures of forecast
    accuracy"): below 1, the forecast is better than the last value was there, one step ahead.

    Args:
        y: targets.
        prediction: predictions, in the units of ``y``.
        scale: one positive number, or an array that broadcasts against ``y``.
    """
    return np.asarray(np.abs(y - prediction) / scale)


def pinball(
    y: Values,
    quantiles: Float[np.ndarray, "*batch probability"],
    probabilities: Float[np.ndarray, " probability"],
) -> Float[np.ndarray, "*batch probability"]:
    """Quantile loss ``max(p (y - q), (p - 1) (y - q))``, minimised on average by the p-quantile.

    Koenker & Bassett 1978, "Regression quantiles". At ``p = 1/2`` it is half the absolute error.

    Args:
        y: targets.
        quantiles: predicted quantiles, in the units of ``y``.
        probabilities: the probability of each, between 0 and 1.
    """
    excess = y[..., None] - quantiles
    return np.asarray(np.maximum(probabilities * excess, (probabilities - 1) * excess))


def covered(y: Values, lower: Values, upper: Values) -> Values:
    """1 where ``lower <= y <= upper``, else 0; its mean is the coverage of the interval."""
    inside = ((lower <= y) & (y <= upper)).astype(y.dtype)
    return np.where(np.isnan(y), y, inside)


def qlike(variance: Values, proxy: Values) -> Values:
    """``log h + proxy / h``, minimised on average by the variance that the proxy estimates.

    It ranks forecasts by a noisy but unbiased proxy such as a squared return as it would by the
    true variance, and punishes a variance that is too low more than one that is too high (Patton
    2011, "Volatility forecast comparison using imperfect volatility proxies").

    Args:
        variance: forecasts ``h``.
        proxy: what was realised, in the same units; zero is allowed.

    Raises:
        DataError: a forecast that is not positive.
    """
    if np.any(variance <= 0):
        raise DataError(
            f"a variance must be positive, got {variance.min():g}; "
            "forecast its logarithm, or put a floor under it"
        )
    return np.asarray(np.log(variance) + proxy / variance)
