"""Readouts that are solved: all that is learned where circuits are fixed."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..base import ClassicalComponent
from ..data import Samples
from ..errors import ConfigError
from .fixed import Part
from .forest import Forest
from .readouts import MANY, Loss, Readout, Squared, alone

_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
_OF_KERNELS = tuple(10.0 ** (k / 2) for k in range(-8, 5))
_JITTER = 1e-6  # of a kernel, where one row is told from the others


class SolvedReadout(ClassicalComponent):
    """raw = readout(regressors), solved for a convex loss; there are no features to correct it.

    Where a network's circuits are fixed, what they say comes as regressors, and this is all that is
    learned.
    """

    gain: Tensor
    """What rows left out lose less than with the best constant, at the last fit."""
    precision: Tensor
    """Of a kernel, 1 / alpha of ridge regression at the last fit; 0 where there is none."""

    def __init__(self, loss: Loss, n_regressors: int, n_outputs: int) -> None:
        super().__init__()
        self.base: Readout | Forest = Readout(loss, n_regressors, n_outputs)
        self.register_buffer("gain", torch.tensor(math.nan))
        self.register_buffer("precision", torch.tensor(0.0))
        self._in_time, self._penalties = True, tuple[float, ...](_PENALTIES)

    def read_kernel(self) -> None:
        """Regressors are `Nystroem` features of rows in any order, not states in order of time."""
        assert isinstance(self.base, Readout)
        self.base.scaling = "origin"
        self.read_rows(_OF_KERNELS)

    def read_rows(self, penalties: Sequence[float]) -> None:
        """Regressors are columns of rows in any order, and penalties are these to choose from."""
        self._in_time, self._penalties = False, tuple(penalties)

    def read_parts(self, parts: Sequence[Part]) -> None:
        """Regressors come in parts, each of a width and with a share of the prior variance."""
        shares = torch.cat([torch.full((width,), share) for width, share, _ in parts])
        assert isinstance(self.base, Readout)
        self.base.prior = shares.sqrt()

    def read_by_trees(self) -> None:
        """A `Forest` takes the place of the linear readout.

        Raises:
            ConfigError: another loss than the squared one.
        """
        loss, base = self.base.loss, self.base
        if not isinstance(loss, Squared) or not isinstance(base, Readout):
            raise ConfigError(
                f"got classical.readout=forest for {type(loss).__name__}: expected a task that is "
                "solved by least squares; set classical.readout=linear"
            )
        self.base = Forest(len(base.intercept))

    def forget_penalty(self) -> None:
        """Let the next fit choose the penalty, as the first one does; others keep it."""
        self.base.penalty.fill_(math.nan)
        self.precision.fill_(0)

    def refine_penalty(self) -> None:
        """Let the next fit choose the penalty near the one that was chosen for fewer rows."""
        self.base.penalty.fill_(math.nan)

    def fit(
        self, train: Samples, targets: Float[Tensor, "sample column"]
    ) -> tuple[Float[Tensor, "sample output"], Float[Tensor, ""]]:
        """Solve with the penalty that predicts best what is left out.

        That are later rows or, of a kernel, each row or each of several units.

        Returns:
            What each row's output were it left out, not a number where that is not known, and the
            mean loss of these; see `Readout.fit` for their gradients.
        """
        if self._in_time:
            rows = torch.from_numpy(np.argsort(train.time, kind="stable"))
            embargo = train.reach * len(np.unique(train.unit))
            options: dict[str, Any] = {"order": "time", "embargo": embargo}
        else:
            rows, units = torch.arange(len(train)), np.unique(train.unit)
            together = 1 < len(units) < len(train)
            options = {"groups": torch.from_numpy(train.unit) if together else None}
        x, y, kept = train.regressors[rows], targets[rows], float(self.base.penalty)
        penalties = self._penalties if math.isnan(kept) else (kept,)
        unit = float(x.detach().square().mean()) * len(x)
        if len(penalties) > 1 and x.shape[1] > MANY and self.precision > 0:
            options["near"] = 1 / (float(self.precision) * unit)
        found = self.base.fit(x, y, penalties=penalties, **options)
        known = found.isfinite().all(dim=1)
        lost, seen = self.base.loss, y[known]
        constant = lost.value(lost.start(seen).expand_as(found[known]), seen)
        loss = lost.value(found[known], seen)
        self.gain.fill_(float(constant - loss.detach()))
        left_out = torch.empty_like(found)
        left_out[rows] = found
        if not self._in_time and isinstance(self.base, Readout):
            self.precision.fill_(1 / (float(self.base.penalty) * unit))
        return left_out, loss

    def expected(
        self, train: Samples, targets: Float[Tensor, "sample column"]
    ) -> Float[Tensor, ""]:
        """`fit`, and the mean loss of rows left out alone.

        Of rows in time, it is not a number once a penalty is chosen, unless its gradient is asked
        for: to leave rows out costs more than the fit.
        """
        x, chosen = train.regressors, not self.base.penalty.isnan()
        if chosen and self._in_time and isinstance(self.base, Readout) and not x.requires_grad:
            self.base.solve(x, targets)
            return torch.tensor(math.nan)
        _, loss = self.fit(train, targets)
        return loss

    def doubt(self, regressors: Float[Tensor, "batch regressor"]) -> Float[Tensor, "batch 1"]:
        """Variance of a Gaussian process, in units of its noise: how far a row is from all known.

        That is about 1 + (1 - |phi|^2) / alpha of the features phi of a kernel with k(x, x) = 1
        (Rasmussen and Williams 2006, eq. 2.26); 1 where there is no kernel.
        """
        rest = 1 - regressors.double().square().sum(dim=1, keepdim=True)
        doubt: Tensor = (1 + rest.clamp_min(0) * self.precision).to(regressors)
        return doubt

    def doubt_left_out(
        self, regressors: Float[Tensor, "batch regressor"]
    ) -> Float[Tensor, "batch 1"]:
        """The same of rows that it was solved on, each were it left out (eq. 5.12)."""
        doubt, phi = self.doubt(regressors), regressors.double()
        if not self.precision:
            return doubt
        if MANY < phi.shape[1] >= len(phi):
            return doubt + (alone(phi, _JITTER).unsqueeze(1) * self.precision).to(doubt)
        factor = torch.linalg.cholesky(phi.mT @ phi + _JITTER * torch.eye(phi.shape[1]).to(phi))
        reach: Tensor = (
            torch.linalg.solve_triangular(factor, phi.mT, upper=False).square().sum(dim=0)
        )
        own: Tensor = _JITTER / (1 - reach).clamp_min(_JITTER)
        return doubt + (own.unsqueeze(1) * self.precision).to(doubt)

    def forward(
        self, features: Float[Tensor, "batch feature"], regressors: Float[Tensor, "batch regressor"]
    ) -> Float[Tensor, "batch output"]:
        del features
        raw: Tensor = self.base(regressors)
        return raw
