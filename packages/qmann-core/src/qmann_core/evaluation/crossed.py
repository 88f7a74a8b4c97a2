"""Inference on a mean over training seeds and test samples, both of which are a draw of many."""

import math

import numpy as np
from jaxtyping import Float

from .comparison import PairedTest


def signed_rank(difference: Float[np.ndarray, " seed"]) -> tuple[float, float]:
    """Wilcoxon's two-sided p-value, and the matched-pairs rank-biserial correlation.

    With the ranks of the absolute differences, the correlation is ``(W+ - W-) / (W+ + W-)``: -1
    where all differences are negative, 1 where all are positive (Kerby 2014). Differences of zero
    are left out; with nothing else, p = 1. Up to 13 differences, or 50 without ties, the p-value is
    exact.

    Wilcoxon 1945, "Individual comparisons by ranking methods".
    """
    moved = difference[difference != 0]
    if not len(moved):
        return 1.0, 0.0
    from scipy import stats  # half a second, which predictions need not wait for

    ranks = stats.rankdata(np.abs(moved))
    return float(stats.wilcoxon(moved).pvalue), float(ranks @ np.sign(moved) / ranks.sum())


def crossed_test(difference: Float[np.ndarray, "seed sample"], *, horizon: int = 1) -> PairedTest:
    """Is the mean zero for other seeds and other test samples than these?

    Seeds are independent of each other; test samples, in time order, depend on their neighbours.
    With ``S^2`` the variance of the ``n`` means of single seeds, and ``Q`` the long-run variance of
    the ``m`` means of single samples, the statistic is ``mean / sqrt(S^2 / n + Q / m)``, compared
    with Student's t of the degrees of freedom of Satterthwaite 1946. ``Q`` is the mean of the
    squares of the first ``k = .4 m^(2/3)`` terms of the series' cosine transform, which has ``k``
    degrees of freedom (Lazarus, Lewis, Stock & Watson 2018, "HAR inference"); fewer where the
    forecasts look far ahead, at most ``m / 4 horizon``.

    A test over the seeds alone finds what is true of this test part; one over the test samples
    alone, what is true of these networks. Where both vary alike, even asking for both finds
    something in up to 17 % of cases where there is nothing: the two errors add, as here.

    Args:
        difference: of two losses; one row is a single, given network.
        horizon: steps that the forecasts look ahead.
    """
    from scipy import stats  # as above

    mean = float(difference.mean())
    if not difference.any():
        return PairedTest(mean, 0.0, 1.0)
    n, m = difference.shape
    over_seeds = float(difference.mean(axis=1).var(ddof=1)) / n if n > 1 else 0.0
    k = max(1, min(int(0.4 * m ** (2 / 3)), m // (4 * horizon)))
    over_samples = _long_run_variance(difference.mean(axis=0), k) / m
    error = math.sqrt(over_seeds + over_samples)
    if error == 0:  # better by the same on every sample of every seed
        return PairedTest(mean, math.copysign(math.inf, mean), 0.0)
    share = over_seeds / error**2
    freedom = 1 / (share**2 / max(1, n - 1) + (1 - share) ** 2 / k)
    return PairedTest(mean, mean / error, float(2 * stats.t.sf(abs(mean) / error, freedom)))


def _long_run_variance(series: Float[np.ndarray, " sample"], k: int) -> float:
    """Mean of the squares of the first terms of the cosine transform, the mean's left out."""
    m = len(series)
    place = np.pi * (np.arange(m) + 0.5) / m
    terms = math.sqrt(2 / m) * np.cos(np.arange(1, k + 1)[:, None] * place) @ series
    return float(np.mean(terms**2))
