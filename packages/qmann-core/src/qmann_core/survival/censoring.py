"""Kaplan-Meier curves, of events and of censoring."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Float, Shaped

Times = Float[np.ndarray, " row"]
Events = Shaped[np.ndarray, " row"]
"""1 or True where the event came at that time, 0 where the row was censored then."""


@dataclass(frozen=True)
class Curve:
    """A share that falls in steps, from 1 at time 0."""

    time: Float[np.ndarray, " step"]
    share: Float[np.ndarray, " step"]
    """From each time on."""

    def at(self, time: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
        """The share after the steps up to a time."""
        return self._after(np.searchsorted(self.time, time, side="right"))

    def before(self, time: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
        """The share just before a time."""
        return self._after(np.searchsorted(self.time, time, side="left"))

    def until(self, share: float) -> float:
        """The first time from which on no more than a share is left; infinite if there is none."""
        low = self.share <= share
        return float(self.time[low][0]) if low.any() else np.inf

    def _after(self, steps: Shaped[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
        return np.asarray(np.append(1.0, self.share)[steps])


def kaplan_meier(time: Times, event: Events) -> Curve:
    """S(t) = prod over times s <= t of 1 - d / r, of d events among r at risk at s.

    Kaplan and Meier 1958, doi:10.1080/01621459.1958.10501452.
    """
    when, at_risk, events, _ = _counted(time, event)
    steps = events > 0
    return Curve(when[steps], np.cumprod(1 - events / at_risk)[steps])


def censoring(time: Times, event: Events) -> Curve:
    """G(t), the same of censoring; of those at risk at a time, events come first.

    A row's state at t is known if it was not censored before min(its time, t), which has the
    chance ``before`` min(its time, t): above 0 for every row.
    """
    when, at_risk, events, censored = _counted(time, event)
    return Curve(when, np.cumprod(1 - censored / np.maximum(at_risk - events, 1)))


def median_follow_up(time: Times, event: Events) -> float:
    """When half were censored, had there been no events; the last time if that is never."""
    return min(censoring(time, event).until(0.5), float(np.max(time)))


def _counted(time: Times, event: Events) -> tuple[Float[np.ndarray, " step"], ...]:
    """Times, and how many are at risk, have the event and are censored at each."""
    when, place = np.unique(time, return_inverse=True)
    n, events = np.bincount(place), np.bincount(place, weights=np.asarray(event, dtype=float))
    return when, n[::-1].cumsum()[::-1].astype(float), events, n - events


def band(time: Times, event: Events, level: float) -> tuple[Curve, Curve]:
    """Ends of intervals around `kaplan_meier`, each of a level in percent, by log(-log S).

    S^exp(+-z se / log S), with Greenwood's se^2 = sum of d / (r (r - d)) (Kalbfleisch and Prentice
    2002, doi:10.1002/9781118032985, section 1.4). No wider than S where that is 1 or 0.
    """
    when, at_risk, events, _ = _counted(time, event)
    share = np.cumprod(1 - events / at_risk)
    z = NormalDist().inv_cdf(0.5 + level / 200)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
        power = np.exp(z * np.sqrt(variance) / np.log(share))
        ends = share ** (1 / power), share**power
    low, high = (np.where(np.isfinite(end) & (share > 0), end, share) for end in ends)
    return Curve(when, low), Curve(when, high)
