"""Losses per sample: what is averaged, compared and tested is decided by whoever calls.

Lower is better for all of them, except :func:`covered`, whose mean is compared with a level. A
target that is not known (NaN) has a loss that is not known (NaN).
"""

import numpy as np
from jaxtyping import Float

from ..errors import DataError


def absolute_error(
    y: Float[np.ndarray, "*batch"], prediction: Float[np.ndarray, "*batch"]
) -> Float[np.ndarray, "*batch"]:
    """``|y - prediction|``, minimised on average by the median."""
    return np.asarray(np.abs(y - prediction))


def scaled_absolute_error(
    y: Float[np.ndarray, "*batch"],
    prediction: Float[np.ndarray, "*batch"],
    scale: float | Float[np.ndarray, "..."],
) -> Float[np.ndarray, "*batch"]:
    """``|y - prediction| / scale``.

    Its mean is the MASE when ``scale`` is the mean absolute error of the one-step naive forecast
    over the training part (Hyndman & Koehler 2006, "Another look at measures of forecast
    accuracy"): below 1, the forecast is better than the last value was there, one step ahead.

    Args:
        y: targets.
        prediction: predictions, in the units of ``y``.
        scale: one positive number, or an array that broadcasts against ``y``.
    """
    return np.asarray(absolute_error(y, prediction) / scale)


def pinball(
    y: Float[np.ndarray, "*batch"],
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


def covered(
    y: Float[np.ndarray, "*batch"],
    lower: Float[np.ndarray, "*batch"],
    upper: Float[np.ndarray, "*batch"],
) -> Float[np.ndarray, "*batch"]:
    """1 where ``lower <= y <= upper``, else 0; its mean is the coverage of the interval."""
    inside = ((lower <= y) & (y <= upper)).astype(y.dtype)
    return np.where(np.isnan(y), y, inside)


def width(
    lower: Float[np.ndarray, "*batch"], upper: Float[np.ndarray, "*batch"]
) -> Float[np.ndarray, "*batch"]:
    """``upper - lower``; among intervals that cover as promised, the narrow one is better."""
    return np.asarray(upper - lower)


def qlike(
    variance: Float[np.ndarray, "*batch"], proxy: Float[np.ndarray, "*batch"]
) -> Float[np.ndarray, "*batch"]:
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
