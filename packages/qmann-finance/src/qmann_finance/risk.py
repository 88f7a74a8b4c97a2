"""Value at risk and expected shortfall, and the tests that such forecasts must pass.

A level such as .99 is the probability that the loss stays below the value at risk.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from qmann_core.config import check_levels
from qmann_core.errors import ConfigError, DataError

Array = NDArray[np.float64]

_NODES = 200


class LikelihoodRatio(NamedTuple):
    """A likelihood-ratio test against a chi-squared law."""

    statistic: float
    p_value: float


class Christoffersen(NamedTuple):
    """Christoffersen's two tests of a sequence of violations."""

    independence: LikelihoodRatio
    """Is a violation as likely after a violation as after a quiet day?"""
    conditional_coverage: LikelihoodRatio
    """Are violations as frequent as promised and independent?"""


def tail_probabilities(levels: Sequence[float]) -> tuple[float, ...]:
    """Lower-tail probabilities of values at risk given in percent, in ascending order.

    Raises:
        ConfigError: a level outside [1, 100), or none.
    """
    check_levels(levels, "95, 99")
    return tuple(sorted({round(1 - level / 100, 12) for level in levels}))


def percent_loss(log_return: float) -> float:
    """A log return in percent as a loss in percent of the price, positive when money is lost."""
    return float(-100 * np.expm1(log_return / 100))


def expected_shortfall(quantiles: Callable[[Array], Array], probability: float) -> float:
    """Mean value at risk of all worse levels, in percent of the price.

        ES_p = 1/p integral_0^p VaR_u du

    (Acerbi & Tasche 2002, "On the coherence of expected shortfall"), so never below VaR_p. With
    quantiles scale * q(u) of past standardised residuals this is filtered historical simulation
    (Barone-Adesi, Giannopoulos & Vosper 1999, "VaR without correlations for portfolios of
    derivative securities").

    Args:
        quantiles: gives those of the log return in percent at increasing probabilities.
        probability: of the tail, between 0 and 1.
    """
    middles = (np.arange(_NODES) + 0.5) / _NODES
    weights = middles**3  # of u = p v^4: most nodes lie far out, where the tail is steep
    losses = -100 * np.expm1(quantiles(probability * middles**4) / 100)
    return float(np.average(losses, weights=weights))


def kupiec(violations: NDArray[np.bool_], level: float) -> LikelihoodRatio:
    """Are violations as frequent as ``1 - level``? The proportion-of-failures test.

    With x violations in n days and p = 1 - level,

        LR = 2 log[ (1 - x/n)^(n-x) (x/n)^x / ((1 - p)^(n-x) p^x) ]  ~  chi^2(1),

    where 0^0 = 1: without a violation it is ``-2 n log(1 - p)`` (Kupiec 1995, "Techniques for
    verifying the accuracy of risk measurement models").

    Args:
        violations: whether each day's loss exceeded the value at risk.
        level: the level of the value at risk, between 0 and 1.

    Raises:
        ConfigError: a level outside (0, 1).
        DataError: no days.
    """
    if not 0 < level < 1:
        raise ConfigError(f"a level must lie between 0 and 1, such as 0.99; got {level}")
    _check_days(violations, 1)
    hits = int(violations.sum())
    quiet = len(violations) - hits
    promised = _log_likelihood(quiet, hits, 1 - level)
    return _ratio(_log_likelihood(quiet, hits, hits / len(violations)) - promised, 1)


def christoffersen(violations: NDArray[np.bool_], level: float) -> Christoffersen:
    """Do violations cluster, and are they as frequent as ``1 - level``?

    With n_ij days in state j after a day in state i (1 is a violation), p_i = n_i1 / n_i and
    p = (n_01 + n_11) / n,

        LR_independence = 2 log[ prod_i (1 - p_i)^n_i0 p_i^n_i1 / ((1 - p)^n_0 p^n_1) ] ~ chi^2(1)
        LR_conditional coverage = LR of :func:`kupiec` + LR_independence  ~  chi^2(2)

    (Christoffersen 1998, "Evaluating interval forecasts"). Without a violation, or with nothing
    else, there is nothing that could depend: LR_independence is 0 and its p-value 1.

    Args:
        violations: whether each day's loss exceeded the value at risk, in time order.
        level: the level of the value at risk, between 0 and 1.

    Raises:
        ConfigError: a level outside (0, 1).
        DataError: fewer than two days.
    """
    _check_days(violations, 2)
    after, now = violations[:-1], violations[1:]
    dependent = sum(_best_log_likelihood(now[after == state]) for state in (False, True))
    independence = _ratio(dependent - _best_log_likelihood(now), 1)
    coverage = kupiec(violations, level)
    return Christoffersen(
        independence, _ratio((coverage.statistic + independence.statistic) / 2, 2)
    )


def _check_days(violations: NDArray[np.bool_], least: int) -> None:
    if len(violations) < least:
        raise DataError(
            f"a test of violations needs at least {least} days, got {len(violations)}; "
            "lengthen the test part"
        )


def _log_likelihood(quiet: int, hits: int, probability: float) -> float:
    return float(special.xlog1py(quiet, -probability) + special.xlogy(hits, probability))


def _best_log_likelihood(violations: NDArray[np.bool_]) -> float:
    hits = int(violations.sum())
    return _log_likelihood(len(violations) - hits, hits, hits / max(1, len(violations)))


def _ratio(log_ratio: float, degrees: int) -> LikelihoodRatio:
    statistic = max(0.0, 2 * log_ratio)  # negative only by rounding
    return LikelihoodRatio(statistic, float(stats.chi2.sf(statistic, degrees)))
