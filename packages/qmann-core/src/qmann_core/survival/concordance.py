"""How often the one of two with the higher risk has the event first."""

import numpy as np

from .censoring import Events, Times, censoring

_ROWS = 512  # compared with all at once


def harrell(time: Times, event: Events, risk: Times) -> float:
    """Share of comparable pairs in which the earlier one has the higher risk; ties count half.

    A pair is comparable where the earlier time is an event's, or of equal times one is an event's
    and the other censored (Harrell et al. 1982, doi:10.1001/jama.1982.03320430047030). Not a number
    where none is.
    """
    return _weighted(time, event, risk, np.asarray(event, dtype=float))


def uno(time: Times, event: Events, risk: Times, tau: float) -> float:
    """The same, of events before ``tau``, weighted by 1 / G(t-)^2 of the rows' own censoring.

    It does not depend on how rows were censored (Uno et al. 2011, doi:10.1002/sim.4154).
    """
    left = censoring(time, event).before(time)
    return _weighted(time, event, risk, (np.asarray(event) > 0) * (time < tau) / left**2)


def _weighted(time: Times, event: Events, risk: Times, weight: Times) -> float:
    _, place = np.unique(time, return_inverse=True)
    key = 2 * place + (np.asarray(event) == 0)  # of equal times, events first
    order = np.argsort(key, kind="stable")
    key, risk, weight = key[order], risk[order], weight[order]
    first, place = np.searchsorted(key, key, side="right"), np.arange(len(key))
    rows, right = np.flatnonzero(weight), 0.0
    for part in np.split(rows, range(_ROWS, len(rows), _ROWS)):
        halves = (place >= first[part, None]) * (np.sign(risk[part, None] - risk) + 1)
        right += float(weight[part] @ halves.sum(axis=1)) / 2
    pairs = float(weight @ (len(key) - first))
    return right / pairs if pairs else np.nan
