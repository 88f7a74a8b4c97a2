"""Cox's partial likelihood of right-censored times."""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ...errors import DataError
from .losses import Design, Eta, Loss, Reach, Targets


class Cox(Loss):
    """-sum over events of (eta_i - log sum over rows at risk of exp(eta)) / rows, Efron's ties.

    Targets are two columns: the time until event or censoring, and 1 for an event, 0 for censored.
    Rows censored at the time of an event are at risk. Hazards are proportional to exp(eta); there
    is no intercept. Of d events at a time, event l = 0 ... d - 1 counts the share 1 - l / d of each
    (Efron 1977, doi:10.1080/01621459.1977.10480613). Penalty p is n / (n - 1) times lifelines'
    penalizer, whose deviations have n - 1.
    """

    intercept = False
    coupled = True

    def __init__(self) -> None:
        self._ordered: tuple[Targets, _Order] | None = None  # of a solve, never changed in place

    def _risk(self, eta: Eta, targets: Targets) -> "_Risk":
        if self._ordered is None or self._ordered[0] is not targets:
            self._ordered = targets, _Order.of(targets)
        return _Risk.at(self._ordered[1], eta)

    def check(self, targets: Targets) -> None:
        if targets.shape[1] != 2:
            raise DataError(f"got {targets.shape[1]} columns of targets: expected time and event")
        event = targets[:, 1]
        if not bool(((event == 0) | (event == 1)).all()):
            raise DataError("got event flags other than 0 and 1: expected 1 where an event was")
        if not bool(event.any()):
            raise DataError(
                f"got no event in {len(event)} rows: expected one or more; choose rows with events"
            )

    def start(self, targets: Targets) -> Float[Tensor, " output"]:
        return targets.new_zeros(1)

    def value(self, eta: Eta, targets: Targets) -> Float[Tensor, ""]:
        risk = self._risk(eta, targets)
        logs = torch.log(risk.total).sum() + risk.level * len(risk.total)
        if not logs.isfinite():  # hazards so far apart that some are 0: no step may lead there
            return torch.full_like(logs, math.inf)
        value: Tensor = (logs - eta[targets[:, 1] == 1].sum()) / len(eta)
        return value

    def curvature(self, eta: Eta, targets: Targets) -> Float[Tensor, "output output"]:
        risk = self._risk(eta, targets)
        squares = risk.hazard.square()
        at_risk = risk.at_risk(squares) - (1 - (1 - risk.share).square()) * risk.tied(
            squares[risk.event]
        )
        total = len(risk.total) - (at_risk / risk.total.square()).sum()
        return (total / len(eta)).reshape(1, 1)

    def derivatives(
        self, eta: Eta, targets: Targets, x: Design
    ) -> tuple[Float[Tensor, " weight"], Float[Tensor, "weight weight"]]:
        risk = self._risk(eta, targets)
        sorted_x = x[risk.order]
        means, expected = risk.means(sorted_x), risk.hazard * risk.cumulative
        gradient = sorted_x.mT @ (expected - risk.event.to(x.dtype))
        hessian = sorted_x.mT @ (expected.unsqueeze(1) * sorted_x) - means.mT @ means
        return gradient / len(x), hessian / len(x)

    def influence(
        self, eta: Eta, targets: Targets, reach: Reach
    ) -> tuple[Float[Tensor, "row weight"], Float[Tensor, "row part weight"]]:
        """As in `Loss`, where all but the row's own event stay.

        Of another event, with mean m of x over the hazards h at risk, g has h / (sum h - h) (x - m)
        to third order in h / sum h (to first order, as score residuals have it: Therneau, Grambsch
        and Fleming 1990, doi:10.1093/biomet/77.1.147). R^T R is about the mean of all m.
        """
        risk = self._risk(eta, targets)
        x, hazard, own = reach[risk.order, 0], risk.hazard.unsqueeze(1), risk.event
        means, cumulative = risk.means(x), risk.cumulative.unsqueeze(1)
        score = torch.zeros_like(x)
        score[own] = risk.tied_mean(means) - x[own]
        for power in (1, 2, 3):
            weight = risk.total.unsqueeze(1) ** -power
            pull = risk.accumulated(weight) * x - risk.accumulated(weight * means)
            counts = weight * (1 - risk.share).unsqueeze(1)
            pull[own] -= risk.tied_mean(counts) * x[own] - risk.tied_mean(counts * means)
            score += hazard**power * pull
        mean = risk.accumulated(means / risk.total.unsqueeze(1)) / cumulative
        root = (hazard * cumulative).sqrt() * torch.where(cumulative > 0, x - mean, 0.0)
        back = torch.argsort(risk.order)
        return score[back], root[back].unsqueeze(1)


@dataclass(frozen=True)
class _Order:
    """Rows in order of time, and events among them with their ties."""

    order: Tensor  # row
    event: Bool[Tensor, " row"]
    first: Tensor  # event: first row of its time
    time: Tensor  # event: index of its time among times of events
    until: Tensor  # row: events up to its time
    share: Float[Tensor, " event"]  # of each tied event that no longer counts

    @staticmethod
    def of(targets: Targets) -> "_Order":
        times, order = torch.sort(targets[:, 0])
        event = targets[order, 1] == 1
        when = times[event]
        _, time, count = torch.unique_consecutive(when, return_inverse=True, return_counts=True)
        begins = count.cumsum(dim=0) - count
        share = (torch.arange(len(when), device=when.device) - begins[time]).double() / count[time]
        first = torch.searchsorted(times, when)
        until = torch.searchsorted(when, times, right=True)
        return _Order(order, event, first, time, until, share)


@dataclass(frozen=True)
class _Risk(_Order):
    """Hazards of these rows."""

    level: Tensor  # largest eta, taken out of hazards
    hazard: Float[Tensor, " row"]

    @staticmethod
    def at(rows: _Order, eta: Eta) -> "_Risk":
        level = eta.max()
        return _Risk(**vars(rows), level=level, hazard=torch.exp(eta[rows.order, 0] - level))

    @cached_property
    def total(self) -> Float[Tensor, " event"]:
        """Hazard at risk."""
        return self.counted(self.hazard)

    @cached_property
    def cumulative(self) -> Float[Tensor, " row"]:
        """Baseline hazard that a row was exposed to."""
        return self.accumulated(1 / self.total)

    def at_risk(self, rows: Tensor) -> Tensor:
        """Sums over rows at risk, an event each."""
        return rows.flip(0).cumsum(dim=0).flip(0)[self.first]

    def tied(self, events: Tensor) -> Tensor:
        """Sums over the events of the same time, an event each."""
        return torch.zeros_like(events).index_add(0, self.time, events)[self.time]

    def counted(self, rows: Tensor) -> Tensor:
        """Sums over rows at risk without the share of tied events, an event each."""
        share = self.share.reshape(-1, *[1] * (rows.ndim - 1))
        return self.at_risk(rows) - share * self.tied(rows[self.event])

    def means(self, x: Design) -> Float[Tensor, "event term"]:
        """Of x over the rows at risk, weighted by hazards."""
        return self.counted(self.hazard.unsqueeze(1) * x) / self.total.unsqueeze(1)

    def tied_mean(self, events: Float[Tensor, "event term"]) -> Float[Tensor, "event term"]:
        return self.tied(events) / self.tied(torch.ones_like(self.share)).unsqueeze(1)

    def accumulated(self, events: Tensor) -> Tensor:
        """Sums over the events that a row was at risk of, less what no longer counts of its own."""
        before = torch.cat((events.new_zeros(1, *events.shape[1:]), events.cumsum(dim=0)))
        sums = before[self.until]
        share = self.share.reshape(-1, *[1] * (events.ndim - 1))
        sums[self.event] -= self.tied(share * events)
        return sums
