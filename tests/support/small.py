"""What kinds of tasks/kinds share: a network that trains at once, a report, and ellipsoids."""

from abc import abstractmethod
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from qmann_core.config import ClassicalConfig, HybridConfig, QMANNConfig, QuantumConfig
from qmann_core.nn import Head, OneSided
from qmann_core.tasks import Report


def settings(
    controller: Literal["dense", "quantum_kernel"], validation_fraction: float
) -> QMANNConfig:
    """Two wires; of a controller that is trained, a few hidden units, one epoch a fit."""
    return QMANNConfig(
        quantum=QuantumConfig(n_qubits=2, n_layers=1),
        classical=ClassicalConfig(controller=controller, hidden_size=3),
        hybrid=HybridConfig(
            epochs=1, refit_epochs=1, validation_fraction=validation_fraction, batch_size=32
        ),
    )


def tensor(values):
    return torch.tensor(values, dtype=torch.float32)


class TableReport(Report):
    def plot(self) -> Any:
        return self.table.plot()


def distances(outputs, samples):
    """Mahalanobis distance of each step from its location, with the covariance L L'."""
    error = (samples.y.numpy() - outputs["location"])[..., None]
    return np.linalg.norm(np.linalg.solve(outputs["factor"], error)[..., 0], axis=-1)


class Ellipsoids(OneSided, Head):
    """A location for each step (step, axis), and an ellipsoid of one shape around it.

    The location is ``start`` and what the network adds, the shape the covariance L L' of what
    ``start`` misses; the region of a level is a radius in standard deviations.
    """

    names, region = ("location", "factor"), "radius"

    def __init__(self, n_features, samples):
        super().__init__()
        self.shape = samples.y.shape[1:]
        self.register_buffer("factor", torch.eye(self.shape[1]).repeat(self.shape[0], 1, 1))
        self.shift = nn.Linear(n_features, self.shape.numel())
        nn.init.zeros_(self.shift.weight)
        nn.init.zeros_(self.shift.bias)

    @abstractmethod
    def start(self, regressors):
        """Locations (row, step, axis) without a network."""

    def fit(self, train):
        error = (train.y - self.start(train.regressors)).double()
        covariance = torch.einsum("nsa,nsb->sab", error, error) / len(error)
        self.factor.copy_(torch.linalg.cholesky(covariance))

    def forward(self, features, regressors):
        return self.start(regressors) + self.shift(features).unflatten(1, self.shape)

    def loss(self, raw, y, _aux):
        return torch.linalg.solve(self.factor, (y - raw)[..., None]).square().mean()

    def decode(self, raw):
        return {"location": raw, "factor": self.factor.expand(len(raw), -1, -1, -1)}

    def nonconformity(self, outputs, samples):
        return distances(outputs, samples)

    def bound(self, _outputs, quantiles):
        return quantiles
