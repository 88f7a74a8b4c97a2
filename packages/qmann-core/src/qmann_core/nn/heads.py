"""Heads: they own the loss, the decoding and the closed-form start of a model's outputs."""

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..base import ClassicalComponent
from ..data import Samples
from ..errors import DataError
from .outcomes import Intervals, Outcome
from .readouts import QLIKE, solve
from .scaling import Limits
from .solved import SolvedReadout

Features = Float[Tensor, "batch feature"]
Regressors = Float[Tensor, "batch regressor"]
Aux = Mapping[str, Tensor]
"""Columns beside the targets, of the same rows; see `Samples`."""

LARGE = 5.0  # standard deviations; one crash must not be all that a memory tells
_EXACT = 1e-12  # a penalty that changes nothing
_BAND = 3.0  # standard deviations, or e^3 of a scale; beyond lies only overflow


class Head(Outcome, ClassicalComponent):
    """Turns the controller's features into a task's outputs, and owns them.

    A head derives from an `Outcome`, such as `Intervals`, and from this.
    """

    sized: ClassVar[bool] = False
    """Whether cases that are like a sample must be of its size, too: see `size`."""
    together = 1
    """Of how many rows at least what a fit keeps of targets is the mean."""

    @abstractmethod
    def fit(self, train: Samples) -> Tensor | None:
        """Learn from the training part what has a closed form, before gradient training.

        Gives the loss that it expects of rows left out, by which fixed circuits choose their
        settings, or None if it has none.
        """

    def wanted(self, train: Samples) -> Float[Tensor, "sample *target"]:
        """What inputs are to be relevant for, as least squares see it: by default, the targets."""
        return train.y

    def ordinary(self, train: Samples) -> Samples:
        """Rows that the inputs of fixed circuits are scaled by: by default, all."""
        return train

    @abstractmethod
    def forward(self, features: Features, regressors: Regressors) -> Float[Tensor, "batch *output"]:
        """Raw outputs, averaged over the members of an ensemble before decoding."""

    @abstractmethod
    def loss(
        self, raw: Float[Tensor, "batch *output"], y: Float[Tensor, "batch *target"], aux: Aux
    ) -> Float[Tensor, ""]:
        """Mean training loss."""

    def residual(
        self, regressors: Regressors, y: Float[Tensor, "batch *target"]
    ) -> Float[Tensor, "batch residual"]:
        """What the closed-form part left to explain of known targets: what a memory keeps."""
        del regressors
        return y.flatten(1)

    def size(self, raw: Float[Tensor, "batch *output"]) -> Float[Tensor, " batch"]:
        """Logarithm of the size of what is predicted; 0 of a head that has none."""
        return raw.new_zeros(len(raw))

    @abstractmethod
    def decode(self, raw: Float[Tensor, "batch *output"]) -> Mapping[str, Tensor]:
        """Outputs by the ``names`` of the outcome."""


class SkipReadout(ClassicalComponent):
    """raw = regressors @ weights + readout(features), where the readout starts at zero.

    The linear part is a buffer fitted in closed form, so an untrained network already equals the
    linear model, and training can only learn a correction to it.
    """

    weights: Tensor

    def __init__(self, n_features: int, n_regressors: int, n_outputs: int) -> None:
        super().__init__()
        self.register_buffer("weights", torch.zeros(n_regressors, n_outputs))
        self.readout = silent(n_features, n_outputs)

    def forward(self, features: Features, regressors: Regressors) -> Float[Tensor, "batch output"]:
        return self.base(regressors) + banded(self.readout(features))

    def base(self, regressors: Regressors) -> Float[Tensor, "batch output"]:
        """The part that is fitted in closed form."""
        return regressors @ self.weights


class LocationScale(Intervals, Head):
    """A Student-t for each target: location m*s and scale s around a linear log scale.

    The loss is the negative log-likelihood of t_nu((y - location)/scale) with a learned nu > 2.
    log s starts at half the log variance that ``fit_log_variance`` finds for the squared targets.
    """

    def __init__(self, n_features: int, n_regressors: int, n_targets: int) -> None:
        super().__init__()
        self.log_scale = SkipReadout(n_features, n_regressors, n_targets)
        self.limits = Limits(n_targets)
        self.shift = silent(n_features, n_targets)
        self.freedom = nn.Parameter(torch.tensor(math.log(4.0)))

    def fit(self, train: Samples) -> None:
        columns = [fit_log_variance(train.regressors, y.square()) for y in train.y.unbind(dim=-1)]
        self.log_scale.weights.copy_(torch.stack(columns, dim=-1) / 2)
        self.limits.fit(self.log_scale.base(train.regressors))

    def forward(
        self, features: Features, regressors: Regressors
    ) -> Float[Tensor, "batch 2 target"]:
        log_scale = self.limits(self.log_scale(features, regressors))
        return torch.stack((self.shift(features), log_scale), dim=1)

    def loss(
        self, raw: Float[Tensor, "batch 2 target"], y: Float[Tensor, "batch target"], aux: Aux
    ) -> Float[Tensor, ""]:
        del aux
        location, scale = self._split(raw)
        nu = 2 + self.freedom.exp()
        unit = torch.sqrt((nu - 2) / nu)  # so that ``scale`` is a standard deviation
        z = (y - location) / (scale * unit)
        constant = torch.lgamma((nu + 1) / 2) - torch.lgamma(nu / 2) - torch.log(torch.pi * nu) / 2
        tails = (nu + 1) / 2 * torch.log1p(z.square() / nu)
        return torch.mean(tails + torch.log(scale * unit)) - constant

    def residual(
        self, regressors: Regressors, y: Float[Tensor, "batch target"]
    ) -> Float[Tensor, "batch residual"]:
        return _standardised(y, self.log_scale.base(regressors))

    def decode(self, raw: Float[Tensor, "batch 2 target"]) -> Mapping[str, Tensor]:
        location, scale = self._split(raw)
        return {"location": location, "scale": scale}

    def _split(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        shift, log_scale = raw.unbind(dim=1)
        scale = log_scale.exp()
        return shift * scale, scale


class Scale(Intervals, Head):
    """Location 0 and a scale s for each target: log s is half a solved log variance.

    The readout minimises QLIKE = mean(log s^2 + y^2 / s^2); see `SolvedReadout`. Its size is log s
    of the first target.
    """

    sized = True

    def __init__(self, n_regressors: int, n_targets: int) -> None:
        super().__init__()
        self.log_variance = SolvedReadout(QLIKE(), n_regressors, n_targets)
        self.limits = Limits(n_targets)

    def fit(self, train: Samples) -> Tensor:
        loss = self.log_variance.expected(train, train.y.square())
        self.limits.fit(self.log_variance.base(train.regressors) / 2)
        return loss

    def forward(self, features: Features, regressors: Regressors) -> Float[Tensor, "batch target"]:
        log_scale: Tensor = self.limits(self.log_variance(features, regressors) / 2)
        return log_scale

    def loss(
        self, raw: Float[Tensor, "batch target"], y: Float[Tensor, "batch target"], aux: Aux
    ) -> Float[Tensor, ""]:
        del aux
        return torch.mean(2 * raw + (y * torch.exp(-raw)).square())

    def residual(
        self, regressors: Regressors, y: Float[Tensor, "batch target"]
    ) -> Float[Tensor, "batch residual"]:
        return _standardised(y, self.log_variance.base(regressors) / 2)

    def size(self, raw: Float[Tensor, "batch target"]) -> Float[Tensor, " batch"]:
        return raw[:, 0]

    def decode(self, raw: Float[Tensor, "batch target"]) -> Mapping[str, Tensor]:
        return {"location": torch.zeros_like(raw), "scale": raw.exp()}


def silent(n_features: int, n_outputs: int) -> nn.Linear:
    """A layer that gives zero until it is trained."""
    readout = nn.Linear(n_features, n_outputs)
    nn.init.zeros_(readout.weight)
    nn.init.zeros_(readout.bias)
    return readout


def _standardised(y: Tensor, log_scale: Tensor) -> Tensor:
    """Standardised targets z, clipped, and |z| less its mean for a normal z."""
    z = (y * torch.exp(-log_scale)).clamp(-LARGE, LARGE)
    return torch.cat((z, z.abs() - math.sqrt(2 / math.pi)), dim=-1)


def banded(correction: Tensor) -> Tensor:
    """What a layer adds to a closed form, at most 3 either way."""
    return _BAND * torch.tanh(correction / _BAND)


def fit_log_variance(
    regressors: Float[Tensor, "sample regressor"], proxy: Float[Tensor, " sample"]
) -> Float[Tensor, " regressor"]:
    """Weights w that minimise QLIKE, mean(x.w + proxy * exp(-x.w)), by Newton's method.

    This is a gamma regression with log link (Patton 2011 on QLIKE); the problem is convex, so
    the minimum is the global one.

    Args:
        regressors: one row per sample, a constant among them.
        proxy: non-negative variance proxy, such as the squared return.

    Raises:
        DataError: the proxy is negative, or zero everywhere, or no regressor is constant.
    """
    found = solve(QLIKE(), regressors, proxy.unsqueeze(-1), penalty=_EXACT)
    weights = found.weights[:, 0] / found.deviation
    constants = (regressors == regressors[:1]).all(dim=0).nonzero()
    if not len(constants):
        raise DataError("got regressors that all vary: expected a constant among them; add ones")
    constant = constants[0, 0]
    weights[constant] = (found.intercept[0] - found.mean @ weights) / regressors[0, constant]
    return weights.to(regressors.dtype)
