"""Convex losses of a linear predictor, each with its gradient and Hessian by the weights."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from ...errors import DataError

Eta = Float[Tensor, "row output"]
Targets = Float[Tensor, "row column"]
Design = Float[Tensor, "row term"]
Reach = Float[Tensor, "row output weight"]

_MOST = 700.0  # of an exponent: beyond, float64 overflows and a zero proxy times it is no number
_STILL = 1e-12


class Loss(ABC):
    """A loss that is convex in eta = x @ weights, where rows of x are terms.

    Weights are flat in derivatives, the terms of x slow and outputs fast. All is float64.
    """

    intercept: ClassVar[bool] = True
    """Whether a constant is among the terms."""
    coupled: ClassVar[bool] = False
    """Whether columns of targets are one problem rather than one each."""

    def variants(self) -> "tuple[Loss, ...]":
        """Losses to choose from, by the criterion that also chooses the penalty."""
        return (self,)

    def admit(self, targets: Targets) -> Targets:
        """Targets that the minimum is found for; by default, the given ones."""
        return targets

    @abstractmethod
    def check(self, targets: Targets) -> None:
        """Refuse targets without a minimum.

        Raises:
            DataError: which, why, and what is expected.
        """

    @abstractmethod
    def start(self, targets: Targets) -> Float[Tensor, " output"]:
        """The best constant eta."""

    @abstractmethod
    def value(self, eta: Eta, targets: Targets) -> Float[Tensor, ""]:
        """The mean loss of rows."""

    @abstractmethod
    def curvature(self, eta: Eta, targets: Targets) -> Float[Tensor, "output output"]:
        """Second derivative of the loss by a row's eta, mean over rows."""

    @abstractmethod
    def derivatives(
        self, eta: Eta, targets: Targets, x: Design
    ) -> tuple[Float[Tensor, " weight"], Float[Tensor, "weight weight"]]:
        """Gradient and Hessian of the mean loss by the weights."""

    @abstractmethod
    def influence(
        self, eta: Eta, targets: Targets, reach: Reach
    ) -> tuple[Float[Tensor, "row weight"], Float[Tensor, "row part weight"]]:
        """What each row adds to n times gradient and Hessian: g, and R where it adds R^T R.

        Both are linear in ``reach``, the gradient of a row's eta by the weights.
        """


class RowLoss(Loss):
    """A mean of losses of single rows."""

    @abstractmethod
    def slopes(
        self, eta: Eta, targets: Targets
    ) -> tuple[Float[Tensor, "row output"], Float[Tensor, "row part output"]]:
        """Of each row, the gradient by eta, and R with the Hessian R^T R."""

    def curvature(self, eta: Eta, targets: Targets) -> Float[Tensor, "output output"]:
        _, root = self.slopes(eta, targets)
        return torch.einsum("npa,npb->ab", root, root) / len(eta)

    def derivatives(
        self, eta: Eta, targets: Targets, x: Design
    ) -> tuple[Float[Tensor, " weight"], Float[Tensor, "weight weight"]]:
        slope, root = self.slopes(eta, targets)
        roots = (x[:, None, :, None] * root[:, :, None, :]).flatten(2).flatten(0, 1)
        return (x.mT @ slope).flatten() / len(x), roots.mT @ roots / len(x)

    def influence(
        self, eta: Eta, targets: Targets, reach: Reach
    ) -> tuple[Float[Tensor, "row weight"], Float[Tensor, "row part weight"]]:
        slope, root = self.slopes(eta, targets)
        return torch.einsum("no,now->nw", slope, reach), root @ reach


class Squared(RowLoss):
    """mean |y - eta|^2 / 2, summed over targets; penalty p is scikit-learn's alpha = n p."""

    coupled = True

    def check(self, targets: Targets) -> None:
        del targets  # any will do

    def start(self, targets: Targets) -> Float[Tensor, " output"]:
        return targets.mean(dim=0)

    def value(self, eta: Eta, targets: Targets) -> Float[Tensor, ""]:
        return (eta - targets).square().sum() / (2 * len(eta))

    def slopes(
        self, eta: Eta, targets: Targets
    ) -> tuple[Float[Tensor, "row output"], Float[Tensor, "row part output"]]:
        one = torch.eye(eta.shape[1], dtype=eta.dtype, device=eta.device)
        return eta - targets, one.expand(len(eta), -1, -1)


class QLIKE(RowLoss):
    """mean(eta + proxy exp(-eta)), eta the log variance: gamma deviance / 2 with log link.

    Robust to noise in the proxy (Patton 2011, doi:10.1016/j.jeconom.2010.03.034). Penalty p is the
    alpha of scikit-learn's `GammaRegressor`. A proxy counts as 1e-12 of the mean at least: where a
    price stands still for long, the log variance would have no lower end.
    """

    def admit(self, targets: Targets) -> Targets:
        return torch.maximum(targets, _STILL * targets.mean(dim=0))

    def check(self, targets: Targets) -> None:
        lowest, highest = targets.min(), targets.max(dim=0).values.min()
        if lowest < 0 or highest == 0:
            what = f"down to {lowest:g}" if lowest < 0 else "that is zero everywhere"
            raise DataError(
                f"got a variance proxy {what}: expected none below zero and some above; "
                "square returns, and check that the series is not constant"
            )

    def start(self, targets: Targets) -> Float[Tensor, " output"]:
        return targets.mean(dim=0).log()

    def value(self, eta: Eta, targets: Targets) -> Float[Tensor, ""]:
        return (eta + _ratio(eta, targets)).sum() / len(eta)

    def slopes(
        self, eta: Eta, targets: Targets
    ) -> tuple[Float[Tensor, "row output"], Float[Tensor, "row part output"]]:
        ratio = _ratio(eta, targets)
        return 1 - ratio, ratio.sqrt().unsqueeze(1)


class Logistic(RowLoss):
    """mean(log(1 + exp(eta)) - y eta), y 0, 1 or a probability.

    Penalty p is scikit-learn's C = 1 / (n p).
    """

    def check(self, targets: Targets) -> None:
        _check_probabilities(targets)
        share = targets.mean(dim=0)
        if bool(((share == 0) | (share == 1)).any()):
            raise DataError(
                f"got one class only, shares of class 1 are {share.tolist()}: expected both; "
                "choose rows that have both"
            )

    def start(self, targets: Targets) -> Float[Tensor, " output"]:
        return torch.logit(targets.mean(dim=0))

    def value(self, eta: Eta, targets: Targets) -> Float[Tensor, ""]:
        return (torch.logaddexp(eta, torch.zeros_like(eta)) - targets * eta).sum() / len(eta)

    def slopes(
        self, eta: Eta, targets: Targets
    ) -> tuple[Float[Tensor, "row output"], Float[Tensor, "row part output"]]:
        p = torch.sigmoid(eta)
        return p - targets, (p * torch.sigmoid(-eta)).sqrt().unsqueeze(1)


class Multinomial(RowLoss):
    """mean(log sum_k exp(eta_k) - sum_k y_k eta_k), y one-hot or probabilities of K classes.

    Symmetric: K columns of weights, which the penalty makes sum to zero, as intercepts do by
    convention. Penalty p is scikit-learn's C = 1 / (n p).
    """

    coupled = True

    def check(self, targets: Targets) -> None:
        _check_probabilities(targets)
        counts = targets.sum(dim=0)
        if targets.shape[1] < 2 or bool((counts == 0).any()):
            raise DataError(
                f"got classes of {counts.tolist()} rows: expected two classes or more, some rows "
                "of each; leave a class out, or choose rows that have all"
            )
        if bool(((targets.sum(dim=1) - 1).abs() > 1e-4).any()):
            raise DataError("got class probabilities that do not add up to 1 in every row")

    def start(self, targets: Targets) -> Float[Tensor, " output"]:
        odds = targets.mean(dim=0).log()
        return odds - odds.mean()

    def value(self, eta: Eta, targets: Targets) -> Float[Tensor, ""]:
        return (torch.logsumexp(eta, dim=1).sum() - (targets * eta).sum()) / len(eta)

    def slopes(
        self, eta: Eta, targets: Targets
    ) -> tuple[Float[Tensor, "row output"], Float[Tensor, "row part output"]]:
        p = torch.softmax(eta, dim=1)
        centred = torch.eye(p.shape[1], dtype=p.dtype, device=p.device) - p.unsqueeze(1)
        return p - targets, p.sqrt().unsqueeze(2) * centred

    def derivatives(
        self, eta: Eta, targets: Targets, x: Design
    ) -> tuple[Float[Tensor, " weight"], Float[Tensor, "weight weight"]]:
        """The same by x x^T (diag p - p p^T), K times cheaper than by its root."""
        p = torch.softmax(eta, dim=1)
        by_class = x.unsqueeze(2) * p.unsqueeze(1)  # row term class
        own = torch.diag_embed(torch.einsum("nt,nsk->tsk", x, by_class)).transpose(1, 2)
        every = by_class.flatten(1)
        hessian = own.reshape(every.shape[1], -1) - every.mT @ every
        return (x.mT @ (p - targets)).flatten() / len(x), hessian / len(x)


def _ratio(eta: Eta, proxy: Targets) -> Eta:
    return proxy * torch.exp((-eta).clamp(max=_MOST))


def _check_probabilities(targets: Targets) -> None:
    if bool(((targets < 0) | (targets > 1)).any()):
        raise DataError(
            f"got targets from {targets.min():g} to {targets.max():g}: expected 0, 1 or "
            "probabilities; make a column of each class"
        )
