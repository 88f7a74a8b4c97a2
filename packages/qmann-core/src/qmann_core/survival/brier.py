"""Squared errors of predicted survival under censoring."""

import numpy as np
from jaxtyping import Float

from .censoring import Events, Times, censoring

Grid = Float[np.ndarray, " time"]


def brier(
    time: Times, event: Events, survival: Float[np.ndarray, "row time"], at: Grid
) -> Float[np.ndarray, "row time"]:
    """Errors w (1[no event until t] - S(t))^2 of each row at each time; their mean is the score.

    The weight w is 1 / G(min(time, t)-), by the rows' own censoring, where the state at t is known,
    and 0 where it is not (Graf et al. 1999, doi:10.1002/(SICI)1097-0258(19990915)18:17). Times are
    at most the last of the rows'.
    """
    until = np.minimum(time[:, None], at)
    happened = (np.asarray(event)[:, None] > 0) & (time[:, None] <= at)
    known = happened | (time[:, None] >= at)
    weight = known / censoring(time, event).before(until)
    return np.asarray(weight * np.square(~happened - survival))


def integrated(scores: Float[np.ndarray, "row time"], at: Grid) -> Times:
    """The mean over time of each row, by trapezoids."""
    return np.asarray(np.trapezoid(scores, at, axis=1) / (at[-1] - at[0]))
