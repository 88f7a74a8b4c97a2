"""Heads for tables: regression and classification that start as kernel ridge regression."""

import math
from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ..data import Samples
from ..errors import DataError
from .heads import Head
from .kernel_ridge import KernelRidge

_LARGE = 5.0  # standard deviations; one outlier must not be all that a memory tells
_BAND = 3.0  # a correction is at most so many standard deviations, and e^3 of a scale
_EXACT = 1e-6  # least error, in standard deviations: a scale is positive
_PENALTY = 1e-2  # keeps the slope finite where one feature separates the classes
_NEWTON_STEPS = 100


class Regression(Head):
    """A Gaussian for each target: location f(skip) + s m, scale s exp(l).

    f is a `KernelRidge` and s the root-mean-square of its leave-one-out residuals; m and l are
    read from the features and start at zero, so that an untrained network equals f. In training
    f leaves out the row itself, or the network would learn to correct residuals that are small
    only because f has seen them.
    """

    spread: Tensor

    def __init__(self, n_features: int, n_regressors: int, n_targets: int) -> None:
        super().__init__()
        self.start = KernelRidge(n_regressors, n_targets)
        self.readout = _silent(n_features, 2 * n_targets)
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
        left_out = self.start.fit(train.skip, train.y)
        error = (train.y - left_out).square().mean(dim=0).sqrt()
        self.spread.copy_(error.clamp_min(_EXACT * train.y.std(dim=0)))

    def forward(
        self, features: Float[Tensor, "batch feature"], skip: Float[Tensor, "batch regressor"]
    ) -> Float[Tensor, "batch 2 target"]:
        shift, log_scale = _banded(self.readout(features)).chunk(2, dim=-1)
        location = self.start(skip, leave_out=self.training) + self.spread * shift
        return torch.stack((location, self.spread.log() + log_scale), dim=1)

    def loss(
        self, raw: Float[Tensor, "batch 2 target"], y: Float[Tensor, "batch target"]
    ) -> Float[Tensor, ""]:
        location, log_scale = raw.unbind(dim=1)
        z = (y - location) * torch.exp(-log_scale)
        return torch.mean(z.square() / 2 + log_scale) + math.log(2 * math.pi) / 2

    @property
    def residual_size(self) -> int:
        return len(self.spread)

    def residual(
        self, skip: Float[Tensor, "batch regressor"], y: Float[Tensor, "batch target"]
    ) -> Float[Tensor, "batch residual"]:
        """(y - f) / s, clipped, where f leaves out the row itself."""
        z: Tensor = (y - self.start(skip, leave_out=True)) / self.spread
        return z.clamp(-_LARGE, _LARGE)

    def decode(self, raw: Float[Tensor, "batch 2 target"]) -> Mapping[str, Tensor]:
        location, log_scale = raw.unbind(dim=1)
        return {"location": location, "scale": log_scale.exp()}


class Classification(Head):
    """The probability p of class 1: log odds b + a f(skip) + m, trained on the log loss.

    f is a `KernelRidge` on the classes 0 and 1, and (b, a) a logistic regression on its
    leave-one-out values (Platt 1999); m is read from the features and starts at zero. The scale
    sqrt(p (1 - p)) makes conformal intervals of (y - p) / scale sets of classes: a class is in
    the set if the interval contains it.
    """

    odds: Tensor

    def __init__(self, n_features: int, n_regressors: int) -> None:
        super().__init__()
        self.start = KernelRidge(n_regressors, 1)
        self.readout = _silent(n_features, 1)
        self.register_buffer("odds", torch.tensor([0.0, 1.0]))

    def fit(self, train: Samples) -> None:
        """Fit f and its log odds.

        Raises:
            DataError: targets other than 0 and 1, or one of them only.
        """
        _check_classes(train.y)
        left_out = self.start.fit(train.skip, train.y)
        regressors = torch.cat((torch.ones_like(left_out), left_out), dim=-1)
        self.odds.copy_(fit_logistic(regressors, train.y[:, 0], penalty=_PENALTY))

    def forward(
        self, features: Float[Tensor, "batch feature"], skip: Float[Tensor, "batch regressor"]
    ) -> Float[Tensor, "batch 1"]:
        return self._odds(skip, leave_out=self.training) + _banded(self.readout(features))

    def loss(self, raw: Float[Tensor, "batch 1"], y: Float[Tensor, "batch 1"]) -> Float[Tensor, ""]:
        loss: Tensor = functional.binary_cross_entropy_with_logits(raw, y)
        return loss

    @property
    def residual_size(self) -> int:
        return 1

    def residual(
        self, skip: Float[Tensor, "batch regressor"], y: Float[Tensor, "batch 1"]
    ) -> Float[Tensor, "batch 1"]:
        """The class less p without the network's part, where f leaves out the row itself."""
        return y - torch.sigmoid(self._odds(skip, leave_out=True))

    def decode(self, raw: Float[Tensor, "batch 1"]) -> Mapping[str, Tensor]:
        both = functional.logsigmoid(raw) + functional.logsigmoid(-raw)
        return {"location": torch.sigmoid(raw), "scale": torch.exp(both / 2)}

    def _odds(self, skip: Tensor, *, leave_out: bool) -> Tensor:
        intercept, slope = self.odds
        odds: Tensor = intercept + slope * self.start(skip, leave_out=leave_out)
        return odds


def regression_head(n_features: int, samples: Samples) -> Head:
    """A location and a scale for each target."""
    return Regression(n_features, samples.skip.shape[1], samples.y.shape[1])


def classification_head(n_features: int, samples: Samples) -> Head:
    """The probability of class 1."""
    return Classification(n_features, samples.skip.shape[1])


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
    weights = torch.zeros(x.shape[1], dtype=x.dtype)

    def value(w: Tensor) -> float:
        loss = functional.binary_cross_entropy_with_logits(x @ w, target, reduction="sum")
        return float(loss + penalty * w.square().sum() / 2)

    now = value(weights)
    for _ in range(_NEWTON_STEPS):
        p = torch.sigmoid(x @ weights)
        gradient = x.mT @ (p - target) + penalty * weights
        hessian = x.mT @ ((p * (1 - p)).unsqueeze(-1) * x) + ridge
        step, size = torch.linalg.solve(hessian, gradient), 1.0
        while (new := value(weights - size * step)) > now and size > 1e-10:
            size /= 2
        weights, decrease, now = weights - size * step, now - new, new
        if decrease < 1e-12 * max(1.0, now):
            break
    found: Tensor = weights.to(regressors.dtype)
    return found


def _check_classes(y: Float[Tensor, "sample 1"]) -> None:
    found = [f"{value:g}" for value in torch.unique(y)[:5].tolist()]
    if found != ["0", "1"]:
        what = f"one class only, {found[0]}" if len(found) == 1 else f"classes {', '.join(found)}"
        raise DataError(
            f"got {what}, in {len(y)} training rows: expected 0 and 1, both of them; check the "
            "target column, or choose a split that has both classes in its training part"
        )


def _silent(n_features: int, n_outputs: int) -> nn.Linear:
    readout = nn.Linear(n_features, n_outputs)
    nn.init.zeros_(readout.weight)
    nn.init.zeros_(readout.bias)
    return readout


def _banded(correction: Tensor) -> Tensor:
    return _BAND * torch.tanh(correction / _BAND)
