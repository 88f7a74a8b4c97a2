"""Heads for right-censored times: survival curves of proportional hazards."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch.nn import functional

from ..data import Samples
from ..errors import ConfigError
from ..nn import Cox, Head, OneSided, SolvedReadout, mean_by, solve
from ..tasks import Outputs
from .censoring import kaplan_meier

UNPENALISED = (1e-12,)
PENALTIES = tuple(10.0 ** (k / 2) for k in range(-8, 3))
_GRID = 201  # times that a curve is kept at, 0 among them


class Curves(OneSided, Head):
    """S(t) = exp(-H(t) exp(risk)) at times of events, linear in between.

    The region is a lower bound of the time: all times whose S is at most a conformal quantile of S
    at the times seen. Censoring makes these times smaller and S larger, so that the bound holds at
    least as often as it says, however rows were censored, and is loose where many were.
    """

    names, region = ("risk", "survival", "times"), "at least"
    times: Tensor
    hazard: Tensor
    """H, cumulative."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("times", torch.zeros(_GRID))
        self.register_buffer("hazard", torch.zeros(_GRID))

    def keep(self, time: Float[Tensor, " step"], hazard: Float[Tensor, " step"]) -> None:
        """Keep H at 0 and at the given times, or at an even sample of more.

        Times are of patients: where none is to be kept, means of several take their place.
        """
        n = max(1, len(time) // self.together)
        label = torch.arange(len(time)) * n // len(time)
        time, hazard = mean_by(torch.column_stack((time, hazard)), label).unbind(dim=1)
        rows = torch.linspace(0, len(time) - 1, min(len(time), _GRID - 1)).round().long()
        short = _GRID - 1 - len(rows)
        for buffer, values in ((self.times, time[rows]), (self.hazard, hazard[rows])):
            last = values[-1:].expand(short)
            buffer.copy_(torch.cat((values.new_zeros(1), values, last)))

    def wanted(self, train: Samples) -> Float[Tensor, "sample 1"]:
        """Martingale residuals without covariates: 1 for an event, less the hazard lived through.

        Times themselves would take censoring for an outcome.
        """
        time, event = train.y[:, 0].double(), train.aux["event"].double()
        when, hazard = breslow(time, event, torch.zeros_like(time))
        through = functional.pad(hazard, (1, 0))[torch.searchsorted(when, time, right=True)]
        return (event - through).unsqueeze(1).to(train.x)

    def loss(
        self, raw: Float[Tensor, "batch 1"], y: Float[Tensor, "batch 1"], aux: Mapping[str, Tensor]
    ) -> Float[Tensor, ""]:
        return Cox().value(raw.double(), torch.column_stack((y, aux["event"])).double())

    def decode(self, raw: Float[Tensor, "batch 1"]) -> Mapping[str, Tensor]:
        survival = torch.exp(-self.hazard * raw.exp())
        return {"risk": raw, "survival": survival, "times": self.times.expand_as(survival)}

    def nonconformity(
        self, outputs: Outputs, samples: Samples
    ) -> Float[np.ndarray, "sample score"]:
        return survival_at(outputs, samples.y.double().numpy())

    def bound(
        self, outputs: Outputs, quantiles: Float[np.ndarray, "sample score probability"]
    ) -> Float[np.ndarray, "sample probability"]:
        return time_until(outputs, quantiles[:, 0])

    def columns(
        self, outputs: Outputs, samples: Samples, probabilities: Sequence[float]
    ) -> dict[str, Shaped[np.ndarray, " row"]]:
        """The risk at the horizon beside the time, and whether the event came then."""
        horizon = samples.aux["horizon"].double().numpy()
        risk = 1 - survival_at(outputs, horizon[:, None])[:, 0]
        told = {"event": samples.aux["event"].numpy() > 0, "horizon": horizon}
        return {**super().columns(outputs, samples, probabilities), "prediction": risk, **told}


class CoxHead(Curves):
    """Risks by a readout that minimises Cox's partial likelihood, with Efron's ties.

    Its eta of rows left out say too much or too little of the others' hazards: the risk is eta
    times the coefficient of a Cox model with that eta alone, at least 0, as Platt's slope. H is
    Breslow's estimate for the left-out risks.
    """

    slope: Tensor

    def __init__(self, n_regressors: int) -> None:
        super().__init__()
        self.readout = SolvedReadout(Cox(), n_regressors, 1)
        self.register_buffer("slope", torch.tensor(1.0))

    def fit(self, train: Samples) -> Tensor:
        """Solve for risks and hazard.

        Raises:
            DataError: no event to learn from.
        """
        targets = torch.column_stack((train.y, train.aux["event"])).double()
        left_out, loss = self.readout.fit(train, targets)
        eta = left_out.detach().double()
        self.slope.fill_(max(0.0, slope(targets, eta)))
        self.keep(*breslow(targets[:, 0], targets[:, 1], self.slope.double() * eta[:, 0]))
        return loss

    def forward(
        self, features: Float[Tensor, "batch feature"], regressors: Float[Tensor, "batch regressor"]
    ) -> Float[Tensor, "batch 1"]:
        raw: Tensor = self.slope * self.readout(features, regressors)
        return raw


class KaplanMeierHead(Curves):
    """The same curve for all."""

    def fit(self, train: Samples) -> None:
        time, event = train.y[:, 0].double().numpy(), train.aux["event"].numpy()
        curve = kaplan_meier(time, event)
        with np.errstate(divide="ignore"):  # where nobody is left
            hazard = torch.from_numpy(-np.log(curve.share))
        self.keep(torch.from_numpy(curve.time), hazard)

    def forward(
        self, features: Float[Tensor, "batch feature"], regressors: Float[Tensor, "batch regressor"]
    ) -> Float[Tensor, "batch 1"]:
        del features
        return regressors.new_zeros(len(regressors), 1)


def cox_head(n_features: int, samples: Samples) -> Head:
    """Survival curves by what fixed circuits say.

    Raises:
        ConfigError: features of a controller that is trained.
    """
    if n_features:
        raise ConfigError(
            "got a model that is trained for survival, whose readout is solved: expected "
            "model=quantum_kernel"
        )
    return CoxHead(samples.regressors.shape[1])


def linear_cox(penalties: tuple[float, ...], n_features: int, samples: Samples) -> Head:
    """A Cox model of what the network reads, with the penalty that predicts best."""
    del n_features
    head = CoxHead(samples.regressors.shape[1])
    head.readout.read_rows(penalties)
    return head


def no_covariates(n_features: int, samples: Samples) -> Head:
    """Kaplan-Meier."""
    del n_features, samples
    return KaplanMeierHead()


def slope(targets: Float[Tensor, "row 2"], eta: Float[Tensor, "row 1"]) -> float:
    """Coefficient of a Cox model whose only covariate is a log hazard: 1 if that is calibrated."""
    found = solve(Cox(), eta, targets, penalty=UNPENALISED[0])
    return float(found.weights / found.deviation)


def breslow(
    time: Float[Tensor, " row"], event: Float[Tensor, " row"], eta: Float[Tensor, " row"]
) -> tuple[Float[Tensor, " step"], Float[Tensor, " step"]]:
    """Times of events and the cumulative hazard of eta 0: sums of events / sum at risk exp(eta)."""
    when, place = torch.unique(time, return_inverse=True)
    empty = torch.zeros_like(when)
    at_risk = empty.index_add(0, place, eta.exp()).flip(0).cumsum(dim=0).flip(0)
    events = empty.index_add(0, place, event)
    hazard = (events / at_risk).cumsum(dim=0)
    return when[events > 0], hazard[events > 0]


def survival_at(
    outputs: Outputs, times: Float[np.ndarray, "row time"]
) -> Float[np.ndarray, "row time"]:
    """S of each row at times of its own."""
    rows = zip(times, outputs["times"], outputs["survival"], strict=True)
    return np.stack([np.interp(*row) for row in rows])


def time_until(
    outputs: Outputs, survival: Float[np.ndarray, "row share"]
) -> Float[np.ndarray, "row share"]:
    """When S of each row has fallen to shares of its own; its last time where it has not."""
    rows = zip(survival, outputs["survival"][:, ::-1], outputs["times"][:, ::-1], strict=True)
    return np.stack([np.interp(*row) for row in rows])
