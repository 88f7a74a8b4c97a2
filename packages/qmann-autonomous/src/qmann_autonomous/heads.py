"""The head of trajectories: what circuits add to constant velocity, and an ellipse each step."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from qmann_core.data import Samples
from qmann_core.errors import ConfigError
from qmann_core.nn import Aux, Head, Limits, OneSided, SolvedReadout, Squared
from qmann_core.tasks import Outputs

_ROUNDS = 2  # the first one tells what rows weigh in the second
_LEAST = 0.05  # of the median distance: what is missed by less weighs no more
_EXACT = 1e-3


def distances(outputs: Outputs, samples: Samples) -> Float[np.ndarray, "sample step"]:
    """Mahalanobis distance of each step from its location, with the covariance L L'."""
    error = (samples.y.double().numpy() - outputs["location"])[..., None]
    return np.asarray(np.linalg.norm(np.linalg.solve(outputs["factor"], error)[..., 0], axis=-1))


class Drift(OneSided, Head):
    """A location (step, axis), and an ellipse around each step.

    Locations are solved for the least mean of d, the root mean square over steps of distances
    between location and truth, by least squares whose rows weigh 1 / d (Weiszfeld 1937; Beck and
    Sabach 2015, doi:10.1007/s10957-014-0586-7): a squared loss would learn the few that turn.
    Where the speed alone is learned, one number says how far all steps, at equal distances, lie
    ahead. Ellipses have the shape of what is missed of rows left out, and grow with the variance of
    a Gaussian process with the same kernel and what a second readout says of log distances.
    """

    names, region = ("location", "factor"), "radius"
    unit: Tensor
    factor: Tensor
    level: Tensor

    def __init__(self, n_features: int, samples: Samples) -> None:
        super().__init__()
        if n_features:
            raise ConfigError(
                "got a model that is trained for tracks whose readout is solved: expected "
                "model=quantum_kernel"
            )
        self.shape = samples.y.shape[1:]
        n = samples.regressors.shape[1]
        self.location = SolvedReadout(Squared(), n, self.shape.numel())
        self.log_scale = SolvedReadout(Squared(), n, 1)
        self.limits = Limits(1)
        self.register_buffer("unit", torch.tensor(1.0))
        self.register_buffer("level", torch.tensor(0.0))
        self.register_buffer("factor", torch.eye(2).repeat(self.shape[0], 1, 1))

    def fit(self, train: Samples) -> Tensor:
        """Solve for locations, shapes and sizes."""
        self.unit.copy_(train.y.square().mean().sqrt().clamp_min(_EXACT))
        wanted = train.y.flatten(1) / self.unit
        onto = self._line() if train.aux["straight"].any() else torch.eye(self.shape.numel())
        weight = torch.ones(len(wanted), dtype=torch.float64)
        for _ in range(_ROUNDS):
            root = weight.sqrt().unsqueeze(1).to(wanted)
            weighed = replace(train, regressors=train.regressors * root)
            left_out, _ = self.location.fit(weighed, wanted @ onto * root)
            missed = (wanted - left_out / root).reshape(-1, *self.shape)
            far = _size(missed.detach())
            weight = 1 / far.clamp_min(_LEAST * far.median())
            weight = weight / weight.mean()
        self._fit_shape(train, missed.detach() * self.unit)
        return _size(missed).mean()

    def _line(self) -> Float[Tensor, "output output"]:
        """What turns steps into the nearest ones straight ahead, at equal distances."""
        steps = torch.arange(1.0, self.shape[0] + 1)
        line = torch.stack((steps, torch.zeros_like(steps)), dim=1).flatten()
        return torch.outer(line, line) / line.square().sum()

    @torch.no_grad()
    def _fit_shape(self, train: Samples, missed: Float[Tensor, "sample step axis"]) -> None:
        doubt = self.location.doubt_left_out(train.regressors).sqrt()
        error = missed.double() / doubt.unsqueeze(2)
        covariance = torch.einsum("nsa,nsb->sab", error, error) / len(error)
        floor = _EXACT * covariance.diagonal(dim1=1, dim2=2).mean() * torch.eye(2)
        factor = torch.linalg.cholesky(covariance + floor)
        far = torch.linalg.solve(factor, error.unsqueeze(3)).square().sum(dim=(2, 3)).mean(dim=1)
        size = far.sqrt().clamp_min(_EXACT).log().unsqueeze(1)
        shape, _ = self.log_scale.fit(train, (size - size.mean()).to(train.y))
        self.limits.fit(self.log_scale.base(train.regressors))
        self.factor.copy_(factor)
        self.level.copy_((far / (2 * shape.exp().square()).squeeze(1)).mean().sqrt().log())

    def wanted(self, train: Samples) -> Float[Tensor, "sample axis"]:
        """What is missed at the horizon."""
        return train.y[:, -1]

    def forward(
        self,
        features: Float[Tensor, "batch feature"],
        regressors: Float[Tensor, "batch regressor"],
    ) -> Float[Tensor, "batch output"]:
        shape = self.limits(self.log_scale(features, regressors))
        doubt = self.location.doubt(regressors).log() / 2
        location = self.unit * self.location(features, regressors)
        return torch.cat((location, self.level + shape + doubt), dim=1)

    def loss(
        self, raw: Float[Tensor, "batch output"], y: Float[Tensor, "batch step axis"], aux: Aux
    ) -> Float[Tensor, ""]:
        """Mean distance in m."""
        del aux
        loss: Tensor = (y - raw[:, :-1].reshape(y.shape)).norm(dim=2).mean()
        return loss

    def decode(self, raw: Float[Tensor, "batch output"]) -> Mapping[str, Tensor]:
        scale = raw[:, -1].exp()[:, None, None, None]
        location = raw[:, :-1].reshape(-1, *self.shape)
        return {"location": location, "factor": scale * self.factor}

    def nonconformity(self, outputs: Outputs, samples: Samples) -> Float[np.ndarray, "sample step"]:
        return distances(outputs, samples)

    def bound(
        self, outputs: Outputs, quantiles: Float[np.ndarray, "sample step probability"]
    ) -> Float[np.ndarray, "sample step probability"]:
        """Radius of each step's region, in standard deviations of its ellipse."""
        del outputs
        return quantiles


def _size(missed: Float[Tensor, "sample step axis"]) -> Float[Tensor, " sample"]:
    """Root mean square of distances over steps."""
    return missed.square().sum(dim=2).mean(dim=1).sqrt()
