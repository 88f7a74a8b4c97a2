"""Heads for tables: numbers and classes by kernel ridge regression, or by states of a reservoir."""

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from ..data import Samples
from ..errors import ConfigError, DataError
from .heads import Aux, Features, Head, Regressors
from .outcomes import ClassSets, Intervals, Outputs
from .readouts import Logistic, Multinomial, Readout, Squared
from .scaling import Limits
from .solved import SolvedReadout

_EXACT = 1e-3  # least error, in root mean squares: its logarithm is finite
_STEEPEST = 100.0  # slope of log odds for shares of 0 to 1: finite where these part the classes
_SEPARABLE = tuple(10.0 ** (k / 2) for k in range(-8, 1))  # penalties: slopes stay finite


class Regression(Intervals, Head):
    """A location and a scale for each target, both solved by least squares.

    The location is a readout of standardised targets. The scale is the root of the variance of a
    Gaussian process with the same kernel, so that it is larger where nothing known is near, times
    what a second readout says of the errors e of rows left out in units of that, by log |e|, and
    what makes e / scale one by root mean square.
    """

    mean: Tensor
    unit: Tensor
    level: Tensor
    known: Tensor

    def __init__(self, n_regressors: int, n_targets: int) -> None:
        super().__init__()
        self.location = SolvedReadout(Squared(), n_regressors, n_targets)
        self.log_scale = SolvedReadout(Squared(), n_regressors, n_targets)
        self.limits = Limits(n_targets)
        self.register_buffer("known", torch.tensor([[-math.inf], [math.inf]]).repeat(1, n_targets))
        # targets may have a large common part, beside which float32 loses the rest
        self.register_buffer("mean", torch.zeros(n_targets, dtype=torch.float64))
        self.register_buffer("unit", torch.ones(n_targets))
        self.register_buffer("level", torch.zeros(n_targets))

    def fit(self, train: Samples) -> Tensor:
        """Solve for both.

        Raises:
            DataError: a target that is the same everywhere.
        """
        constant = (train.y == train.y[:1]).all(dim=0)
        if bool(constant.any()):
            raise DataError(
                f"got a target that is {float(train.y[0, constant][0]):g} in all {len(train)} "
                "training rows: expected values that differ; check the target column"
            )
        self.mean.copy_(train.y.mean(dim=0))
        self.unit.copy_(train.y.std(dim=0))
        wanted = (train.y - self.mean) / self.unit
        n = min(self.together, len(train))
        ends = (train.y.topk(n, dim=0, largest=top).values for top in (False, True))
        self.known.copy_(torch.stack([end.mean(dim=0) for end in ends]))
        left_out, loss = self.location.fit(train, wanted)
        self._fit_scale(train, wanted - left_out)
        return loss

    @torch.no_grad()
    def _fit_scale(self, train: Samples, error: Float[Tensor, "sample target"]) -> None:
        known = error.isfinite().all(dim=1)
        doubt = self.location.doubt_left_out(train.regressors[known])
        error = (error[known] / doubt.sqrt()).abs()
        rms = error.square().mean(dim=0).sqrt()
        size = torch.maximum(error, _EXACT * rms).log()
        shape, _ = self.log_scale.fit(train[known.numpy()], size - size.mean(dim=0))
        self.limits.fit(self.log_scale.base(train.regressors))
        misses = error / shape.nan_to_num(0.0).exp()
        self.level.copy_(misses.square().mean(dim=0).sqrt().log())

    def forward(
        self, features: Features, regressors: Regressors
    ) -> Float[Tensor, "batch 2 target"]:
        location = self.mean + self.unit * self.location(features, regressors)
        shape = self.limits(self.log_scale(features, regressors))
        doubt = self.location.doubt(regressors).log() / 2
        log_scale = self.unit.log() + self.level + shape + doubt
        return torch.stack((location, log_scale), dim=1)

    def bound(
        self, outputs: Outputs, quantiles: Float[np.ndarray, "sample score probability"]
    ) -> Float[np.ndarray, "sample score probability"]:
        """Quantiles of the target, at most as far beyond the known ones as these are apart.

        A target that is wild, such as a typo, makes scores and scales of no meaning.
        """
        low, high = self.known.double().cpu().numpy()[..., None]
        return super().bound(outputs, quantiles).clip(2 * low - high, 2 * high - low)

    def loss(
        self, raw: Float[Tensor, "batch 2 target"], y: Float[Tensor, "batch target"], aux: Aux
    ) -> Float[Tensor, ""]:
        """Mean squared error, in units of the targets' standard deviations."""
        del aux
        return ((y - raw[:, 0]) / self.unit).square().mean()

    def decode(self, raw: Float[Tensor, "batch 2 target"]) -> Mapping[str, Tensor]:
        location, log_scale = raw.unbind(dim=1)
        return {"location": location, "scale": log_scale.exp()}


class _Classifier(Head):
    """Log odds: a logistic regression on what least squares say of rows left out (Platt 1999)."""

    def __init__(self, odds: Literal["logistic", "multinomial"], n_regressors: int, n: int) -> None:
        super().__init__()
        self.score = SolvedReadout(Squared(), n_regressors, n)
        self.odds = Readout(Logistic() if odds == "logistic" else Multinomial(), n, n)

    def fit(self, train: Samples) -> Tensor:
        """Solve for scores and log odds.

        Raises:
            DataError: targets other than the classes, or a class that is not there.
        """
        self._check(train.y)
        score, _ = self.score.fit(train, train.y - train.y.mean(dim=0))
        known = score.isfinite().all(dim=1)
        return self._fit_odds(score[known], train[known.numpy()])

    def _fit_odds(self, score: Float[Tensor, "sample class"], train: Samples) -> Tensor:
        left_out = self.odds.fit(score, train.y, penalties=_SEPARABLE)
        return self.odds.loss.value(left_out, train.y)

    def _check(self, y: Float[Tensor, "sample class"]) -> None:
        counts = y.sum(dim=0)
        if bool((counts == 0).any()):
            raise DataError(
                f"got classes of {counts.int().tolist()} training rows: expected some of each; "
                "leave a class out, or choose folds that train on all"
            )

    def forward(self, features: Features, regressors: Regressors) -> Float[Tensor, "batch class"]:
        odds: Tensor = self.odds(self.score(features, regressors))
        return odds


class Classification(Intervals, _Classifier):
    """The probability p of class 1.

    The scale sqrt(p (1 - p)) makes conformal intervals of (y - p) / scale sets of classes: a class
    is in the set if the interval contains it.
    """

    def __init__(self, n_regressors: int) -> None:
        super().__init__("logistic", n_regressors, 1)

    def loss(
        self, raw: Float[Tensor, "batch 1"], y: Float[Tensor, "batch 1"], aux: Aux
    ) -> Float[Tensor, ""]:
        del aux
        loss: Tensor = functional.binary_cross_entropy_with_logits(raw, y)
        return loss

    def decode(self, raw: Float[Tensor, "batch 1"]) -> Mapping[str, Tensor]:
        both = functional.logsigmoid(raw) + functional.logsigmoid(-raw)
        return {"location": torch.sigmoid(raw), "scale": torch.exp(both / 2)}

    def _check(self, y: Float[Tensor, "sample 1"]) -> None:
        found = [f"{value:g}" for value in torch.unique(y)[:5].tolist()]
        if found == ["0", "1"]:
            return
        what = f"one class only, {found[0]}" if len(found) == 1 else f"classes {', '.join(found)}"
        raise DataError(
            f"got {what}, in {len(y)} training rows: expected 0 and 1, both of them; check the "
            "target column, or choose a split that has both classes in its training part"
        )


class Softmax(ClassSets, _Classifier):
    """The probability of each of K classes.

    Where units have several rows, these are alike, and K^2 weights of scores would learn units by
    heart: log odds are then a (share of the class + score), of one slope a that is most likely
    (temperature scaling, Guo et al. 2017, arXiv:1706.04599).
    """

    def __init__(self, n_regressors: int, n_classes: int) -> None:
        super().__init__("multinomial", n_regressors, n_classes)

    def _fit_odds(self, score: Float[Tensor, "sample class"], train: Samples) -> Tensor:
        if len(np.unique(train.unit)) in (1, len(train)):
            return super()._fit_odds(score, train)
        from scipy.optimize import minimize_scalar  # half a second, which predictions need not wait

        share = train.y.mean(dim=0)
        known, y = (score.detach() + share).double(), train.y.double()
        slope = minimize_scalar(
            lambda slope: float(functional.cross_entropy(slope * known, y)),
            bounds=(0, _STEEPEST),
            method="bounded",
        ).x
        self.odds.mean.zero_()
        self.odds.deviation.fill_(1)
        self.odds.weights.copy_(torch.diag(torch.full_like(share, slope)))
        self.odds.intercept.copy_(slope * share)
        return functional.cross_entropy(self.odds(score), train.y)

    def loss(
        self, raw: Float[Tensor, "batch class"], y: Float[Tensor, "batch class"], aux: Aux
    ) -> Float[Tensor, ""]:
        del aux
        return functional.cross_entropy(raw, y)

    def decode(self, raw: Float[Tensor, "batch class"]) -> Mapping[str, Tensor]:
        return {"probability": torch.softmax(raw, dim=1)}


def regression_head(n_features: int, samples: Samples, kind: type[Regression] = Regression) -> Head:
    """A location and a scale for each target.

    Raises:
        ConfigError: features of a controller that is trained.
    """
    _check_solved(n_features)
    return kind(samples.regressors.shape[1], samples.y.shape[1])


def classification_head(n_features: int, samples: Samples) -> Head:
    """The probability of class 1, or of each of several classes, a column of ``y`` each.

    Raises:
        ConfigError: features of a controller that is trained.
    """
    _check_solved(n_features)
    n_regressors, n_classes = samples.regressors.shape[1], samples.y.shape[1]
    return Classification(n_regressors) if n_classes == 1 else Softmax(n_regressors, n_classes)


def _check_solved(n_features: int) -> None:
    if n_features:
        raise ConfigError(
            "got a model that is trained for rows whose readout is solved: expected "
            "model=quantum_kernel, or reservoir for windows of several steps"
        )
