"""Heads for tables: regression and classification that start as kernel ridge regression."""

import math
from abc import abstractmethod
from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from ..data import Samples
from ..errors import DataError
from .heads import LARGE, Aux, Features, Head, Regressors, banded, silent
from .kernel_ridge import KernelRidge
from .newton import by_autograd, newton
from .outcomes import ClassSets, Intervals

_EXACT = 1e-6  # least error, in standard deviations: a scale is positive
_PENALTY = 1e-2  # keeps the slope finite where one feature separates the classes


class Regression(Intervals, Head):
    """A Gaussian for each target: location f(regressors) + s m, scale s exp(l).

    f is a `KernelRidge` and s the root-mean-square of its leave-one-out residuals; m and l are
    read from the features and start at zero, so that an untrained network equals f. In training
    f leaves out the row itself, or the network would learn to correct residuals that are small
    only because f has seen them.
    """

    spread: Tensor

    def __init__(self, n_features: int, n_regressors: int, n_targets: int) -> None:
        super().__init__()
        self.start = KernelRidge(n_regressors, n_targets)
        self.readout = silent(n_features, 2 * n_targets)
        self.register_buffer("spread", torch.ones(n_targets))

    def fit(self, train: Samples) -> None:
        """Fit f.

        Raises:
            DataError: a target that is the same everywhere.
        """
        constant = (train.y == train.y[:1]).all(dim=0)
        if bool(constant.any()):
            raise DataError(
                f"got a target that is {float(train.y[0, constant][0]):g} in all {len(train)} "
                "training rows: expected values that differ; check the target column"
            )
        left_out = self.start.fit(train.regressors, train.y)
        error = (train.y - left_out).square().mean(dim=0).sqrt()
        self.spread.copy_(error.clamp_min(_EXACT * train.y.std(dim=0)))

    def forward(
        self, features: Features, regressors: Regressors
    ) -> Float[Tensor, "batch 2 target"]:
        shift, log_scale = banded(self.readout(features)).chunk(2, dim=-1)
        location = self.start(regressors, leave_out=self.training) + self.spread * shift
        return torch.stack((location, self.spread.log() + log_scale), dim=1)

    def loss(
        self, raw: Float[Tensor, "batch 2 target"], y: Float[Tensor, "batch target"], aux: Aux
    ) -> Float[Tensor, ""]:
        del aux
        location, log_scale = raw.unbind(dim=1)
        z = (y - location) * torch.exp(-log_scale)
        return torch.mean(z.square() / 2 + log_scale) + math.log(2 * math.pi) / 2

    def residual(
        self, regressors: Regressors, y: Float[Tensor, "batch target"]
    ) -> Float[Tensor, "batch residual"]:
        """(y - f) / s, clipped, where f leaves out the row itself."""
        z: Tensor = (y - self.start(regressors, leave_out=True)) / self.spread
        return z.clamp(-LARGE, LARGE)

    def decode(self, raw: Float[Tensor, "batch 2 target"]) -> Mapping[str, Tensor]:
        location, log_scale = raw.unbind(dim=1)
        return {"location": location, "scale": log_scale.exp()}


class _Classifier(Head):
    """Log odds that a `KernelRidge` f on the classes starts, and a silent readout corrects."""

    def __init__(self, n_features: int, n_regressors: int, n_classes: int) -> None:
        super().__init__()
        self.start = KernelRidge(n_regressors, n_classes)
        self.readout = silent(n_features, n_classes)

    @abstractmethod
    def _log_odds(self, start: Tensor) -> Tensor:
        """Without the network's part, from f."""

    def forward(self, features: Features, regressors: Regressors) -> Float[Tensor, "batch class"]:
        start = self.start(regressors, leave_out=self.training)
        return self._log_odds(start) + banded(self.readout(features))

    def residual(
        self, regressors: Regressors, y: Float[Tensor, "batch class"]
    ) -> Float[Tensor, "batch class"]:
        """The class less its probability by f, which leaves out the row itself."""
        first = self.decode(self._log_odds(self.start(regressors, leave_out=True)))
        return y - first[self.names[0]]


class Classification(Intervals, _Classifier):
    """The probability p of class 1: log odds b + a f(regressors) + m, trained on the log loss.

    f is a `KernelRidge` on the classes 0 and 1, and (b, a) a logistic regression on its
    leave-one-out values (Platt 1999); m is read from the features and starts at zero. The scale
    sqrt(p (1 - p)) makes conformal intervals of (y - p) / scale sets of classes: a class is in
    the set if the interval contains it.
    """

    odds: Tensor

    def __init__(self, n_features: int, n_regressors: int) -> None:
        super().__init__(n_features, n_regressors, 1)
        self.register_buffer("odds", torch.tensor([0.0, 1.0]))

    def fit(self, train: Samples) -> None:
        """Fit f and its log odds.

        Raises:
            DataError: targets other than 0 and 1, or one of them only.
        """
        _check_classes(train.y)
        left_out = self.start.fit(train.regressors, train.y)
        regressors = torch.cat((torch.ones_like(left_out), left_out), dim=-1)
        self.odds.copy_(fit_logistic(regressors, train.y[:, 0], penalty=_PENALTY))

    def loss(
        self, raw: Float[Tensor, "batch 1"], y: Float[Tensor, "batch 1"], aux: Aux
    ) -> Float[Tensor, ""]:
        del aux
        loss: Tensor = functional.binary_cross_entropy_with_logits(raw, y)
        return loss

    def decode(self, raw: Float[Tensor, "batch 1"]) -> Mapping[str, Tensor]:
        both = functional.logsigmoid(raw) + functional.logsigmoid(-raw)
        return {"location": torch.sigmoid(raw), "scale": torch.exp(both / 2)}

    def _log_odds(self, start: Tensor) -> Tensor:
        return self.odds[0] + self.odds[1] * start


class Softmax(ClassSets, _Classifier):
    """The probability of each of K classes: softmax(a f(regressors) + b + m), on the log loss.

    f is a `KernelRidge` on the classes as 0 and 1, and (a, b) a multinomial logistic regression on
    its leave-one-out values; m is read from the features and starts at zero.
    """

    slope: Tensor
    intercepts: Tensor

    def __init__(self, n_features: int, n_regressors: int, n_classes: int) -> None:
        super().__init__(n_features, n_regressors, n_classes)
        self.register_buffer("slope", torch.ones(()))
        self.register_buffer("intercepts", torch.zeros(n_classes))

    def fit(self, train: Samples) -> None:
        """Fit f, and its probabilities.

        Raises:
            DataError: a class that is not there.
        """
        counts = train.y.sum(dim=0)
        if bool((counts == 0).any()):
            raise DataError(
                f"got classes of {counts.int().tolist()} training rows: expected some of each; "
                "leave a class out, or choose folds that train on all"
            )
        left_out, truth = self.start.fit(train.regressors, train.y).double(), train.y.double()

        def value(w: Tensor) -> Tensor:
            odds = w[0] * left_out + w[1:]
            loss = functional.cross_entropy(odds, truth, reduction="sum")
            return loss + _PENALTY * w.square().sum() / 2

        start = torch.zeros(1 + truth.shape[1], dtype=truth.dtype)
        found = newton(value, by_autograd(value), start, least=lambda now: 1e-12 * max(1.0, now))
        self.slope.copy_(found[0])
        self.intercepts.copy_(found[1:])

    def loss(
        self, raw: Float[Tensor, "batch class"], y: Float[Tensor, "batch class"], aux: Aux
    ) -> Float[Tensor, ""]:
        del aux
        return functional.cross_entropy(raw, y)

    def decode(self, raw: Float[Tensor, "batch class"]) -> Mapping[str, Tensor]:
        return {"probability": torch.softmax(raw, dim=1)}

    def _log_odds(self, start: Tensor) -> Tensor:
        return self.intercepts + self.slope * start


def regression_head(n_features: int, samples: Samples) -> Head:
    """A location and a scale for each target."""
    return Regression(n_features, samples.regressors.shape[1], samples.y.shape[1])


def classification_head(n_features: int, samples: Samples) -> Head:
    """The probability of class 1, or of each of several classes, a column of ``y`` each."""
    n_regressors, n_classes = samples.regressors.shape[1], samples.y.shape[1]
    if n_classes == 1:
        return Classification(n_features, n_regressors)
    return Softmax(n_features, n_regressors, n_classes)


def fit_logistic(
    regressors: Float[Tensor, "sample regressor"],
    y: Float[Tensor, " sample"],
    *,
    penalty: float,
) -> Float[Tensor, " regressor"]:
    """Weights w that minimise the summed log loss of log odds x.w, plus penalty |w|^2 / 2.

    Newton's method with halved steps; the problem is strictly convex for a positive penalty.
    """
    x, target = regressors.double(), y.double()
    ridge = penalty * torch.eye(x.shape[1], dtype=x.dtype)

    def value(w: Tensor) -> Tensor:
        loss = functional.binary_cross_entropy_with_logits(x @ w, target, reduction="sum")
        return loss + penalty * w.square().sum() / 2

    def slopes(w: Tensor) -> tuple[Tensor, Tensor]:
        p = torch.sigmoid(x @ w)
        hessian = x.mT @ ((p * (1 - p)).unsqueeze(-1) * x) + ridge
        return x.mT @ (p - target) + penalty * w, hessian

    start = torch.zeros(x.shape[1], dtype=x.dtype)
    found = newton(value, slopes, start, least=lambda now: 1e-12 * max(1.0, now))
    return found.to(regressors.dtype)


def _check_classes(y: Float[Tensor, "sample 1"]) -> None:
    found = [f"{value:g}" for value in torch.unique(y)[:5].tolist()]
    if found != ["0", "1"]:
        what = f"one class only, {found[0]}" if len(found) == 1 else f"classes {', '.join(found)}"
        raise DataError(
            f"got {what}, in {len(y)} training rows: expected 0 and 1, both of them; check the "
            "target column, or choose a split that has both classes in its training part"
        )
