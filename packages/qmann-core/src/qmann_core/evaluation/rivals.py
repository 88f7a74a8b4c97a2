"""The hybrid against each of its rivals, from losses by seed and by test sample."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..errors import ConfigError, DataError
from .comparison import ROUNDING, Comparison, against
from .crossed import crossed_test, signed_rank

HYBRID = "hybrid"


@dataclass(frozen=True)
class Rival:
    """One rival of the hybrid."""

    comparison: Comparison
    """Losses, their difference and its interval; its p-value is the larger of the two below, so
    that a claim needs both tests, before and after Holm's correction over all rivals."""
    seed_p: float
    """Wilcoxon's signed-rank test over seeds: more than the random start, on this test part?"""
    sample_p: float
    """Test over seeds and samples at once: more than the choice of both? See `crossed_test`."""
    effect: float
    """Matched-pairs rank-biserial correlation over seeds; -1: the hybrid is better with each."""
    by_seed: tuple[float, ...]
    """Differences of the mean losses, seed by seed."""

    @property
    def name(self) -> str:
        return self.comparison.rival

    @property
    def wins(self) -> int:
        """Seeds with which the hybrid is better."""
        return sum(difference < 0 for difference in self.by_seed)

    @property
    def relative(self) -> float:
        """The difference in percent of the rival's loss; NaN where that is zero."""
        loss = abs(self.comparison.rival_loss)
        return 100 * self.comparison.difference / loss if loss else math.nan


def measure(
    losses: Mapping[str, Float[np.ndarray, "_ sample"]],
    *,
    horizon: int,
    seed: int,
    resamples: int = 1000,
) -> tuple[Rival, ...]:
    """Compare the hybrid with each of its rivals.

    A claim needs two tests. Wilcoxon's over seeds says only that a difference is not due to the
    random start, on this one test part; so the difference must also stand out against what other
    test samples and other seeds would do to it. The larger p-value of the two counts
    (intersection-union test), after Holm's correction over all rivals.

    Losses, horizon and seed are those of `audit_losses`; all rivals get the same ``resamples`` of
    the bootstrap.

    Raises:
        ConfigError: no hybrid, no rival or a horizon below 1.
        DataError: losses of different shapes, too few or not finite.
    """
    _check(losses, horizon)
    own = losses[HYBRID]
    differences = {name: _cleaned(own, loss) for name, loss in losses.items() if name != HYBRID}
    ranked = [signed_rank(d.mean(axis=1)) for d in differences.values()]
    crossed = [crossed_test(d, horizon=horizon).p_value for d in differences.values()]
    p_values = np.array([max(p, q) for (p, _), q in zip(ranked, crossed, strict=True)])
    compared = against(
        losses, HYBRID, differences, p_values, horizon=horizon, seed=seed, resamples=resamples
    )
    return tuple(
        Rival(comparison, seed_p, sample_p, effect, tuple(difference.mean(axis=1).tolist()))
        for comparison, (seed_p, effect), sample_p, difference in zip(
            compared, ranked, crossed, differences.values(), strict=True
        )
    )


def _cleaned(
    own: Float[np.ndarray, "_ sample"], other: Float[np.ndarray, "_ sample"]
) -> Float[np.ndarray, "_ sample"]:
    """The differences, with zeros where they are rounding."""
    difference = own - other
    rounding = ROUNDING * max(np.abs(own).max(), np.abs(other).max())
    return np.where(np.abs(difference) <= rounding, 0.0, difference)


def _check(losses: Mapping[str, Float[np.ndarray, "_ _"]], horizon: int) -> None:
    if HYBRID not in losses or len(losses) < 2:
        raise ConfigError(
            f"an audit compares {HYBRID!r} with at least one rival; got losses of {sorted(losses)}"
        )
    if horizon < 1:
        raise ConfigError(f"horizon must be at least 1, got {horizon}")
    n, m = losses[HYBRID].shape
    if n < 1 or m <= 2 * horizon:
        raise DataError(
            f"got losses of {n} seeds and {m} test samples: expected at least 1 seed, and more "
            f"samples than twice the horizon of {horizon}; lengthen the test part"
        )
    for name, loss in losses.items():
        if loss.shape not in ((n, m), (1, m)):
            raise DataError(
                f"losses of {name} have the shape {loss.shape}: expected {(n, m)} as the hybrid's, "
                f"or {(1, m)} for what knows no seed"
            )
        bad = int(np.sum(~np.isfinite(loss)))
        if bad:
            raise DataError(f"{bad} losses of {name} are not finite; look for bad values there")
