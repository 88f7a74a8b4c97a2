"""Whether probabilities are true, and what is decided by them."""

import math

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import brentq
from scipy.special import expit

from qmann_core.nn import Logistic, solve

Rows = Float[np.ndarray, " row"]

_CLIP, _FAR = 1e-7, 40.0  # no closer to 0 or 1 does a probability count; log odds beyond these
_NONE = 1e-12  # a penalty that changes nothing


def logistic_recalibration(y: Rows, probability: Rows) -> tuple[float, float]:
    """Calibration slope, and intercept in the large (Cox 1958, doi:10.1093/biomet/45.3-4.562).

    The slope b is that of log odds(y) = a + b logit(p); below 1, probabilities are too extreme. The
    intercept is a where b is held at 1; above 0, they are too low. Both by maximum likelihood, NaN
    where probabilities part the classes, so that there is no largest likelihood.
    """
    p = np.clip(probability, _CLIP, 1 - _CLIP)
    logit, one = np.log(p / (1 - p)), y > 0.5
    if one.all() or not one.any() or logit[one].min() >= logit[~one].max():
        return math.nan, math.nan
    columns = (torch.tensor(each)[:, None] for each in (logit, y))
    found = solve(Logistic(), *columns, penalty=_NONE)
    intercept = brentq(lambda a: float((y - expit(a + logit)).sum()), -_FAR, _FAR)
    return float(found.weights[0, 0] / found.deviation[0]), float(intercept)


def average_precision(y: Rows, probability: Rows) -> float:
    """Sum of precision times the recall that is gained, over falling thresholds; ties together."""
    order = np.argsort(-probability, kind="stable")
    last = np.flatnonzero(np.append(np.diff(probability[order]) != 0, True))  # of equal ones
    hits = np.cumsum(y[order] > 0.5)[last]
    return float((hits / (last + 1) * np.diff(hits, prepend=0)).sum() / hits[-1])


def decided(y: Rows, probability: Rows, threshold: float) -> tuple[float, float]:
    """Sensitivity and specificity where probabilities from a threshold on count as the event."""
    one, found = y > 0.5, probability >= threshold
    return float(found[one].mean()), float((~found[~one]).mean())


def threshold_for(y: Rows, probability: Rows, sensitivity: float) -> float:
    """The largest threshold that has at least this sensitivity."""
    events = np.sort(probability[y > 0.5])[::-1]
    return float(events[math.ceil(sensitivity * len(events) - 1e-9) - 1])


def net_benefit(y: Rows, probability: Rows, thresholds: Rows) -> Rows:
    """True positives less false ones times t / (1 - t), for each patient, at each threshold t.

    Of who treats those from t on (Vickers and Elkin 2006, doi:10.1177/0272989X06295361). To treat
    all is a probability of 1 for each, and to treat none has a net benefit of 0.
    """
    found, one = probability[:, None] >= thresholds, (y > 0.5)[:, None]
    odds = thresholds / (1 - thresholds)
    return np.asarray((found & one).mean(axis=0) - (found & ~one).mean(axis=0) * odds)


def binned(y: Rows, probability: Rows, n: int = 10) -> tuple[list[float], list[float]]:
    """Mean probability and observed share in up to ``n`` groups of as many rows each."""
    groups = np.array_split(np.argsort(probability, kind="stable"), min(n, len(y)))
    stated, observed = ([float(each[g].mean()) for g in groups] for each in (probability, y))
    return stated, observed


def figures(y: Rows, probability: Rows, threshold: float) -> dict[str, float]:
    """What is said of probabilities of known outcomes."""
    slope, intercept = logistic_recalibration(y, probability)
    sensitivity, specificity = decided(y, probability, threshold)
    return {
        "Brier": float(np.square(y - probability).mean()),
        "slope": slope,
        "intercept": intercept,
        "observed/expected": float(y.sum() / probability.sum()),
        "threshold": threshold,
        "sensitivity": sensitivity,
        "specificity": specificity,
    }
