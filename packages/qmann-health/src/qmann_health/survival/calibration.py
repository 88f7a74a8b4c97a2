"""Whether predicted risks are as large as what came."""

import numpy as np
from jaxtyping import Float, Int

from .censoring import Events, Times, kaplan_meier


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
