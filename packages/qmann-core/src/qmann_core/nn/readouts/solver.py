"""One solver for all readouts: a ridge penalty on standardised features, and rows left out."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ...errors import ConfigError, DataError
from ..newton import newton
from .dual import Dual, dual
from .left_out import Blocks, without
from .losses import Design, Eta, Loss, Squared, Targets

Features = Float[Tensor, "row feature"]
Given = Float[Tensor, "_ column"]
Noise = Float[Tensor, " _"] | None
Scaling = Literal["each", "common", "origin"]

_SAME = 4.0  # times the rounding error of a feature: what varies less is constant
_LEAST = 1e-14  # decrease at which the minimum counts as found, relative where it is above 1
_ROUGH = 1e-6  # the same of many penalties to choose from; after the step that finds it, some 1e-12
MANY = 2048  # features: of more, least squares walk along the penalties by what rows say of rows


@dataclass(frozen=True)
class LinearPredictor:
    """eta = intercept + (features - mean) / deviation @ weights."""

    mean: Float[Tensor, " feature"]
    deviation: Float[Tensor, " feature"]
    """Infinite where a feature is constant."""
    weights: Float[Tensor, "feature output"]
    intercept: Float[Tensor, " output"]

    def __call__(self, features: Float[Tensor, "*row feature"]) -> Float[Tensor, "*row output"]:
        return self.intercept + (features - self.mean) / self.deviation @ self.weights


@dataclass(frozen=True)
class Solution:
    """What was found at one penalty."""

    linear: LinearPredictor
    spread: float
    """What noise in the features adds to the mean loss."""
    left_out: Eta | None
    """Each row's eta were its group left out; None without groups."""
    penalty: float


def solve(
    loss: Loss,
    features: Features,
    targets: Given,
    *,
    penalty: float,
    noise: Noise = None,
    start: LinearPredictor | None = None,
    scaling: Scaling = "each",
) -> LinearPredictor:
    """The minimum of mean loss + penalty / 2 |weights|^2, by Newton's method in float64.

    Features count in their standard deviations over the rows ("each"), or all in the root of their
    mean variance ("common", for features whose sizes mean something) or of their mean square
    ("origin", for kernels: features are not centred, and squares have no intercept). An intercept
    is not penalised; constant features get weight 0.

    Noise e of mean zero that features will carry, such as (1 - <P>^2) / shots of expectations <P>,
    adds c / 2 w^T diag(noise) w: what the mean loss of (x + e) w expects to second order, where c
    is the mean second derivative of the loss by eta in the model without features. It is exact
    for the squared loss, E|y - (x + e) w|^2, and, with normal e, for all but the intercept of
    QLIKE. Features that already carry the noise need none.

    A step costs rows * terms^2 + terms^3, terms being features times coupled outputs.

    Args:
        loss: such as `Squared()`.
        features: one row a sample.
        targets: what the loss compares eta with.
        penalty: above 0.
        noise: variance of each feature, mean over rows, in its units squared.
        start: where to begin, such as the solution at another penalty.
        scaling: what features are divided by.

    Raises:
        DataError: features or targets that are not finite, or without a minimum.
        ConfigError: a penalty that is not positive.
    """
    features, targets, noise = checked(loss, features, targets, noise)
    (solution,) = path(loss, features, targets, (penalty,), noise, scaling, start=start)
    return solution.linear


def path(
    loss: Loss,
    features: Features,
    targets: Targets,
    penalties: Sequence[float],
    noise: Noise,
    scaling: Scaling,
    *,
    start: LinearPredictor | None = None,
    blocks: Blocks = (),
    prior: Float[Tensor, " feature"] | None = None,
    near: float | None = None,
) -> list[Solution]:
    """Solutions at each penalty, in turn; rows of ``blocks`` are left out together.

    Features count ``prior`` times as much. Least squares from the origin of many features, and no
    more rows, are solved exactly by `dual`, which may visit some of the penalties alone.

    Raises:
        ConfigError: a penalty that is not positive.
    """
    if not penalties or not all(0 < penalty < math.inf for penalty in penalties):
        raise ConfigError(f"got penalty {tuple(penalties)}: expected one or more, all above 0")
    mean, deviation = _standard(features, scaling)
    if prior is not None:
        deviation = deviation / prior
    z = (features.double() - mean) / deviation
    variance = torch.zeros_like(mean) if noise is None else noise / deviation.square()
    found: list[Iterator[_Part]]
    if isinstance(loss, Squared):
        centre = targets.mean(dim=0, keepdim=True) if scaling != "origin" else None
        by_rows = scaling == "origin" and noise is None and not z.requires_grad
        if by_rows and MANY < z.shape[1] >= len(z):
            found = [map(_dual_part, dual(z, targets, penalties, blocks, near))]
        else:
            found = [_least_squares(z, targets, penalties, variance, blocks, centre)]
    else:
        each = [targets[:, [k]] for k in range(targets.shape[1])]
        columns = [targets] if loss.coupled else each
        starts = _starts(start, mean, deviation, len(columns))
        found = [
            _newton_path(loss, z, column, penalties, variance, begin, blocks)
            for column, begin in zip(columns, starts, strict=True)
        ]
    return [_joined(mean, deviation, parts) for parts in zip(*found, strict=True)]


@dataclass(frozen=True)
class _Part:
    """Some outputs of a solution; an intercept, even of 0, is the first row of weights."""

    weights: Float[Tensor, "term output"]
    spread: float
    left_out: Eta | None
    penalty: float


def _dual_part(found: Dual) -> _Part:
    penalty, weights, left_out = found
    return _Part(torch.nn.functional.pad(weights, (0, 0, 1, 0)), 0.0, left_out, penalty)


def _joined(mean: Tensor, deviation: Tensor, parts: Sequence[_Part]) -> Solution:
    weights = torch.cat([part.weights for part in parts], dim=1)
    linear = LinearPredictor(mean, deviation, weights[1:], weights[0])
    left = [part.left_out for part in parts if part.left_out is not None]
    left_out = torch.cat(left, dim=1) if left else None
    return Solution(linear, sum(part.spread for part in parts), left_out, parts[0].penalty)


def _least_squares(
    z: Features,
    y: Targets,
    penalties: Sequence[float],
    noise: Tensor,
    blocks: Blocks,
    centre: Tensor | None,
) -> Iterator[_Part]:
    """Many penalties by one eigendecomposition, rows left out by Allen's PRESS (1974).

    The intercept is the ``centre`` of the targets, if there is one.
    """
    n, mean = len(y), torch.zeros_like(y[:1]) if centre is None else centre
    gram, cross = z.mT @ z / n + torch.diag(noise), z.mT @ (y - mean) / n
    constant = torch.full_like(y[:, :1], float(centre is not None))
    found: Iterable[tuple[Tensor, Tensor]]
    if len(penalties) == 1:  # which has a gradient, as equal eigenvalues do not
        factor = torch.linalg.cholesky(gram + penalties[0] * torch.eye(len(gram)).to(gram))
        turned = torch.linalg.solve_triangular(factor, z.mT, upper=False).mT if blocks else z
        found = [(torch.cholesky_solve(cross, factor), turned)]
    else:
        values, axes = torch.linalg.eigh(gram)
        along, projected = z @ axes, axes.mT @ cross
        kept = (values.clamp_min(0) + penalty for penalty in penalties)
        found = ((axes @ (projected / k.unsqueeze(1)), along / k.sqrt()) for k in kept)
    for penalty, (weights, turned) in zip(penalties, found, strict=True):
        spread = float((noise.unsqueeze(1) * weights.detach().square()).sum()) / 2
        residual = y - mean - z @ weights
        reach, left_out = torch.cat((constant, turned), dim=1), y.clone()
        for rows in blocks:
            rest = torch.eye(rows.shape[1]).to(y) - reach[rows] @ reach[rows].mT / n
            left_out[rows] -= torch.linalg.solve(rest, residual[rows])
        yield _Part(torch.cat((mean, weights)), spread, left_out if blocks else None, penalty)


def _newton_path(
    loss: Loss,
    z: Features,
    y: Targets,
    penalties: Sequence[float],
    noise: Tensor,
    start: Tensor | None,
    blocks: Blocks,
) -> Iterator[_Part]:
    """One penalty after the other, each from the last one's weights."""
    base = loss.start(y)
    n_outputs = len(base)
    x = torch.cat((torch.ones_like(z[:, :1]), z), dim=1) if loss.intercept else z
    constants = x.shape[1] - z.shape[1]
    padded = torch.nn.functional.pad(noise, (constants, 0))
    bend = loss.curvature(base.expand(len(y), -1), y)
    noisy = torch.kron(torch.diag(padded), bend)
    free = torch.ones(x.shape[1], n_outputs, dtype=z.dtype, device=z.device)
    free[:constants] = 0
    pinned = noisy.clone()
    if n_outputs > 1:  # a constant in all outputs changes nothing
        pinned[:n_outputs, :n_outputs] += 1
    weights = torch.cat((base.unsqueeze(0), torch.zeros_like(z[:1].mT).expand(-1, n_outputs)))
    weights = (weights if start is None else start)[1 - constants :].flatten()
    least = _LEAST if len(penalties) == 1 else _ROUGH
    for penalty in penalties:
        ridge = pinned + torch.diag(penalty * free.flatten())
        weights = _minimum(loss, x, y, ridge, weights, least)
        if x.requires_grad:  # a step that changes nothing but has the gradient of the minimum
            gradient, hessian = loss.derivatives(x @ weights.reshape(-1, n_outputs), y, x)
            change = torch.linalg.solve((hessian + ridge).detach(), gradient + ridge @ weights)
            weights = weights - change
        shaped = weights.reshape(-1, n_outputs)
        left_out = without(loss, x, y, ridge, shaped, blocks) if blocks else None
        full = torch.nn.functional.pad(shaped, (0, 0, 1 - constants, 0))
        found = weights.detach()
        yield _Part(full, float(found @ noisy @ found) / 2, left_out, penalty)


@torch.no_grad()
def _minimum(
    loss: Loss, x: Design, y: Targets, ridge: Tensor, start: Tensor, least: float
) -> Tensor:
    return newton(
        lambda w: loss.value(x @ w.reshape(x.shape[1], -1), y) + w @ ridge @ w / 2,
        lambda w: _slopes(loss, x, y, ridge, w),
        start,
        least=lambda now: least * max(1.0, abs(now)),
    )


def _slopes(loss: Loss, x: Design, y: Targets, ridge: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    gradient, hessian = loss.derivatives(x @ w.reshape(x.shape[1], -1), y, x)
    return gradient + ridge @ w, hessian + ridge


def _standard(features: Features, scaling: Scaling) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each feature, infinite where it varies by no more than rounding."""
    rounding = _SAME * torch.finfo(features.dtype).eps * features.abs().amax(dim=0).double()
    mean, deviation = features.double().mean(dim=0), features.double().std(dim=0, correction=0)
    varies = deviation > rounding
    if scaling == "origin":
        deviation, mean = torch.hypot(mean, deviation), torch.zeros_like(mean)
    if scaling != "each":
        deviation = deviation.square().mean().sqrt().expand_as(deviation)
    return mean, torch.where(varies, deviation, math.inf)


def _starts(
    start: LinearPredictor | None, mean: Tensor, deviation: Tensor, count: int
) -> list[Any]:
    """An intercept and weights for each problem, on features with these statistics."""
    if start is None:
        return [None] * count
    weights = (start.weights.mT * torch.where(deviation.isinf(), 0, deviation / start.deviation)).mT
    full = torch.cat((start(mean.unsqueeze(0)), weights))
    return list(full.chunk(count, dim=1))


def checked(
    loss: Loss, features: Features, targets: Given, noise: Noise
) -> tuple[Features, Targets, Noise]:
    """Targets and noise in float64, detached, and features as they are.

    Raises:
        DataError: see `solve`.
    """
    if len(features) != len(targets) or len(features) < 2:
        raise DataError(
            f"got {len(features)} rows of features and {len(targets)} of targets: expected as "
            "many, 2 or more"
        )
    for name, values in (("features", features), ("targets", targets)):
        bad = int((~values.isfinite()).any(dim=1).sum())
        if bad:
            raise DataError(
                f"got {bad} rows of {name} that are not finite: expected none; drop or repair them"
            )
    if noise is not None:
        if noise.shape != features.shape[1:] or not bool(((noise >= 0) & noise.isfinite()).all()):
            raise DataError(
                f"got noise of shape {tuple(noise.shape)} from {noise.min():g} to "
                f"{noise.max():g}: expected a finite variance, none negative, for each of "
                f"{features.shape[1]} features"
            )
        noise = noise.detach().double()
    targets = targets.detach().double()
    loss.check(targets)
    return features, loss.admit(targets), noise
