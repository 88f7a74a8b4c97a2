"""GARCH(1,1) and GJR-GARCH(1,1): parameters by ``arch``, forecasts in closed form.

Returns are in percent. Element t of every result uses returns up to and including t, and
forecasts t + 1 (and later): the origin is t.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from qmann_core.errors import ConfigError, DataError

from .variance import recursion

Distribution = Literal["normal", "t"]

_BACKCAST_DAYS, _BACKCAST_DECAY = 75, 0.94


@dataclass(frozen=True)
class GarchParameters:
    """GJR-GARCH(1,1) with a constant mean; ``gamma`` is 0 in a GARCH(1,1)."""

    mu: float
    omega: float
    alpha: float
    gamma: float
    beta: float
    nu: float
    """Degrees of freedom of Student's t; infinite for the normal."""

    @property
    def persistence(self) -> float:
        """``alpha + beta + gamma / 2``, with which a shock to the variance decays per day."""
        return self.alpha + self.beta + self.gamma / 2


class GarchPath(NamedTuple):
    """Variance forecasts of one GARCH model at every origin."""

    variance: NDArray[np.float64]
    """(n, horizon): column k is the variance of the return of day t + 1 + k alone."""
    parameters: GarchParameters


def garch(
    returns: NDArray[np.float64],
    *,
    train: int,
    horizon: int,
    leverage: bool,
    distribution: Distribution,
) -> GarchPath:
    """(GJR-)GARCH(1,1) fitted by maximum likelihood on the first ``train`` returns.

        h_{t+1} = omega + (alpha + gamma 1[e_t < 0]) e_t^2 + beta h_t,    e = r - mu

    and, further ahead, ``h_{t+k+1} = omega + (alpha + beta + gamma/2) h_{t+k}``. The recursion
    runs on through all returns with these parameters: forecasts at origins ``train - 1`` and
    later are out of sample. Bollerslev 1986; Glosten, Jagannathan & Runkle 1993; fitted by
    ``arch``, on returns of unit variance so that their units do not matter.

    Args:
        returns: percent, (n,).
        train: number of returns to fit on.
        horizon: number of days ahead.
        leverage: the GJR term ``gamma``.
        distribution: of the standardised residuals.

    Raises:
        ConfigError: ``train`` or ``horizon`` out of range.
        DataError: the training part does not move.
    """
    if not (2 <= train <= len(returns) and horizon >= 1):
        raise ConfigError(
            f"train must be between 2 and the {len(returns)} returns, and horizon at least 1; "
            f"got train={train}, horizon={horizon}"
        )
    known = returns[:train]
    if not known.std() > 0:
        raise DataError("the returns of the training part are all equal: nothing to fit")
    parameters = _fit_garch(known, leverage, distribution)
    early = np.square(known - known.mean())[:_BACKCAST_DAYS]  # as arch starts its recursion
    start = float(np.average(early, weights=_BACKCAST_DECAY ** np.arange(len(early))))
    return GarchPath(garch_variance(returns, parameters, start=start, horizon=horizon), parameters)


def garch_variance(
    returns: NDArray[np.float64], parameters: GarchParameters, *, start: float, horizon: int
) -> NDArray[np.float64]:
    """The recursion of :func:`garch` with given parameters, (n,) -> (n, horizon).

    Args:
        returns: in the units of the parameters.
        parameters: of the model.
        start: what stands for e^2 and h of the day before the first return, which counts as half
            a loss.
        horizon: number of days ahead.
    """
    residuals = returns - parameters.mu
    weight = np.where(residuals < 0, parameters.alpha + parameters.gamma, parameters.alpha)
    news = parameters.omega + weight * np.square(residuals)
    first = parameters.omega + parameters.persistence * start  # variance of the first return
    ahead = [recursion(news, parameters.beta, first)]
    for _ in range(horizon - 1):
        ahead.append(parameters.omega + parameters.persistence * ahead[-1])
    return np.stack(ahead, axis=-1)


def cumulative_quantiles(
    path: GarchPath, probabilities: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Quantiles of a random walk over the next 1, 2, ... days, (n, horizon, probability).

    Student's t (or the normal), scaled to the sum of the variances of the days. For more than one
    day this keeps tails that a sum of independent days would lose some of.

    Args:
        path: from :func:`garch`.
        probabilities: between 0 and 1, (k,).
    """
    nu = path.parameters.nu
    unit = stats.t.ppf(probabilities, nu) * math.sqrt(1 - 2 / nu)
    scale = np.sqrt(np.cumsum(path.variance, axis=1))
    quantiles: NDArray[np.float64] = scale[..., None] * unit
    return quantiles


def _fit_garch(
    returns: NDArray[np.float64], leverage: bool, distribution: Distribution
) -> GarchParameters:
    from arch import arch_model  # seconds, which only GARCH has to pay

    unit = float(returns.std())
    model = arch_model(
        returns / unit, mean="Constant", vol="GARCH", p=1, o=int(leverage), q=1,
        dist=distribution, rescale=False,
    )  # fmt: skip
    fitted = model.fit(disp="off", show_warning=False)
    found = {name: float(value) for name, value in fitted.params.items()}
    return GarchParameters(
        mu=found["mu"] * unit,
        omega=found["omega"] * unit**2,
        alpha=found["alpha[1]"],
        gamma=found.get("gamma[1]", 0.0),
        beta=found["beta[1]"],
        nu=found.get("nu", math.inf),
    )
