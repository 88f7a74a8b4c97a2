"""What a task answers: names of outputs, how far they are from the truth, and regions around them.

An outcome knows nothing that is trained, so that it serves every model of a task, baselines too.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import product
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy.typing import NDArray

from ..config import central_probabilities, check_levels, quantile_names
from ..data import Samples
from ..errors import ConfigError

_ONE_STEP = 1e-12  # of which there is no slope

Outputs = Mapping[str, NDArray[np.float64]]
"""Predictions by name, one row per sample."""


class Outcome(ABC):
    """Conformal prediction of one kind of answer."""

    names: ClassVar[tuple[str, ...]]
    """Of the outputs that a model gives."""
    region: ClassVar[str] = "quantiles"
    """Name of what `bound` adds; a baseline may give it instead."""
    pooled: ClassVar[bool] = False
    """Whether all scores share their quantiles; see `adaptive_conformal`."""
    tail_share: ClassVar[float] = 0.0
    """Share of the scores beyond which a law continues them; see `tail_quantiles`."""

    @abstractmethod
    def probabilities(self, levels: Sequence[float | int]) -> tuple[float, ...]:
        """Sorted probabilities of the scores' quantiles that regions of these levels need.

        Raises:
            ConfigError: levels out of range.
        """

    @abstractmethod
    def nonconformity(
        self, outputs: Outputs, samples: Samples
    ) -> Float[np.ndarray, "sample score"]:
        """How far outputs are from known targets, in one or more numbers for each sample."""

    @abstractmethod
    def bound(
        self, outputs: Outputs, quantiles: Float[np.ndarray, "sample score probability"]
    ) -> NDArray[np.float64]:
        """Regions around outputs, of quantiles of the scores."""

    def columns(
        self, outputs: Outputs, samples: Samples, probabilities: Sequence[float]
    ) -> dict[str, Shaped[np.ndarray, " row"]]:
        """Outputs beside what came: columns with a row for each sample and each of its targets.

        ``target`` is its name, ``outcome`` what came, ``prediction`` the first output, NaN where
        that is not one number for each target.
        """
        del probabilities
        found, y = outputs[self.names[0]], samples.y.flatten(1).double().numpy()
        prediction = found.reshape(len(y), -1)
        if prediction.shape != y.shape:
            prediction = np.full_like(y, np.nan)
        names = [" ".join(each) for each in product(*samples.targets.values())]
        return {
            "target": np.tile(np.array(names, dtype=object), len(y)),
            "outcome": y.ravel(),
            "prediction": prediction.ravel(),
        }


class Intervals(Outcome):
    """Central intervals around a location: the score is (y - location) / scale, signed.

    Of targets beyond those that have a location, nothing is scored.
    """

    names = ("location", "scale")

    def probabilities(self, levels: Sequence[float | int]) -> tuple[float, ...]:
        """Both ends of each interval, and the median."""
        return central_probabilities(levels)

    def nonconformity(
        self, outputs: Outputs, samples: Samples
    ) -> Float[np.ndarray, "sample score"]:
        location, scale = outputs["location"], outputs["scale"]
        return np.asarray((samples.y[:, : scale.shape[1]].numpy() - location) / scale)

    def bound(
        self, outputs: Outputs, quantiles: Float[np.ndarray, "sample score probability"]
    ) -> Float[np.ndarray, "sample score probability"]:
        """Quantiles of the target: location + scale q."""
        location, scale = outputs["location"][..., None], outputs["scale"][..., None]
        return np.asarray(location + scale * quantiles)

    def columns(
        self, outputs: Outputs, samples: Samples, probabilities: Sequence[float]
    ) -> dict[str, Shaped[np.ndarray, " row"]]:
        """The same, and both ends of each interval as lo-95, lo-80, ..., hi-95."""
        told = super().columns(outputs, samples, probabilities)
        ends = outputs["quantiles"].reshape(-1, len(probabilities)).T
        intervals = dict(zip(quantile_names(probabilities), ends, strict=True))
        intervals.pop("median", None)
        return {**told, **intervals}


class Fan(Intervals):
    """Intervals of a sum over 1, 2, ... steps, which widen smoothly from step to step.

    The log scale of step h is the line a + b log h that is nearest to the log scales given, with b
    between 0 and 1 (of a random walk it is 1/2), and all steps share the quantiles of their scores:
    no interval is narrower than that of the step before, or wider than h / (h - 1) times.
    """

    pooled = True

    def nonconformity(
        self, outputs: Outputs, samples: Samples
    ) -> Float[np.ndarray, "sample score"]:
        return super().nonconformity(self._widening(outputs), samples)

    def bound(
        self, outputs: Outputs, quantiles: Float[np.ndarray, "sample score probability"]
    ) -> Float[np.ndarray, "sample score probability"]:
        return super().bound(self._widening(outputs), quantiles)

    def _widening(self, outputs: Outputs) -> Outputs:
        logs = np.log(outputs["scale"])
        steps = np.log(np.arange(1, logs.shape[1] + 1))
        steps -= steps.mean()
        slope = np.clip(logs @ steps / max(steps @ steps, _ONE_STEP), 0, 1)
        scale = np.exp(logs.mean(axis=1, keepdims=True) + slope[:, None] * steps)
        return {**outputs, "scale": scale}


class OneSided(Outcome):
    """Regions of all answers whose score, never negative, is at most a quantile."""

    def probabilities(self, levels: Sequence[float | int]) -> tuple[float, ...]:
        """The levels themselves.

        Raises:
            ConfigError: a level below 50 %, at which few scores make a region too small.
        """
        check_levels(levels, "80, 95")
        if min(levels) < 50:
            raise ConfigError(f"got level {tuple(levels)}: expected 50 % or more of such a region")
        return tuple(sorted({round(level / 100, 12) for level in levels}))


class ClassSets(OneSided):
    """Sets of classes that the data cannot rule out.

    The score of class k is 1 - p_k, "lac" (Sadinle, Lei and Wasserman 2019, arXiv:1609.00451), or
    the sum of all probabilities from the largest down to p_k, "aps" (Romano, Sesia and Candes 2020,
    arXiv:2006.02544, without its random tie).
    """

    names = ("probability",)
    region = "set"
    rule: Literal["lac", "aps"] = "lac"

    def nonconformity(self, outputs: Outputs, samples: Samples) -> Float[np.ndarray, "sample 1"]:
        truth = samples.y.argmax(dim=1, keepdim=True).numpy()
        return np.take_along_axis(self._scores(outputs), truth, axis=1)

    def bound(
        self, outputs: Outputs, quantiles: Float[np.ndarray, "sample 1 probability"]
    ) -> Float[np.ndarray, "sample class probability"]:
        """1 for each class that belongs to the set of a level, 0 for the others."""
        inside: Bool[np.ndarray, "sample class probability"]
        inside = self._scores(outputs)[..., None] <= quantiles
        return inside.astype(np.float64)

    def columns(
        self, outputs: Outputs, samples: Samples, probabilities: Sequence[float]
    ) -> dict[str, Shaped[np.ndarray, " row"]]:
        """Each class with its probability, and whether it is in the set of a level."""
        inside = outputs["set"].reshape(-1, len(probabilities)).T > 0
        names = [f"set {100 * p:g}" for p in probabilities]
        told = super().columns(outputs, samples, probabilities)
        return {**told, **dict(zip(names, inside, strict=True))}

    def _scores(self, outputs: Outputs) -> Float[np.ndarray, "sample class"]:
        probability = outputs["probability"]
        if self.rule == "lac":
            return np.asarray(1 - probability)
        order = np.argsort(-probability, axis=1, kind="stable")
        summed = np.take_along_axis(probability, order, axis=1).cumsum(axis=1)
        return np.take_along_axis(summed, np.argsort(order, axis=1), axis=1)
