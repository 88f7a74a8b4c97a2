"""Differences of means and hazard ratios between arms, and whether they differ in subgroups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy import stats

from qmann_core.nn import Cox, solve

from .trial import Trial, design

_EXACT = 1e-12  # a penalty that changes nothing
_LEVERAGE = 1e-9  # that is left to a patient, at least

Design = Float[np.ndarray, "patient column"]
Arms = Float[np.ndarray, " arm"]


@dataclass(frozen=True)
class Estimates:
    """Of each arm but the control; NaN where there are too few patients or events."""

    effect: Arms
    error: Arms
    freedom: Arms

    @property
    def p(self) -> Arms:
        return np.asarray(2 * stats.t.sf(np.abs(self.effect / self.error), self.freedom))


def estimate(trial: Trial, *, adjusted: bool) -> Estimates:
    """Effects on patients with an outcome."""
    x = design(trial.covariates) if adjusted else np.empty((len(trial.arm), 0))
    present = [trial.arm == k for k in range(len(trial.arms))]
    varies = np.all([x[rows].std(axis=0) > 0 for rows in present if rows.any()], axis=0)
    x = (x - x.mean(axis=0))[:, varies]
    if trial.timed:
        return _hazards(trial, x)
    means = np.array([_mean(trial.outcome[rows, 0], x[rows]) for rows in present])
    (start, variance, freedom), (others, more, left) = means[0], means[1:].T
    total = variance + more
    welch = total**2 / (variance**2 / freedom + more**2 / left)
    return Estimates(others - start, np.sqrt(total), welch)


def _mean(y: Float[np.ndarray, " patient"], x: Design) -> tuple[float, float, float]:
    """Intercept of a linear regression, its variance (HC2) and the degrees of freedom."""
    design = np.column_stack((np.ones(len(y)), x))
    freedom = len(y) - np.linalg.matrix_rank(design) if len(y) else 0
    if freedom < 1:
        return np.nan, np.nan, np.nan
    inverse = np.linalg.pinv(design)
    coefficients = inverse @ y
    rest = np.maximum(1 - np.einsum("nc,cn->n", design, inverse), _LEVERAGE)
    variance = (inverse[0] ** 2 * (y - design @ coefficients) ** 2 / rest).sum()
    return coefficients[0], variance, freedom


def _hazards(trial: Trial, x: Design) -> Estimates:
    """Log hazard ratios by Cox's model, with the inverse of the information as covariance."""
    events = np.bincount(trial.arm, trial.outcome[:, 1], minlength=len(trial.arms))
    arms = np.flatnonzero(events[1:]) + 1
    effect, error = np.full((2, len(events) - 1), np.nan)
    if events[0] and len(arms):
        rows = np.isin(trial.arm, (0, *arms))
        both = np.hstack((trial.arm[rows, None] == arms, x[rows] / x.std(axis=0)))
        features, targets = torch.from_numpy(both), torch.from_numpy(trial.outcome[rows])
        found = solve(Cox(), features, targets, penalty=_EXACT)
        _, information = Cox().derivatives(found(features), targets, features)
        covariance = torch.linalg.inv(information * len(features))
        slopes = found.weights[:, 0] / found.deviation
        effect[arms - 1] = slopes[: len(arms)].numpy()
        error[arms - 1] = covariance.diagonal().sqrt()[: len(arms)].numpy()
    return Estimates(effect, error, np.full(len(effect), np.inf))


def interaction(groups: Sequence[Estimates]) -> Arms:
    """Of each arm the p of equal effects in all groups (Cochran 1954, doi:10.2307/3001666).

    Groups share no patients, so that effects f with standard errors s are independent, and
    sum (f - m)^2 / s^2, with m their mean weighted by 1 / s^2, is chi-square.
    """
    effect, error = np.array([(each.effect, each.error) for each in groups]).swapaxes(0, 1)
    weight = np.where(np.isfinite(effect), error**-2.0, 0)
    effect = np.nan_to_num(effect)
    total = np.where(weight.any(axis=0), weight.sum(axis=0), 1)
    spread = (weight * (effect - (weight * effect).sum(axis=0) / total) ** 2).sum(axis=0)
    freedom = (weight > 0).sum(axis=0) - 1
    return np.where(freedom > 0, stats.chi2.sf(spread, np.maximum(freedom, 1)), np.nan)
