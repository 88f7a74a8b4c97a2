"""Reports: forecasts and volatilities in the units of the prices."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qmann_core.config import quantile_names
from qmann_core.evaluation import Calibration
from qmann_core.tasks import Prediction, Report

from .data import Prices
from .evidence import evidence_table, price_changes, sigmas_after, to_change
from .heads import LogVariance
from .risk import Array, expected_shortfall, percent_loss

_SHOWN_DAYS = 60


@dataclass(frozen=True, kw_only=True)
class Forecast(Report):
    """Price forecasts: mean and quantiles for each future day of each series.

    The table has unique_id, date, mean, median, and lo-95, lo-80, hi-80, hi-95 for the levels 80
    and 95.
    """

    history: pd.DataFrame
    """The latest known prices, date x series."""

    def plot(self) -> Any:
        """Fan chart, one panel for each series."""
        from .plots import fan_chart

        return fan_chart(self.heading, self.table, self.history, self.evidence)


@dataclass(frozen=True, kw_only=True)
class VolatilityForecast(Report):
    """Volatility over the horizon, value at risk and expected shortfall, in percent of the price.

    Losses are positive: a one-day VaR 99 of 3.1 means that a day loses more than 3.1 % with
    probability 0.01. The table has unique_id, from, to, sigma, sigma p.a., and VaR and ES of each
    level.
    """

    history: pd.DataFrame
    """The latest known daily returns in percent, date x series."""

    def plot(self) -> Any:
        """Latest returns and the value at risk ahead, one panel for each series."""
        from .plots import risk_chart

        return risk_chart(self.heading, self.table, self.history, self.evidence)


def forecast_report(prediction: Prediction) -> Forecast:
    """Cumulative log returns back to prices."""
    prices: Prices = prediction.records
    common = prediction.common(
        f"Forecast of {prices.source}, {_days(prediction.application.horizon, prices)} ahead",
        _forecast_table,
        evidence=evidence_table(prediction, price_changes),
        notes=prices.notes,
    )
    return Forecast(**common, history=_latest(prices, lambda close: close))


def _forecast_table(prediction: Prediction) -> pd.DataFrame:
    prices: Prices = prediction.records
    horizon = prediction.application.horizon
    outputs = prediction.outputs
    rows = []
    for k, group in enumerate(prediction.samples.unit):
        name = prediction.samples.units[group]
        last = float(prices.frames[name]["close"].iloc[-1])
        location = outputs["location"][k] / 100
        scale = _scale(prediction)[k] / 100
        columns = {
            "unique_id": name,
            "date": prices.future(horizon, name),
            "mean": last * np.exp(location + scale**2 / 2),
        }
        for p, column in enumerate(quantile_names(prediction.probabilities)):
            columns[column] = last * np.exp(outputs["quantiles"][k, :, p] / 100)
        rows.append(pd.DataFrame(columns))
    return pd.concat(rows, ignore_index=True)


def _scale(prediction: Prediction) -> NDArray[np.float64]:
    """Of models that give quantiles alone, that of a normal law with the outermost of them."""
    outputs = prediction.outputs
    if "scale" in outputs:
        return outputs["scale"]
    ends = outputs["quantiles"][..., -1] - outputs["quantiles"][..., 0]
    return np.asarray(ends / (2 * NormalDist().inv_cdf(prediction.probabilities[-1])))


def volatility_report(prediction: Prediction) -> VolatilityForecast:
    """Variance over the horizon to sigma, value at risk and expected shortfall."""
    prices: Prices = prediction.records
    common = prediction.common(
        f"Volatility of {prices.source}, {_days(prediction.application.horizon, prices)} ahead",
        _volatility_table,
        evidence=_followed(prediction),
        notes=prices.notes,
    )
    returns = _latest(prices, lambda close: 100 * np.log(close).diff())
    return VolatilityForecast(**common, history=returns)


def _volatility_table(prediction: Prediction) -> pd.DataFrame:
    prices: Prices = prediction.records
    horizon = prediction.application.horizon
    sigma = prediction.outputs["scale"][:, 0]
    rows = []
    for k, group in enumerate(prediction.samples.unit):
        name = prediction.samples.units[group]
        days = prices.future(horizon, name)
        row = {
            "unique_id": name,
            "from": days[0],
            "to": days[-1],
            "sigma %": sigma[k],
            "sigma p.a. %": sigma[k] * np.sqrt(prices.days_per_year(name) / horizon),
        }
        for p, probability in reversed(list(enumerate(prediction.probabilities))):
            level = f"{100 * (1 - probability):g}"
            row[f"VaR {level} %"] = percent_loss(prediction.outputs["quantiles"][k, 0, p])
            row[f"ES {level} %"] = _shortfall(sigma[k], prediction.calibrations[k], probability)
        rows.append(row)
    return pd.DataFrame(rows)


def _followed(prediction: Prediction) -> pd.DataFrame | None:
    """The evidence of a volatility: the return over the horizon, and the volatility of a month."""
    found, horizon = prediction.evidence, prediction.application.horizon
    if found is None:
        return None
    after = sigmas_after(prediction.records, found.series, found.time, horizon, horizon)
    return evidence_table(prediction, lambda y: {"return %": to_change(y[..., 0]), **after})


def _shortfall(sigma: float, calibration: Calibration, probability: float) -> float:
    """Beyond the value at risk that the same residuals give."""

    def quantiles(probabilities: Array) -> Array:
        return np.asarray(
            sigma * calibration.quantiles(probabilities, tail=LogVariance.tail_share)[0]
        )

    return expected_shortfall(quantiles, probability)


def _days(n: int, prices: Prices) -> str:
    kind = "business day" if prices.frequency == "B" else "day"
    return f"{n} {kind}{'s' if n > 1 else ''}"


def _latest(prices: Prices, view: Callable[[pd.Series], pd.Series]) -> pd.DataFrame:
    """What is shown of the latest closes of each series, date x series."""
    frames = prices.frames.items()
    return pd.DataFrame({name: view(frame["close"]).tail(_SHOWN_DAYS) for name, frame in frames})
