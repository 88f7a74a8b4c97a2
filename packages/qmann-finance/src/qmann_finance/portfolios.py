"""Value at risk of several series held together, and what each of them adds to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame

from qmann_core.config import Model, QMANNConfig, Twin
from qmann_core.data import number
from qmann_core.errors import ConfigError, DataError
from qmann_core.tasks import Listener, Result, answer

from .data import Prices
from .reports import VolatilityForecast
from .risk import christoffersen, kupiec
from .tasks import VOLATILITY

_WHOLE = "whole portfolio"
_DECAY = 0.97  # a day, of covariances: RiskMetrics' for a month ahead

_NOTE = "fixed weights, rebalanced every day without costs; parts are VaR times their beta"


@dataclass(frozen=True, kw_only=True)
class PortfolioRisk(Result):
    """Value at risk and expected shortfall of a portfolio, in percent of its value.

    The table has a row for each position: weight %, sigma % of its series, and for each level the
    VaR of the position alone and the part of the portfolio's VaR that is its, of which the parts of
    all positions are the sum. The figures have a row for each level: VaR, ES, the sum of the
    positions' own VaR, what diversification takes off it, and how often the VaR was passed out of
    sample, with the p-values of Kupiec's and Christoffersen's tests.
    """

    report: VolatilityForecast = field(repr=False)
    """Of the portfolio and of each position, as series."""

    def plot(self) -> Any:
        """Latest returns and the value at risk ahead of the portfolio and of each position."""
        return replace(self.report, title=self.title).plot()


def portfolio(
    prices: Any,
    weights: Mapping[str, float],
    horizon: int = 1,
    *,
    level: Sequence[float] = (95, 99),
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
) -> PortfolioRisk:
    """Value at risk of a portfolio, of its positions alone, and their parts of it.

    The returns of fixed weights are a series like any other, so that what moves together stays
    together; `volatility` forecasts it and each position's, all by one network.

    Args:
        prices: what ``load_prices`` takes, of which closes count on the days that all series have.
        weights: of each series, positive or negative. Where none is negative they are divided by
            their sum, so that amounts of money will do; else they are shares of the capital, and
            what is left of it is cash.
        horizon: business days over which the return is summed, 1 to 60.
        level: levels of the values at risk in percent, each in (0, 100).
        preset: as of `volatility`.
        model: likewise.
        twin: likewise.
        seed: of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.

    Raises:
        DataError: prices that cannot be used, series that are not there or share no days, or a loss
            of all capital in a day.
        ConfigError: weights that are no numbers, or an option out of range.

    Example:
        >>> portfolio("prices.csv", {"AAPL": 0.6, "MSFT": 0.4}).to_frame()  # doctest: +SKIP
    """
    levels = np.atleast_1d(level).tolist()
    config = VOLATILITY.configured(preset, seed=seed, model=model, horizon=horizon, level=levels)
    records = VOLATILITY.records(prices, config)
    return _answered(records, config, weights, twin=twin, progress=progress)


def portfolio_risk(
    prices: Prices, config: QMANNConfig, *, weights: str | None = None, **how: Any
) -> PortfolioRisk:
    """`portfolio` of a whole configuration, with weights as text, such as ``AAPL=.6,MSFT=.4``."""
    return _answered(prices, config, _parsed(weights), **how)


def _answered(
    prices: Prices,
    config: QMANNConfig,
    weights: Mapping[str, float],
    *,
    twin: Twin | None = None,
    **how: Any,
) -> PortfolioRisk:
    application: Any = config.application
    shares = _shares(weights)
    held, returns = _held(prices, shares)
    report = answer(VOLATILITY, held, config, twin, **how)
    assert isinstance(report, VolatilityForecast)
    levels = sorted(application.level)
    tracks = [_track(report, f"{each:g}", application.horizon) for each in levels]
    return _risk(report, shares, returns, tracks, sum(map(float, weights.values())))


def _parsed(text: str | None) -> dict[str, float]:
    pairs = [part.rpartition("=") for part in (text or "").split(",")]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        raise ConfigError(f"got --weights {text!r}: expected one for each series: AAPL=.6,MSFT=.4")
    names = [name.strip() for name, *_ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"got --weights with {', '.join(twice)} twice: give each series once")
    return {n: number(f"weight of {n}", w) for n, (*_, w) in zip(names, pairs, strict=True)}


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights as shares of the capital."""
    given = {str(name): number(f"weight of {name}", weight) for name, weight in weights.items()}
    if not given or 0 in given.values():
        raise ConfigError(f"got weights {given}: expected some series, each of a weight but 0")
    whole = sum(given.values()) if min(given.values()) > 0 else 1.0
    return {name: weight / whole for name, weight in given.items()}


def _held(prices: Prices, shares: Mapping[str, float]) -> tuple[Prices, DataFrame]:
    """The portfolio and its positions as series, and daily returns of the latter, share and all."""
    closes = DataFrame({name: f["close"] for name, f in prices.select(shares).frames.items()})
    joined = closes.dropna()
    if len(joined) < 2:
        raise DataError(f"{prices.source}: {', '.join(shares)} share no two days; give others")
    signs = pd.Series(shares).transform(np.sign)
    returns = joined.pct_change().iloc[1:] * signs
    parts = returns * pd.Series(shares).abs()
    series = pd.concat((parts.sum(axis=1).rename(_WHOLE), returns), axis=1)
    lost = series.columns[(series <= -1).any()]
    if len(lost):
        raise DataError(f"{prices.source}: {', '.join(lost)} loses all in a day; lower the weights")
    grown = (1 + series).cumprod()
    grown = pd.concat((pd.DataFrame(1.0, joined.index[:1], grown.columns), grown))
    frames = {str(name): grown[[name]].set_axis(["close"], axis=1) for name in grown}
    others = tuple(repr(name) for name in prices.names if name not in shares)
    notes = tuple(note for note in prices.notes if not note.startswith(others))
    if missing := len(closes) - len(joined):
        notes += (f"{missing} of {len(closes)} days that not all series have are left out",)
    return replace(prices, frames=frames, notes=notes), parts


def _risk(
    report: VolatilityForecast,
    shares: Mapping[str, float],
    parts: DataFrame,
    tracks: Sequence[Mapping[str, float]],
    given: float,
) -> PortfolioRisk:
    rows, size = report.table.set_index("unique_id"), pd.Series(shares).abs()
    whole, alone = rows.loc[_WHOLE], rows.loc[list(shares)]
    table = DataFrame({"weight %": 100 * pd.Series(shares), "sigma %": alone["sigma %"]})
    figures, betas = [], _betas(parts)
    for track in tracks:
        at_risk = f"VaR {track['level %']:g} %"
        own = alone[at_risk] * size
        table[f"{at_risk} alone"], table[f"{at_risk} part"] = own, whole[at_risk] * betas
        figures.append(
            {
                "level %": track["level %"],
                "VaR %": whole[at_risk],
                "ES %": whole[at_risk.replace("VaR", "ES")],
                "sum alone %": own.sum(),
                "diversified %": 100 * (1 - whole[at_risk] / own.sum()),
                **track,
            }
        )
    return PortfolioRisk(
        title=report.title.replace("Volatility", "Value at risk of a portfolio", 1),
        table=table.rename_axis("unique_id").reset_index(),
        figures=DataFrame(figures),
        notes=(_NOTE, *_said(shares, given), *report.notes),
        report=report,
    )


def _betas(parts: DataFrame) -> np.ndarray:
    """Of each position the covariance with all of them together, over the variance of that.

    They sum to 1: Euler's allocation of a risk that is proportional to the standard deviation
    (Tasche 1999, "Risk contributions and performance measurement").
    """
    weights = _DECAY ** np.arange(len(parts))[::-1]
    covariance = np.cov(parts.to_numpy().T, aweights=weights).reshape(2 * (len(parts.columns),))
    return np.asarray(covariance.sum(axis=1) / covariance.sum())


def _track(report: VolatilityForecast, level: str, horizon: int) -> dict[str, float]:
    """How often the portfolio's value at risk was passed, on every h-th day, and the tests."""
    days = report.backtest
    own = days[(days["model"] == report.model) & (days["unique_id"] == _WHOLE)]
    hits = own[f"hit {level}"].to_numpy(bool)[::horizon]
    promised = float(level) / 100
    return {
        "level %": float(level),
        "hits %": 100 * float(hits.mean()),
        "Kupiec p": kupiec(hits, promised).p_value,
        "Christoffersen p": christoffersen(hits, promised).conditional_coverage.p_value,
    }


def _said(shares: Mapping[str, float], given: float) -> tuple[str, ...]:
    """What was made of the weights."""
    if min(shares.values()) > 0:
        return () if abs(given - 1) < 1e-9 else (f"weights are divided by their sum, {given:g}",)
    return (f"weights are shares of the capital, of which {1 - given:.0%} is cash",)
