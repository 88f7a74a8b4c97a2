"""Whether predicted risks are as large as what came, and hazards proportional."""

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy import stats

from ..nn import Cox, solve
from .censoring import Events, Times, kaplan_meier
from .cox import UNPENALISED

_FEWEST = 3  # events


def observed_over_expected(time: Times, event: Events, risk: Times, horizon: float) -> float:
    """1 - S(horizon) by Kaplan-Meier, over the mean predicted risk at the horizon."""
    return float((1 - kaplan_meier(time, event).at(np.array(horizon))) / risk.mean())


def by_groups(
    time: Times, event: Events, risk: Times, horizon: float, n: int = 5
) -> Float[np.ndarray, "group 2"]:
    """Mean predicted and observed risk (Kaplan-Meier) of equal groups from low to high risk."""
    groups: list[Int[np.ndarray, " member"]] = np.array_split(
        np.argsort(risk, kind="stable"), min(n, len(risk))
    )
    found = [
        (risk[g].mean(), 1 - kaplan_meier(time[g], event[g]).at(np.array(horizon))) for g in groups
    ]
    return np.array(found, dtype=float)


def change_of_hazards(time: Times, event: Events, covariate: Times) -> tuple[float, float]:
    """How the effect of a covariate on the hazard goes with time, and p that it stays the same.

    The first is the correlation of its Schoenfeld residuals with the ranks of the times of events:
    below 0 where the effect fades. With residuals r, ranks g about their mean, d events and the
    variance v of the coefficient, d v (sum g r)^2 / sum g^2 is chi-square where hazards are
    proportional (Grambsch and Therneau 1994, doi:10.1093/biomet/81.3.515). Not a number where
    few events, of one time or one covariate, cannot tell.
    """
    order = np.argsort(-time, kind="stable")
    when, x, own = time[order], covariate[order], np.asarray(event)[order] > 0
    rank = stats.rankdata(when[own])
    if len(rank) < _FEWEST or not np.ptp(rank) or not np.ptp(x):
        return np.nan, np.nan
    targets, column = torch.from_numpy(np.column_stack((when, own)).astype(float)), x[:, None]
    found = solve(Cox(), torch.from_numpy(column), targets, penalty=UNPENALISED[0])
    hazard = np.exp(found(torch.from_numpy(column))[:, 0].numpy())
    last = np.searchsorted(-when, -when[own], side="right") - 1  # of those at risk
    total, first, second = (np.cumsum(hazard * x**power)[last] for power in range(3))
    residual, information = x[own] - first / total, second / total - (first / total) ** 2
    rank -= rank.mean()
    pull, spread = rank @ residual, rank @ rank
    p = stats.chi2.sf(len(rank) * pull**2 / (information.sum() * spread), 1)
    return float(pull / np.sqrt(spread * (residual @ residual))), float(p)
