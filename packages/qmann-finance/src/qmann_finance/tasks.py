"""The tasks of qmann-finance: the table of contents, and the functions that people call."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from qmann_core.config import Model, Twin
from qmann_core.plots import forecast_against_outcome
from qmann_core.tasks import Listener, Result, Task, Verbs

from .baselines import (
    drift,
    ewma,
    garch_normal,
    gjr_garch_t,
    har_range,
    random_walk,
    return_ridge,
    rw_gjr_garch_t,
    variance_ridge,
)
from .config import FinanceConfig
from .data import Prices, read_prices
from .features import price_paths, variance_windows, walk_forward_days
from .heads import (
    return_head,
    score_returns,
    score_variance,
    variance_head,
)
from .plots import risk_track
from .presets import FORECAST_PRESETS, VOLATILITY_PRESETS
from .reports import Forecast, VolatilityForecast, forecast_report, volatility_report
from .similarity import similar_days

FORECAST = Task(
    name="forecast",
    summary="Mean and intervals of prices for the next business days",
    load=read_prices,
    demo=partial(read_prices, None),
    keep=Prices.to_long,
    features=price_paths,
    split=walk_forward_days,
    head=return_head,
    score=score_returns,
    baselines={
        "random walk": random_walk,
        "drift": drift,
        "rw + GJR-GARCH-t": rw_gjr_garch_t,
        "linear ridge": return_ridge,
    },
    report=forecast_report,
    track=partial(forecast_against_outcome, unit="log return, %"),
    presets=FORECAST_PRESETS,
)

VOLATILITY = Task(
    name="volatility",
    summary="Volatility, value at risk and expected shortfall over the next business days",
    load=read_prices,
    demo=partial(read_prices, None),
    keep=Prices.to_long,
    features=variance_windows,
    split=walk_forward_days,
    head=variance_head,
    score=score_variance,
    baselines={
        "linear ridge": variance_ridge,
        "HAR": har_range,
        "GJR-GARCH-t": gjr_garch_t,
        "GARCH": garch_normal,
        "EWMA": ewma,
    },
    report=volatility_report,
    track=risk_track,
    presets=VOLATILITY_PRESETS,
)

TASKS = {task.name: task for task in (FORECAST, VOLATILITY)}

_VERBS = Verbs(TASKS)
fit, evaluate, audit = _VERBS.fit, _VERBS.evaluate, _VERBS.audit
load, predict = _VERBS.load, _VERBS.predict


def forecast(
    prices: Any = None,
    horizon: int = 5,
    *,
    level: float | Sequence[float] = (80, 95),
    tickers: Sequence[str] | None = None,
    strict: bool = False,
    demo: str = "sp500",
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    set: Mapping[str, Any] | None = None,  # noqa: A002  (as --set)
    progress: bool | Listener = True,
) -> Forecast:
    """Price forecasts with calibrated intervals and an honest comparison.

    A reservoir of simulated circuits reads the last days of every series, and a convex readout of
    its state gives the scale of the log return up to each of the next ``horizon`` business days,
    around no change: all of the answer goes through the circuits. Intervals are adaptive conformal
    (arXiv:2106.00170). The result carries a walk-forward comparison with the classical twin and
    with random walks.

    Args:
        prices: what ``load_prices`` takes; the S&P 500 demo when left out.
        horizon: business days ahead, 1 to 60.
        level: levels of the central intervals in percent, each in (0, 100).
        tickers: series to use; all when left out.
        strict: refuse prices that stand newest first, repeat or are missing, rather than mend them.
        demo: real prices used when none are given: "sp500", "nasdaq", "wti" or "stocks".
        preset: "fast", "standard", "thorough" or "hardware".
        model: "hybrid" (the preset's, a reservoir), or another family: "quantum_kernel", "lstm",
            "gru" or "dense".
        twin: what is taken away: "classical" (the circuits), "separable" (their entanglement) or
            "frozen" (their training, where they are trained).
        seed: seed of every random choice.
        set: any keys of the configuration, as {"hybrid.epochs": 5}.
        progress: show progress bars on a terminal, or a function that is told of it.

    Raises:
        DataError: prices that cannot be used, with the rows and what to do.
        ConfigError: an option out of range.

    Example:
        >>> report = forecast("prices.csv", horizon=5)  # doctest: +SKIP
        >>> report.to_frame()  # doctest: +SKIP
    """
    report = _VERBS.answer(
        FORECAST.name,
        prices,
        twin=twin,
        progress=progress,
        preset=preset,
        model=model,
        seed=seed,
        set=set,
        horizon=horizon,
        level=level,
        tickers=tickers,
        strict=strict,
        demo=demo,
    )
    assert isinstance(report, Forecast)
    return report


def volatility(
    prices: Any = None,
    horizon: int = 1,
    *,
    level: float | Sequence[float] = (95, 99),
    tickers: Sequence[str] | None = None,
    strict: bool = False,
    demo: str = "sp500",
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    set: Mapping[str, Any] | None = None,  # noqa: A002  (as --set)
    progress: bool | Listener = True,
) -> VolatilityForecast:
    """Volatility, value at risk and expected shortfall, with an honest comparison.

    A reservoir of simulated circuits reads the regressors of a HAR model with leverage and what
    happened on each of the last days; log h is a convex readout of its state, solved for QLIKE, so
    that all of the answer goes through the circuits. VaR and ES come from the standardised
    residuals (filtered historical simulation) with adaptive conformal quantiles.

    Args:
        prices: what ``load_prices`` takes; the S&P 500 demo when left out.
        horizon: business days over which the return is summed, 1 to 60.
        level: levels of the values at risk in percent, each in (0, 100).
        tickers: series to use; all when left out.
        strict: refuse prices that stand newest first, repeat or are missing, rather than mend them.
        demo: real prices used when none are given: "sp500", "nasdaq", "wti" or "stocks".
        preset: "fast", "standard", "thorough" or "hardware".
        model: "hybrid" (the preset's, a reservoir), or another family: "quantum_kernel", "lstm",
            "gru" or "dense".
        twin: what is taken away: "classical" (the circuits), "separable" (their entanglement) or
            "frozen" (their training, where they are trained).
        seed: seed of every random choice.
        set: any keys of the configuration, as {"hybrid.epochs": 5}.
        progress: show progress bars on a terminal, or a function that is told of it.

    Raises:
        DataError: prices that cannot be used, with the rows and what to do.
        ConfigError: an option out of range.

    Example:
        >>> report = volatility("ohlc.csv", level=(99,))  # doctest: +SKIP
    """
    report = _VERBS.answer(
        VOLATILITY.name,
        prices,
        twin=twin,
        progress=progress,
        preset=preset,
        model=model,
        seed=seed,
        set=set,
        horizon=horizon,
        level=level,
        tickers=tickers,
        strict=strict,
        demo=demo,
    )
    assert isinstance(report, VolatilityForecast)
    return report


def similar(
    prices: Any = None,
    date: str | None = None,
    k: int = 5,
    *,
    horizon: int = 5,
    window: int = 10,
) -> Result:
    """The past days whose last ``window`` days look most like those up to ``date``.

    What a model reads of each day (9 or 10 numbers, its loss, gain and range in units of the month
    before among them) is angles of a product state. So is the level of the volatility, on a wire
    for each day: cases are of the size of the day, too. A QMatrix holds every window whose next
    ``horizon`` days were over on ``date``; weights are proportional to the fidelities
    prod cos^2((q_j - k_j) / 2), simulated. Of cases whose windows overlap, only the most similar is
    shown. No network is involved.

    Args:
        prices: what ``load_prices`` takes; the S&P 500 demo when left out.
        date: the day, or the last trading day before it; the newest when left out.
        k: most cases for each series.
        horizon: business days over which to show what followed, 1 to 60.
        window: days that are compared, 2 to 250.

    Raises:
        DataError: prices that cannot be used, no such day, or nothing known before it.
        ConfigError: an option out of range.

    Example:
        >>> similar(date="2008-10-10", k=3).to_frame()  # doctest: +SKIP
    """
    config = FORECAST.configured("standard", horizon=horizon, window=window)
    application = config.application
    assert isinstance(application, FinanceConfig)
    return similar_days(FORECAST.records(prices, config), application, date=date, k=k)
