"""The exact dynamics of amplitude amplification over millions of addresses."""

from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from ...errors import DataError
from .closed_form import count, probability

_ROUNDING = 1e-5
"""By how much float32 probabilities may miss a sum of 1; they are divided by it."""


class AmplitudeAmplification:
    """Amplification about a prepared state, for any start and any, also partial, predicate.

    The prepared state is sum_a sqrt(P(a)) |a>|k_a>, and a share P(good | a) of each address lies
    in the good subspace. The iterate turns the plane of the state's normalised good and bad parts
    by 2 theta, sin^2(theta) = p0 = sum_a P(a) P(good | a), and changes neither part: O(N) work
    once, O(1) for each number of iterations, and P(a | good) never changes, by this or any other
    schedule. Brassard, Hoyer, Mosca and Tapp, arXiv:quant-ph/0005055.

    Args:
        probability: P(a) of the prepared state, summing to 1; None where all are alike, as in a
            recall.
        good: P(good | a), in [0, 1]: a predicate, fidelities, or a step of them.

    Raises:
        DataError: no addresses, different lengths, or not probabilities.

    Example:
        >>> import numpy as np
        >>> search = AmplitudeAmplification(None, np.arange(1024) == 7)
        >>> round(search.after(25), 4)
        0.9995
    """

    def __init__(
        self,
        probability: Float[np.ndarray, " address"] | None,
        good: Float[np.ndarray, " address"] | Bool[np.ndarray, " address"],
    ) -> None:
        self.good = _checked_share(good)
        """P(good | a)."""
        self._start = None if probability is None else _checked_start(probability, len(good))
        self.total = float(self._joint(self.good).sum())
        """What the weights are divided by: the sum of P(a) P(good | a), or of P(good | a)."""

    @property
    def success(self) -> float:
        """p0, the probability of a good state before any iteration."""
        return min(self.total / len(self.good), 1.0) if self._start is None else self.total

    @cached_property
    def theta(self) -> float:
        """Half the angle of an iteration, in radians."""
        return float(np.arctan2(np.sqrt(self.success), np.sqrt(self._failure)))

    @property
    def weights(self) -> Float[np.ndarray, " address"]:
        """P(a | good), after any number of iterations; zeros where nothing is good."""
        weights: np.ndarray = self._joint(self.good) / (self.total if self.total > 0 else 1.0)
        return weights

    def after(self, iterations: int) -> float:
        """P_k = sin^2((2 k + 1) theta), the probability of a good state after k iterations.

        Raises:
            ConfigError: ``iterations`` is negative.
        """
        return float(np.sin((2 * count(iterations) + 1) * self.theta) ** 2)

    def distribution(
        self, iterations: int
    ) -> tuple[Float[np.ndarray, " address"], Float[np.ndarray, " address"]]:
        """P(a and good) and P(a and bad) after k iterations.

        Raises:
            ConfigError: ``iterations`` is negative.
        """
        bad = self._joint(1 - self.good)
        if self._start is None:
            bad = bad / len(bad)
        if self.success == 0 or self._failure == 0:  # nothing moves to a part that is empty
            return self.success * self.weights, bad
        reached = self.after(iterations)
        return reached * self.weights, bad * ((1 - reached) / self._failure)

    @cached_property
    def _failure(self) -> float:
        """1 - p0, with the digits that it has near 0."""
        lost = float(self._joint(1 - self.good).sum())
        return lost / len(self.good) if self._start is None else lost

    def _joint(self, share: Float[np.ndarray, " address"]) -> Float[np.ndarray, " address"]:
        return share if self._start is None else np.asarray(self._start * share)


def _checked_start(
    values: Float[np.ndarray, " address"], length: int
) -> Float[np.ndarray, " address"]:
    if len(values) != length:
        raise DataError(f"good has {length} addresses, probability has {len(values)}")
    start = np.asarray(values, dtype=np.float64)
    total = float(start.sum())
    if not (start.min() >= 0 and abs(total - 1) <= _ROUNDING):
        raise DataError(
            "the probabilities of the prepared state must be at least 0 and sum to 1, got a "
            f"smallest one of {start.min():.3g} and a sum of {total:.6g}: divide them by it"
        )
    return start / total


def _checked_share(
    values: Float[np.ndarray, " address"] | Bool[np.ndarray, " address"],
) -> Float[np.ndarray, " address"]:
    if not len(values):
        raise DataError("amplification needs at least one address, got none")
    return probability(np.asarray(values, dtype=np.float64), "good")
