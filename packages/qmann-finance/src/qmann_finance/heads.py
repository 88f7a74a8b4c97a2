"""The volatility head, and how outputs of both tasks are scored."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Shaped
from numpy.typing import NDArray
from torch import Tensor

from qmann_core.data import Samples
from qmann_core.nn import (
    QLIKE,
    Aux,
    Fan,
    Head,
    Intervals,
    Limits,
    LocationScale,
    Scale,
    SkipReadout,
    SolvedReadout,
    fit_log_variance,
)
from qmann_core.tasks import Outputs, Score, interval_figures
from qmann_core.training import pinball, qlike, scaled_absolute_error

from .features import variance_proxy
from .risk import christoffersen, kupiec, tail_probabilities

_LARGE = 3.0  # one crash must not be all that a memory tells


class LogVariance(Intervals, Head):
    """log h = HAR regression + correction, trained on QLIKE = mean(log h + proxy / h).

    Targets are (R, RV, GK): the return over the horizon in percent, the sum of its squared daily
    returns, and the sum of its range-based variances; the proxy is `variance_proxy`. At the start
    the correction is zero, and the head equals the HAR regression that minimises QLIKE of RV.
    Without features, as of a reservoir, log h is a readout of the regressors alone, solved for
    QLIKE of the proxy. The standardised returns beyond a tenth at either end follow a generalised
    Pareto law: filtered historical simulation with tails that one crash does not decide.
    """

    sized = True
    tail_share = 0.1
    ratio: Tensor

    def __init__(self, n_features: int, n_regressors: int) -> None:
        super().__init__()
        self.log_variance = (
            SkipReadout(n_features, n_regressors, 1)
            if n_features
            else SolvedReadout(QLIKE(), n_regressors, 1)
        )
        self.limits = Limits(1, margin=3.0)  # of a log variance
        self.register_buffer("ratio", torch.ones(()))

    def fit(self, train: Samples) -> Tensor | None:
        _, squares, ranges = train.y.unbind(dim=-1)
        self.ratio.copy_(squares.mean() / ranges.mean())
        loss = None
        if isinstance(self.log_variance, SolvedReadout):
            loss = self.log_variance.expected(train, self._proxy(train.y))
        else:
            weights = fit_log_variance(train.regressors, squares)
            self.log_variance.weights.copy_(weights.unsqueeze(-1))
        self.limits.fit(self.log_variance.base(train.regressors))
        return loss

    def forward(
        self, features: Float[Tensor, "batch feature"], regressors: Float[Tensor, "batch regressor"]
    ) -> Float[Tensor, "batch 1"]:
        raw: Tensor = self.limits(self.log_variance(features, regressors))
        return raw

    def probabilities(self, levels: Sequence[float]) -> tuple[float, ...]:
        """Of the values at risk."""
        return tail_probabilities(levels)

    def columns(
        self, outputs: Outputs, samples: Samples, probabilities: Sequence[float]
    ) -> dict[str, Shaped[np.ndarray, " row"]]:
        """Of each sample the loss in percent, sigma, each value at risk, and whether it was passed.

        Losses are positive.
        """
        loss = -100 * np.expm1(samples.y[:, 0].double().numpy() / 100)
        limits = -100 * np.expm1(outputs["quantiles"][:, 0].T / 100)
        found = {"target": np.full(len(loss), "loss %", dtype=object), "outcome": loss}
        found["sigma %"] = outputs["scale"][:, 0]
        for probability, limit in reversed(list(zip(probabilities, limits, strict=True))):
            level = f"{100 * (1 - probability):g}"
            found |= {f"VaR {level} %": limit, f"hit {level}": loss > limit}
        return found

    def loss(
        self, raw: Float[Tensor, "batch 1"], y: Float[Tensor, "batch 3"], aux: Aux
    ) -> Float[Tensor, ""]:
        del aux
        return torch.mean(raw + self._proxy(y) * torch.exp(-raw))

    def residual(
        self, regressors: Float[Tensor, "batch regressor"], y: Float[Tensor, "batch 3"]
    ) -> Float[Tensor, "batch 2"]:
        """Proxy / h - 1 and its logarithm, clipped, for the variance h of the HAR regression."""
        ratio = self._proxy(y) * torch.exp(-self.log_variance.base(regressors))
        return torch.cat((ratio - 1, torch.log(ratio)), dim=-1).clamp(-_LARGE, _LARGE)

    def size(self, raw: Float[Tensor, "batch 1"]) -> Float[Tensor, " batch"]:
        """Log sigma over the horizon."""
        return raw[:, 0] / 2

    def _proxy(self, y: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch 1"]:
        return variance_proxy(y, self.ratio)

    def decode(self, raw: Float[Tensor, "batch 1"]) -> Mapping[str, Tensor]:
        return {"location": torch.zeros_like(raw), "scale": torch.exp(raw / 2)}


class Path(Fan, LocationScale):
    """Location and scale of the return up to each future day, with intervals that widen."""


class PathScale(Fan, Scale):
    """The same around no change."""


def return_head(n_features: int, samples: Samples) -> Head:
    """Location and scale of the return up to each future day; its scale alone if solved."""
    n_regressors, n_targets = samples.regressors.shape[1], samples.y.shape[1]
    if not n_features:
        return PathScale(n_regressors, n_targets)
    return Path(n_features, n_regressors, n_targets)


def variance_head(n_features: int, samples: Samples) -> Head:
    """Variance over the horizon."""
    return LogVariance(n_features, samples.regressors.shape[1])


def score_returns(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """Pinball loss, MASE of the log price, and coverage and width of each central interval."""
    y, quantiles = test.y.numpy(), outputs["quantiles"]
    naive = _naive_error(test, train)
    score: dict[str, NDArray[np.float64] | float] = {
        "pinball": pinball(y, quantiles, np.array(probabilities)).mean(axis=(1, 2)),
        "MASE": scaled_absolute_error(y, outputs["location"], naive[:, None]).mean(axis=1),
    }
    return {**score, **interval_figures(y, quantiles, probabilities)}


def _naive_error(test: Samples, train: Samples) -> NDArray[np.float64]:
    """In-sample mean error of the one-step random walk, for the series of each test row."""
    step = train.y[:, 0].abs().numpy()
    counts = np.bincount(train.unit, minlength=len(test.units))
    sums = np.bincount(train.unit, weights=step, minlength=len(test.units))
    naive: NDArray[np.float64] = (sums / counts)[test.unit]
    return naive


def score_variance(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """QLIKE, and how often each value at risk was passed, with the tests of that for one series.

    Kupiec tests the number of violations, Christoffersen number and independence, both on every
    h-th day, so that no return counts twice. Series that move together would break both tests.
    """
    del train
    returns, proxy, _ = test.y.numpy().T
    score: dict[str, NDArray[np.float64] | float] = {
        "QLIKE": qlike(outputs["scale"][:, 0] ** 2, proxy)
    }
    for k, probability in enumerate(probabilities):
        violated = returns < outputs["quantiles"][:, 0, k]
        level = f"{100 * (1 - probability):g}"
        score[f"VaR {level} hits %"] = 100.0 * violated
        apart = violated[:: test.reach]
        if len(test.units) == 1 and len(apart) > 1:
            score[f"Kupiec p {level}"] = kupiec(apart, 1 - probability).p_value
            both = christoffersen(apart, 1 - probability).conditional_coverage
            score[f"Christoffersen p {level}"] = both.p_value
    return score
