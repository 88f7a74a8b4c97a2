"""The scale of a Student-t as a convex readout."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ...errors import ConfigError, DataError
from ..newton import newton
from .losses import Eta, Loss, RowLoss, Targets

_DEGREES = (3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 30.0)


@dataclass(frozen=True)
class StudentScale(RowLoss):
    """Negative log-likelihood of y = exp(eta) t, t a Student-t of unit variance and location 0.

    loss = eta + (nu + 1) / 2 log(1 + exp(u)) + constant with u = log(y^2 / (nu - 2)) - 2 eta. It is
    convex in eta: u is affine in eta, log(1 + exp(u)) is convex in u with the second derivative
    s (1 - s), s = sigmoid(u), and the rest is linear. Its second derivative is
    2 (nu + 1) s (1 - s) >= 0.

    Attributes:
        nu: degrees of freedom above 2; None chooses among 3, 4, 5, 6, 8, 10, 15 and 30.

    Raises:
        ConfigError: no variance, nu <= 2.
    """

    nu: float | None = None

    def __post_init__(self) -> None:
        if self.nu is not None and not 2 < self.nu < math.inf:
            raise ConfigError(f"got nu {self.nu:g}: expected a finite number above 2")

    def variants(self) -> tuple[Loss, ...]:
        return (self,) if self.nu else tuple(StudentScale(nu) for nu in _DEGREES)

    def check(self, targets: Targets) -> None:
        """Refuse so many zeros that the likelihood grows without bound as the scale shrinks."""
        nu = self.nu or _DEGREES[0]
        zeros, most = float((targets == 0).double().mean(dim=0).max()), nu / (nu + 1)
        if zeros >= most:
            raise DataError(
                f"got {zeros:.0%} zeros among targets: expected less than {most:.0%}, or the best "
                "scale is zero; leave constant series out"
            )

    def start(self, targets: Targets) -> Float[Tensor, " output"]:
        rows, one = targets[:, :1], torch.ones_like(targets[:, :1])
        best = newton(
            lambda w: self.value(w * one, rows),
            lambda w: self.derivatives(w * one, rows, one),
            rows.square().mean(dim=0).log() / 2,
            least=lambda _: 1e-14,
        )
        rest = (self.start(targets[:, 1:]),) if targets.shape[1] > 1 else ()
        return torch.cat((best, *rest))

    def value(self, eta: Eta, targets: Targets) -> Float[Tensor, ""]:
        nu, u = self._known, self._excess(eta, targets)
        constant = (
            math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2) - math.log(math.pi * (nu - 2)) / 2
        )
        tails = (nu + 1) / 2 * torch.logaddexp(u, torch.zeros_like(u))
        return (eta + tails - constant).sum() / len(eta)

    def slopes(
        self, eta: Eta, targets: Targets
    ) -> tuple[Float[Tensor, "row output"], Float[Tensor, "row part output"]]:
        nu, u = self._known, self._excess(eta, targets)
        inside = torch.sigmoid(u)
        bend = 2 * (nu + 1) * inside * torch.sigmoid(-u)
        return 1 - (nu + 1) * inside, bend.sqrt().unsqueeze(1)

    def _excess(self, eta: Eta, targets: Targets) -> Eta:
        return torch.log(targets.square() / (self._known - 2)) - 2 * eta

    @property
    def _known(self) -> float:
        if self.nu is None:
            raise ConfigError("got no nu: give one above 2, or fit a Readout, which chooses it")
        return self.nu
