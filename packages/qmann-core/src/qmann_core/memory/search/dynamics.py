"""The exact dynamics of amplitude amplification over millions of addresses."""

from typing import overload

import numpy as np
from jaxtyping import Bool, Float, Int

from ...errors import DataError
from .checks import Count, Number, count, probability

_ROUNDING = 1e-5
"""By how much float32 probabilities may miss a sum of 1; they are divided by it."""


class AmplitudeAmplification:
    """Amplification about a prepared state, for any start and any, also partial, predicate.

    The prepared state is sum_a sqrt(P(a)) |a>|k_a>, and a share P(good | a) of each address lies
    in the good subspace. The iterate turns the plane of the state's normalised good and bad parts
    by 2 theta, sin^2(theta) = p0 = sum_a P(a) P(good | a), and changes neither part: O(N) work
    once, O(1) for each number of iterations, and P(a | good) never changes.
    Brassard, Hoyer, Mosca and Tapp, arXiv:quant-ph/0005055.

    Args:
        probability: P(a) of the prepared state, summing to 1.
        good: P(good | a), in [0, 1]: a predicate, fidelities, or a step of them.

    Raises:
        DataError: no addresses, different lengths, or not probabilities.

    Example:
        >>> import numpy as np
        >>> good = np.arange(1024) == 7
        >>> search = AmplitudeAmplification(np.full(1024, 1 / 1024), good)
        >>> round(search.after(25), 4)
        0.9995
    """

    def __init__(
        self,
        probability: Float[np.ndarray, " address"],
        good: Float[np.ndarray, " address"] | Bool[np.ndarray, " address"],
    ) -> None:
        start = _checked_start(probability)
        share = _checked_share(good, len(start))
        self._good = start * share
        self._bad = start * (1 - share)
        self._failure = float(self._bad.sum())
        self.success = float(self._good.sum())
        """p0, the probability of a good state before any iteration."""
        self.theta = float(np.arctan2(np.sqrt(self.success), np.sqrt(self._failure)))
        """Half the angle of an iteration, in radians."""

    @property
    def weights(self) -> Float[np.ndarray, " address"]:
        """P(a | good), after any number of iterations; zeros where nothing is good."""
        scale = self.success if self.success > 0 else 1.0
        weights: np.ndarray = self._good / scale
        return weights

    @overload
    def after(self, iterations: int) -> float: ...
    @overload
    def after(self, iterations: Int[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]: ...
    def after(self, iterations: Count) -> Number:
        """P_k = sin^2((2 k + 1) theta), the probability of a good state after k iterations.

        Raises:
            ConfigError: ``iterations`` is negative.
        """
        values = np.sin((2 * count(iterations) + 1) * self.theta) ** 2
        return values if values.ndim else float(values)

    def distribution(
        self, iterations: int
    ) -> tuple[Float[np.ndarray, " address"], Float[np.ndarray, " address"]]:
        """P(a and good) and P(a and bad) after k iterations.

        Raises:
            ConfigError: ``iterations`` is negative.
        """
        return self.distribution_at(self.after(iterations))

    def distribution_at(
        self, success: float
    ) -> tuple[Float[np.ndarray, " address"], Float[np.ndarray, " address"]]:
        """P(a and good) and P(a and bad) where the probability of a good state is ``success``.

        Every schedule keeps the two parts and shifts weight between them, so this serves the
        phases of `general_success`, an exact and a fixed-point schedule just as well. Nothing can
        be shifted to a part that is empty.

        Raises:
            DataError: ``success`` is not a probability.
        """
        reached = float(probability(success, "success"))
        if self.success == 0 or self._failure == 0:
            return self._good, self._bad
        good = self._good * (reached / self.success)
        return good, self._bad * ((1 - reached) / self._failure)


def _checked_start(values: Float[np.ndarray, " address"]) -> Float[np.ndarray, " address"]:
    if not len(values):
        raise DataError("amplification needs at least one address, got none")
    start = np.asarray(values, dtype=np.float64)
    total = float(start.sum())
    if not (start.min() >= 0 and abs(total - 1) <= _ROUNDING):
        raise DataError(
            "the probabilities of the prepared state must be at least 0 and sum to 1, got a "
            f"smallest one of {start.min():.3g} and a sum of {total:.6g}: divide them by it"
        )
    return start / total


def _checked_share(
    values: Float[np.ndarray, " address"] | Bool[np.ndarray, " address"], length: int
) -> Float[np.ndarray, " address"]:
    if len(values) != length:
        raise DataError(f"good has {len(values)} addresses, probability has {length}")
    return probability(np.asarray(values, dtype=np.float64), "good")
