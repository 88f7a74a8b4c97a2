"""Kernel ridge regression that learns how much each regressor matters: a closed-form start."""

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from ..base import ClassicalComponent
from .scaling import Standardise

_LENGTH = 2.0  # of the kernel, in root-mean-square differences of standardised regressors
_ROUNDS = 2  # of learning relevance; more gained nothing on molecules
_COARSE = 512  # landmarks that suffice for relevance, in a fraction of the time
_PENALTIES = tuple(10.0 ** (k / 2) for k in range(-10, 3))  # relative to the mean eigenvalue
_JITTER = 1e-9  # equal rows would make the kernel matrix singular
_TINY = 1e-30  # in place of zero, where no regressor matters
_SAME = 1e-5  # rows whose kernel is closer to 1 than this are one and the same, in float32


class KernelRidge(ClassicalComponent):
    """f(x) = mean + sum_i a_i k(x, x_i), with k the Matern-3/2 kernel of relevance-weighted x.

    k = (1 + r) exp(-r), where r is sqrt(3) / length times the root-mean-square of the differences
    w_j z_j of standardised regressors z. The relevance w_j is the square root of the gradient's
    root-mean-square along z_j, found by turns with the weights a (the diagonal recursive feature
    machine of Radhakrishnan et al. 2024, doi:10.1126/science.adi5639). The penalty is the one
    with the least leave-one-out error (Allen 1974).

    Args:
        n_regressors: width of x; constants among them have no say.
        n_targets: functions that share kernel, relevance and penalty.
        n_landmarks: most training rows that functions are spanned by; of more, an even sample.
    """

    gain: Tensor
    landmarks: Tensor
    weights: Tensor
    withheld: Tensor
    mean: Tensor
    used: Tensor

    def __init__(self, n_regressors: int, n_targets: int, n_landmarks: int = 2048) -> None:
        super().__init__()
        self.scaling = Standardise(n_regressors)
        self.register_buffer("gain", torch.ones(n_regressors))
        self.register_buffer("landmarks", torch.zeros(n_landmarks, n_regressors))
        self.register_buffer("weights", torch.zeros(n_landmarks, n_targets))
        self.register_buffer("withheld", torch.zeros(n_landmarks, n_targets))
        self.register_buffer("mean", torch.zeros(n_targets))
        self.register_buffer("used", torch.tensor(0))

    def fit(
        self, x: Float[Tensor, "sample regressor"], y: Float[Tensor, "sample target"]
    ) -> Float[Tensor, "sample target"]:
        """Learn from known targets; returns what each row's would be were it left out."""
        self.scaling.fit(x)
        z, targets = self.scaling(x).double(), y.double()
        mean, deviation = targets.mean(dim=0), targets.std(dim=0)
        wanted = (targets - mean) / deviation
        gain = _gain((z != z[:1]).any(dim=0).to(z.dtype))  # constants are irrelevant
        for _ in range(_ROUNDS):
            rows, scaled = _evenly(len(z), min(_COARSE, len(self.landmarks))), z * gain
            weights, _, _ = _solve(_matern(scaled, scaled[rows]), rows, wanted)
            gain = _gain(_relevance(scaled, scaled[rows], weights, gain))
        rows, scaled = _evenly(len(z), len(self.landmarks)), z * gain
        weights, left_out, fitted = _solve(_matern(scaled, scaled[rows]), rows, wanted)
        self.used.fill_(len(rows))
        self.gain.copy_(gain)
        for buffer, values in (
            (self.landmarks, scaled[rows]),
            (self.weights, weights * deviation),
            (self.withheld, ((left_out - fitted) * deviation)[rows]),
        ):
            buffer.zero_()[: len(rows)] = values
        self.mean.copy_(mean)
        return (mean + left_out * deviation).to(y.dtype)

    def forward(
        self, x: Float[Tensor, "batch regressor"], *, leave_out: bool = False
    ) -> Float[Tensor, "batch target"]:
        """f(x); with ``leave_out``, f without the row itself where x is one that f was fitted to.

        Whatever learns to correct f needs the latter: f is too close to the targets it has seen.
        """
        if not len(x):  # asked for the width alone, maybe on a device without values
            return x.new_empty(0, len(self.mean))
        used = int(self.used)
        kernel = _matern(self.scaling(x) * self.gain, self.landmarks[:used])
        values: Tensor = self.mean + kernel @ self.weights[:used]
        if leave_out:
            same = (kernel > 1 - _SAME).to(kernel.dtype)
            count = same.sum(dim=1, keepdim=True).clamp_min(1)
            values = values + same @ self.withheld[:used] / count
        return values


def _gain(relevance: Float[Tensor, " regressor"]) -> Float[Tensor, " regressor"]:
    """What regressors are multiplied by: a distance is then r."""
    norm = torch.linalg.vector_norm(relevance).clamp_min(_TINY)
    gain: Tensor = relevance * math.sqrt(3) / (norm * _LENGTH)
    return gain


def _evenly(n: int, most: int) -> Int64[Tensor, " row"]:
    return torch.linspace(0, n - 1, min(n, most)).round().long()


def _matern(
    a: Float[Tensor, "row regressor"], b: Float[Tensor, "landmark regressor"]
) -> Float[Tensor, "row landmark"]:
    distance = torch.cdist(a, b)
    return (1 + distance) * torch.exp(-distance)


def _solve(
    kernel: Float[Tensor, "row landmark"],
    rows: Int64[Tensor, " landmark"],
    y: Float[Tensor, "row target"],
) -> tuple[Float[Tensor, "landmark target"], Tensor, Tensor]:
    """Weights at the best penalty, and the rows' predictions, left out and fitted."""
    jitter = _JITTER * len(rows) * torch.eye(len(rows), dtype=kernel.dtype)
    factor = torch.linalg.cholesky(kernel[rows] + jitter)
    features = torch.linalg.solve_triangular(factor, kernel.mT, upper=False).mT
    values, axes = torch.linalg.eigh(features.mT @ features)
    values, turned = values.clamp_min(0), features @ axes
    projected = turned.mT @ y

    def at(penalty: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        shrunk = projected / (values + penalty).unsqueeze(-1)
        fitted = turned @ shrunk
        leverage = (turned.square() @ (1 / (values + penalty))).unsqueeze(-1)
        return shrunk, y - (y - fitted) / (1 - leverage), fitted

    found = [at(penalty * values.mean()) for penalty in _PENALTIES]
    shrunk, left_out, fitted = min(found, key=lambda one: float((y - one[1]).square().mean()))
    weights = torch.linalg.solve_triangular(factor.mT, axes @ shrunk, upper=True)
    return weights, left_out, fitted


def _relevance(
    scaled: Float[Tensor, "row regressor"],
    landmarks: Float[Tensor, "landmark regressor"],
    weights: Float[Tensor, "landmark target"],
    gain: Float[Tensor, " regressor"],
) -> Float[Tensor, " regressor"]:
    """Square root of the root-mean-square gradient of f along each standardised regressor."""
    decay = torch.exp(-torch.cdist(scaled, landmarks))  # the gradient of k is -exp(-r) (a - b)
    total = torch.zeros_like(gain)
    for column in weights.unbind(dim=1):
        pull = decay * column
        gradient = pull.sum(dim=1, keepdim=True) * scaled - pull @ landmarks
        total += gradient.square().mean(dim=0)
    slope = (total.sqrt() * gain).sqrt()
    return slope / slope.max().clamp_min(_TINY)
