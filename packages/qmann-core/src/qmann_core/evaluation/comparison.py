"""Paired comparison of forecasts by their losses on the same dates."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..errors import ConfigError, DataError

Losses = Float[np.ndarray, " _"]
SIGNIFICANCE = 0.05
"""Adjusted p-value from which on a difference counts as none."""
ROUNDING = 1e-12
"""Differences below this part of the largest loss are arithmetic, not forecasts."""


@dataclass(frozen=True)
class PairedTest:
    """Is the mean difference of two losses zero?"""

    difference: float
    """Mean of the first loss minus the second: negative when the first is better."""
    statistic: float
    p_value: float
    """Two-sided."""


@dataclass(frozen=True)
class Comparison:
    """One forecast, the reference, against one rival."""

    reference: str
    rival: str
    reference_loss: float
    rival_loss: float
    difference: float
    """``reference_loss - rival_loss``: negative when the reference is better."""
    interval: tuple[float, float]
    """95 % stationary-bootstrap interval of the difference."""
    p_value: float
    """Two-sided, of the Diebold-Mariano test, or in an audit of all its tests together."""
    adjusted: float
    """The p-value after Holm's correction for all rivals of the reference."""

    @property
    def significant(self) -> bool:
        """Whether the adjusted p-value is below .05."""
        return self.adjusted < SIGNIFICANCE

    @property
    def better(self) -> bool:
        """Whether it is shown that the reference has the lower loss."""
        return self.significant and self.difference < 0

    @property
    def worse(self) -> bool:
        """Whether it is shown that the reference has the higher loss."""
        return self.significant and self.difference > 0


def diebold_mariano(loss_a: Losses, loss_b: Losses, *, horizon: int = 1) -> PairedTest:
    """Test of equal accuracy of two forecasts ``horizon`` steps ahead, from their losses.

    With ``d = loss_a - loss_b``, autocovariances ``g_k`` and ``V = g_0 + 2 sum_{k<h} g_k``, the
    statistic ``mean(d) / sqrt(V / n)`` times ``sqrt((n + 1 - 2h + h(h-1)/n) / n)`` is compared
    with Student's t of ``n - 1`` degrees of freedom: optimal h-step forecasts have errors that
    are correlated over ``h - 1`` steps and no longer. Where ``V`` is not positive, as this
    estimate may be, Bartlett's weights ``1 - k/h`` are used, with which it cannot be negative
    (Newey & West 1987). Differences that are all zero, up to rounding, give p = 1.

    Diebold & Mariano 1995; Harvey, Leybourne & Newbold 1997, "Testing the equality of prediction
    mean squared errors".

    Args:
        loss_a: losses in time order.
        loss_b: losses on the same dates.
        horizon: steps that the forecasts look ahead.

    Raises:
        ConfigError: a horizon below 1.
        DataError: too few dates for the horizon, or losses that are not finite.
    """
    from scipy import stats  # half a second, which predictions need not wait for

    _check_losses(loss_a, loss_b, horizon)
    n = len(loss_a)
    difference = loss_a - loss_b
    mean = float(difference.mean())
    rounding = ROUNDING * max(np.abs(loss_a).max(), np.abs(loss_b).max())
    if np.abs(difference).max() <= rounding:
        return PairedTest(mean, 0.0, 1.0)
    if np.abs(difference - mean).max() <= rounding:  # one is better by the same on every date
        return PairedTest(mean, math.copysign(math.inf, mean), 0.0)
    correction = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    error = math.sqrt(_long_run_variance(difference - mean, horizon) / n)
    statistic = math.sqrt(correction) * mean / error
    return PairedTest(mean, statistic, float(2 * stats.t.sf(abs(statistic), n - 1)))


def block_bootstrap_interval(
    difference: Float[np.ndarray, "*seed time"],
    *,
    generator: np.random.Generator,
    level: float = 0.95,
    resamples: int = 1000,
    block: float | None = None,
) -> tuple[float, float]:
    """Percentile interval of the mean of series whose neighbours depend on each other.

    Stationary bootstrap: blocks of geometric length start anywhere, and the series is closed to
    a circle (Politis & Romano 1994, "The stationary bootstrap"). Of several seeds, seeds and blocks
    are drawn together (Owen 2007, "The pigeonhole bootstrap").

    Args:
        difference: values in time order, finite; a row for each seed, if there are several.
        generator: source of randomness.
        level: of the interval, between 0 and 1.
        resamples: number of bootstrap series.
        block: mean length of a block; by default the cube root of the length of the series.
    """
    series = np.atleast_2d(difference)
    n_seeds, n = series.shape
    shares = generator.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=resamples) / n_seeds
    length = max(1.0, n ** (1 / 3) if block is None else block)
    fresh = generator.random((resamples, n)) < 1 / length
    fresh[:, 0] = True
    start = generator.integers(n, size=(resamples, n))
    opened = np.maximum.accumulate(np.where(fresh, np.arange(n), 0), axis=1)  # where blocks began
    index = np.take_along_axis(start, opened, axis=1) + np.arange(n) - opened
    means = np.take_along_axis(shares @ series, index % n, axis=1).mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def holm(p_values: Float[np.ndarray, " test"]) -> Float[np.ndarray, " test"]:
    """P-values adjusted for their number, in the order given.

    The i-th smallest of m becomes ``max_{j <= i} min(1, (m - j + 1) p_(j))``; rejecting where the
    result is below .05 keeps the chance of any false rejection at 5 %, whatever the dependence
    (Holm 1979).
    """
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * p_values[order]))
    return adjusted


def compare(
    losses: Mapping[str, Losses], *, reference: str, horizon: int, seed: int
) -> tuple[Comparison, ...]:
    """One forecast against each of the others, with Holm's correction over them.

    Args:
        losses: name to losses on the same dates, in time order; losses of several series are
            averaged per date beforehand.
        reference: the name that is compared with all others.
        horizon: steps that the forecasts look ahead.
        seed: of the bootstrap; all rivals are resampled on the same dates.

    Raises:
        ConfigError: a reference that is not among the losses, or no rival.
        DataError: losses of different lengths, too few, or not finite.
    """
    if reference not in losses or len(losses) < 2:
        raise ConfigError(
            f"the reference must be one of at least two forecasts; got {reference!r}, "
            f"with losses of {sorted(losses)}"
        )
    own = losses[reference]
    rivals = {name: loss for name, loss in losses.items() if name != reference}
    tests = [diebold_mariano(own, loss, horizon=horizon) for loss in rivals.values()]
    differences = {name: own - loss for name, loss in rivals.items()}
    p_values = np.array([test.p_value for test in tests])
    return against(losses, reference, differences, p_values, horizon=horizon, seed=seed)


def against(
    losses: Mapping[str, Float[np.ndarray, "*_ _"]],
    reference: str,
    differences: Mapping[str, Float[np.ndarray, "*_ _"]],
    p_values: Float[np.ndarray, " rival"],
    *,
    horizon: int,
    seed: int,
    resamples: int = 1000,
) -> tuple[Comparison, ...]:
    """What to tell of the reference's differences from its rivals, whose p-values are known."""
    n = losses[reference].shape[-1]
    return tuple(
        Comparison(
            reference=reference,
            rival=rival,
            reference_loss=float(losses[reference].mean()),
            rival_loss=float(losses[rival].mean()),
            difference=float(difference.mean()),
            interval=block_bootstrap_interval(
                difference,
                generator=np.random.default_rng(seed),
                block=max(float(horizon), n ** (1 / 3)),
                resamples=resamples,
            ),
            p_value=float(p_value),
            adjusted=float(adjusted),
        )
        for (rival, difference), p_value, adjusted in zip(
            differences.items(), p_values, holm(p_values), strict=True
        )
    )


def verdict(comparisons: Sequence[Comparison], metric: str) -> str:
    """One sentence on one reference that claims no more than the adjusted p-values allow."""
    return f"By {metric}, {outcomes(comparisons)}."


def outcomes(comparisons: Sequence[Comparison]) -> str:
    """The same without metric and full stop."""
    reference = comparisons[0].reference
    found = {
        f"{reference} is better than ": [c for c in comparisons if c.better],
        f"{reference} is worse than ": [c for c in comparisons if c.worse],
        f"no evidence that {reference} is better or worse than ": [
            c for c in comparisons if not c.significant
        ],
    }
    return "; ".join(start + _listed(those) for start, those in found.items() if those)


def _listed(comparisons: Sequence[Comparison]) -> str:
    items = [f"{c.rival} ({p_text(c.adjusted)})" for c in comparisons]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def p_text(p: float) -> str:
    """A p-value in words."""
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".")


def _long_run_variance(centred: Float[np.ndarray, " time"], horizon: int) -> float:
    n = len(centred)
    covariances = np.array([centred[k:] @ centred[: n - k] / n for k in range(horizon)])
    rectangular = 2 * covariances.sum() - covariances[0]
    if rectangular > 0:
        return float(rectangular)
    weights = 1 - np.arange(horizon) / horizon
    return float(2 * weights @ covariances - covariances[0])


def _check_losses(loss_a: Losses, loss_b: Losses, horizon: int) -> None:
    if horizon < 1:
        raise ConfigError(f"horizon must be at least 1, got {horizon}")
    if len(loss_a) != len(loss_b) or len(loss_a) <= 2 * horizon:
        raise DataError(
            f"losses must be of the same dates and more than twice the horizon of {horizon}, "
            f"got {len(loss_a)} and {len(loss_b)}; lengthen the test part"
        )
    bad = int(np.sum(~np.isfinite(loss_a)) + np.sum(~np.isfinite(loss_b)))
    if bad:
        raise DataError(
            f"{bad} losses are not finite; drop dates whose target is not known for all forecasts"
        )
