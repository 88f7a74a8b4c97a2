"""A convex readout as a layer: fitted once, with the penalty that predicts best."""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from ...base import AsFitted, ClassicalComponent
from ...errors import ConfigError, DataError
from .left_out import Blocks
from .losses import Eta, Loss, Squared, Targets
from .solver import (
    Features,
    Given,
    LinearPredictor,
    Noise,
    Scaling,
    Solution,
    checked,
    path,
)

_PENALTIES = tuple(10.0 ** (k / 2) for k in range(-8, 3))
_FOLDS = 3
_LEARNED = ("mean", "deviation", "weights", "intercept")


class Readout(AsFitted, ClassicalComponent):
    """eta = intercept + (features - mean) / deviation @ weights, by `solve`.

    Args:
        loss: what is minimised; see there how eta is to be read.
        n_features: width of the features before a fit, which brings its own.
        n_outputs: width of eta.
        scaling: "each" feature counts in its own standard deviations, or all in a "common" unit or
            from the "origin"; see `solve`.

    ``prior``, if it is set, is the standard deviation that the weight of each feature has before
    anything is known, relative to the others; by default, all have the same.
    """

    mean: Tensor
    deviation: Tensor
    weights: Tensor
    intercept: Tensor
    penalty: Tensor
    variant: Tensor

    def __init__(
        self, loss: Loss, n_features: int, n_outputs: int, *, scaling: Scaling = "each"
    ) -> None:
        super().__init__()
        self.variants, self.scaling = loss.variants(), scaling
        self.prior: Tensor | None = None
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("deviation", torch.ones(n_features))
        self.register_buffer("weights", torch.zeros(n_features, n_outputs))
        self.register_buffer("intercept", torch.zeros(n_outputs))
        self.register_buffer("penalty", torch.tensor(math.nan))
        self.register_buffer("variant", torch.tensor(0))

    @property
    def n_solved(self) -> int:
        """Weights and intercepts."""
        return self.weights.numel() + int(self.loss.intercept) * len(self.intercept)

    @property
    def loss(self) -> Loss:
        """The loss, with what of it was chosen."""
        return self.variants[int(self.variant)]

    def fit(
        self,
        features: Features,
        targets: Given,
        *,
        groups: Shaped[Tensor, " _"] | None = None,
        order: Literal["exchangeable", "time"] = "exchangeable",
        embargo: int = 0,
        noise: Noise = None,
        penalties: Sequence[float] = _PENALTIES,
        near: float | None = None,
    ) -> Eta:
        """Solve at each penalty, keep the one with the least loss of rows left out.

        Exchangeable rows are left out one by one, or by groups of equal labels: exactly for the
        squared loss (Allen 1974), for others by one Newton step from all rows' weights (Rad and
        Maleki 2020, arXiv:1801.10243). Rows in order of time are cut into four parts, and each but
        the first predicted from those before it.

        Without a row or group, features keep their means and deviations, and the sum of losses its
        penalty. Left-out eta of Cox's likelihood are scored together (Dai and Breheny 2019,
        arXiv:1905.10432). What noise adds to the loss counts. Of equals, the larger penalty wins.

        Args:
            features: one row a sample.
            targets: what the loss compares eta with.
            groups: a label for each row.
            order: "time" if rows are in order of time.
            embargo: rows before a predicted part that are not trained on, in order of time.
            noise: variance that features will carry in use and these do not; see `solve`.
            penalties: to choose from.
            near: where to begin least squares that do not try all; see `path`.

        Returns:
            Each row's eta were it left out; not a number in the first part of rows in time. Of
            one penalty they have the gradient through the solve.

        Raises:
            DataError: as `solve`, or too few rows or groups to leave any out.
            ConfigError: an option that does not go with the order.
        """
        features, targets, noise = checked(self.variants[0], features, targets, noise)
        got, expected = len(self.variants[0].start(targets)), len(self.intercept)
        if got != expected:
            raise DataError(f"got {got} outputs: expected {expected}, as of the layer")
        if order == "time" and groups is not None:
            raise ConfigError("got groups and order 'time': expected one of both")
        if embargo < 0 or (embargo and order != "time"):
            raise ConfigError(
                f"got embargo {embargo}, order {order!r}: expected 0 rows or more, in order 'time'"
            )
        penalties = sorted(penalties, reverse=True)
        options: dict[str, Any] = {"scaling": self.scaling, "prior": self.prior, "near": near}
        solved: Callable[..., list[Solution]] = functools.partial(path, noise=noise, **options)
        if order == "time":
            folds = expanding(len(features), embargo)
            attempt = functools.partial(_ahead, folds=folds)
        else:
            attempt = functools.partial(_around, blocks=_blocks(groups, len(features)))
        tried = [
            (variant, *found)
            for variant, loss in enumerate(self.variants)
            for found in attempt(solved, loss, features, targets, penalties)
        ]
        variant, penalty, _, left_out, start = min(tried, key=lambda one: one[2])
        exact = order != "time" and isinstance(self.variants[variant], Squared)
        if not exact:  # others are solved roughly, or for fewer rows
            (best,) = solved(self.variants[variant], features, targets, (penalty,), start=start)
            start = best.linear
        self.variant.fill_(variant)
        self.penalty.fill_(penalty)
        self._learn(start)
        return left_out.to(features.dtype)

    def solve(self, features: Features, targets: Given) -> None:
        """Solve again, with what the last fit chose and from its weights; nothing is left out.

        Raises:
            DataError: as `solve`.
        """
        features, targets, _ = checked(self.loss, features, targets, None)
        penalties = (float(self.penalty),)
        options: dict[str, Any] = {"prior": self.prior, "start": self._linear}
        (best,) = path(self.loss, features, targets, penalties, None, self.scaling, **options)
        self._learn(best.linear)

    def forward(self, features: Float[Tensor, "*row feature"]) -> Float[Tensor, "*row output"]:
        """Eta of rows, summed in float64: the same whatever rows and threads there are."""
        return self._linear(features.double()).to(features)

    @property
    def _linear(self) -> LinearPredictor:
        return LinearPredictor(*(getattr(self, name).double() for name in _LEARNED))

    def _learn(self, best: LinearPredictor) -> None:
        for name in _LEARNED:
            setattr(self, name, getattr(best, name).detach().to(getattr(self, name)))


Attempt = tuple[float, float, Eta, LinearPredictor]
"""A penalty, the loss of rows left out, their eta, and about what solves for all rows."""


def _around(
    solved: Callable[..., list[Solution]],
    loss: Loss,
    features: Features,
    targets: Targets,
    penalties: Sequence[float],
    *,
    blocks: Blocks,
) -> list[Attempt]:
    """Leave out groups."""
    found = solved(loss, features, targets, penalties, blocks=blocks)
    return [
        (one.penalty, _finite(loss.value(eta, targets) + one.spread), eta, one.linear)
        for one in found
        if (eta := one.left_out) is not None
    ]


def _ahead(
    solved: Callable[..., list[Solution]],
    loss: Loss,
    features: Features,
    targets: Targets,
    penalties: Sequence[float],
    *,
    folds: Sequence[tuple[int, slice]],
) -> list[Attempt]:
    """Predict from earlier rows; each fold begins where the one before it did."""
    parts, near = [], None
    for end, rows in folds:
        loss.check(targets[:end])
        found = solved(loss, features[:end], targets[:end], penalties, start=near)
        near = found[0].linear
        parts.append([(one, one.linear(features[rows]), targets[rows]) for one in found])
    attempts = []
    for part in zip(*parts, strict=True):
        eta = torch.cat([eta for _, eta, _ in part])
        unknown = eta.new_full((len(targets) - len(eta), eta.shape[1]), math.nan)
        score = sum(len(eta) * (loss.value(eta, y) + one.spread) for one, eta, y in part)
        last = part[-1][0]
        attempts.append((last.penalty, _finite(score), torch.cat((unknown, eta)), last.linear))
    return attempts


def _finite(score: Tensor) -> float:
    """No number is worse than any."""
    return float(score.detach().nan_to_num(math.inf))


def _blocks(groups: Shaped[Tensor, " _"] | None, n: int) -> Blocks:
    if groups is None:
        return (torch.arange(n).unsqueeze(1),)
    if len(groups) != n:
        raise DataError(f"got {len(groups)} labels of groups for {n} rows: expected one each")
    _, label, counts = torch.unique(groups, return_inverse=True, return_counts=True)
    if len(counts) < 2:
        raise DataError("got one group: expected two or more, to leave one out")
    rows, ends = torch.argsort(label, stable=True), counts.cumsum(dim=0)
    return [
        rows[(ends - size)[counts == size].unsqueeze(1) + torch.arange(int(size))]
        for size in torch.unique(counts)
    ]


def expanding(n: int, embargo: int) -> list[tuple[int, slice]]:
    """Rows to train on and to predict."""
    edges = [round(n * k / (_FOLDS + 1)) for k in range(1, _FOLDS + 2)]
    if edges[0] - embargo < 2:
        raise DataError(
            f"got {n} rows and an embargo of {embargo}: expected {_FOLDS + 1} parts of 2 rows or "
            "more beside it; give a longer history"
        )
    pairs = itertools.pairwise(edges)
    return [(begin - embargo, slice(begin, end)) for begin, end in pairs]
