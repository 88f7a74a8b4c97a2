"""A random forest as a readout, kept in tensors so that it travels with a model."""

from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from ..base import AsFitted, ClassicalComponent
from ..errors import DataError
from .readouts import Squared
from .readouts.losses import Eta
from .readouts.readout import expanding
from .readouts.solver import Features, Given

_OPTIONS = {"n_estimators": 100, "max_features": 1 / 3, "random_state": 0}
_PARTS = 5  # of several groups, left out in turn
_KEPT = {"feature": "feature", "left": "children_left", "right": "children_right"}


class Forest(AsFitted, ClassicalComponent):
    """The mean of 100 regression trees on samples of the rows (Breiman 2001), as `Readout` is used.

    Each split is the best by a third of the features. Needs scikit-learn to fit (extra
    ``baselines``), and nothing to answer.

    Args:
        n_outputs: width of eta.
    """

    loss = Squared()
    roots: Tensor
    feature: Tensor
    left: Tensor
    right: Tensor
    threshold: Tensor
    value: Tensor
    penalty: Tensor
    """Not a number: there is none to choose."""

    def __init__(self, n_outputs: int) -> None:
        super().__init__()
        for name in ("roots", *_KEPT):
            self.register_buffer(name, torch.zeros(0, dtype=torch.int32))
        self.register_buffer("threshold", torch.zeros(0, dtype=torch.float64))
        self.register_buffer("value", torch.zeros(0, n_outputs, dtype=torch.float64))
        self.register_buffer("penalty", torch.tensor(torch.nan))

    @property
    def n_solved(self) -> int:
        """Thresholds and values."""
        return self.threshold.numel() + self.value.numel()

    def fit(
        self,
        features: Features,
        targets: Given,
        *,
        groups: Shaped[Tensor, " _"] | None = None,
        order: Literal["exchangeable", "time"] = "exchangeable",
        embargo: int = 0,
        penalties: object = None,
    ) -> Eta:
        """Grow the trees; as `Readout.fit`, but that there is nothing to choose.

        Rows are left out by trees that have not seen them, groups in five parts.
        """
        from sklearn.model_selection import GroupKFold

        del penalties
        x, y = features.detach().cpu().numpy(), targets.detach().double().cpu().numpy()
        forest = _grown(x, y, oob_score=True)
        parts = []
        if order == "time":
            parts = [(np.arange(end), rows) for end, rows in expanding(len(x), embargo)]
        elif groups is not None:
            units = groups.cpu().numpy()
            parts = list(GroupKFold(min(_PARTS, len(np.unique(units)))).split(x, groups=units))
        left_out = np.full_like(y, np.nan) if parts else forest.oob_prediction_.reshape(y.shape)
        for known, rows in parts:
            left_out[rows] = _grown(x[known], y[known]).predict(x[rows]).reshape(-1, y.shape[1])
        trees = [each.tree_ for each in forest.estimators_]
        counts = [tree.node_count for tree in trees]
        starts = np.cumsum([0, *counts[:-1]])
        for name, kept in _KEPT.items():
            shift = starts if name != "feature" else 0 * starts
            found = [getattr(tree, kept) + by for tree, by in zip(trees, shift, strict=True)]
            setattr(self, name, _joined(found, self.roots))
        self.roots = torch.from_numpy(starts).to(self.roots)
        self.threshold = _joined([tree.threshold for tree in trees], self.threshold)
        self.value = _joined([tree.value[:, :, 0] for tree in trees], self.value)
        return torch.from_numpy(left_out).to(features)

    def check(self, n_features: int) -> None:
        """Refuse trees that came from a file and lead nowhere, or round in circles.

        Raises:
            DataError: see above.
        """
        nodes, ends = torch.arange(len(self.feature)), len(self.feature)
        inner = self.feature >= 0
        below = torch.stack((self.left, self.right))[:, inner]
        lengths = {len(each) for each in (self.left, self.right, self.threshold, self.value)}
        if not (
            lengths == {ends}
            and 0 < len(self.roots) <= _OPTIONS["n_estimators"]
            and bool((self.feature < n_features).all())
            and bool(((self.roots >= 0) & (self.roots < ends)).all())
            and bool(((below > nodes[inner]) & (below < ends)).all())
        ):
            raise DataError("the trees of its readout lead nowhere: restore it, or fit again")

    def forward(self, features: Float[Tensor, "row feature"]) -> Float[Tensor, "row output"]:
        """Eta of rows."""
        x, nodes = features.float(), self.roots.expand(len(features), -1)
        while bool((inner := self.feature[nodes] >= 0).any()):
            asked = x.gather(1, self.feature[nodes].clamp_min(0).long())
            below = torch.where(asked <= self.threshold[nodes], self.left[nodes], self.right[nodes])
            nodes = torch.where(inner, below, nodes)
        return self.value[nodes].mean(dim=1).to(features.dtype)


def _grown(x: np.ndarray, y: np.ndarray, **options: Any) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(**_OPTIONS, **options).fit(x, y[:, 0] if y.shape[1] == 1 else y)


def _joined(parts: list[np.ndarray], like: Tensor) -> Tensor:
    return torch.from_numpy(np.concatenate(parts)).to(like)
