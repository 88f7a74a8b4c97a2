"""Baselines on real prices, by the same features and folds as every model of the tasks."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from scipy import stats

from qmann_core.config import central_probabilities
from qmann_core.nn import fit_log_variance
from qmann_core.training import metrics
from qmann_finance import FORECAST, VOLATILITY, Prices, demo_prices
from qmann_finance.config import FinanceConfig
from qmann_finance.garch import garch
from qmann_finance.variance import (
    daily_returns,
    daily_variance,
    ewma_variance,
    log_variance,
    trailing_mean,
)

SHORT = FinanceConfig(horizon=3, test_days=300, refit_every=100, level=(80.0, 95.0))
BASELINES = {
    f"{task.name}: {name}": (task, baseline)
    for task in (FORECAST, VOLATILITY)
    for name, baseline in task.baselines.items()
}


def samples_and_folds(task, prices, application):
    samples = task.features(prices, application)
    known = samples[samples.known]
    return known, task.split(known, application)


def recent(prices, rows=1500):
    return replace(prices, frames={name: f.iloc[-rows:] for name, f in prices.frames.items()})


@pytest.fixture(scope="module")
def short(sp500):
    return recent(sp500)


# The protocol of shared/reference/finance.md: refitted every 250 days, tested on 2014 to 2018.


RANGE, CLOSE = ("open", "high", "low", "close"), ("close",)


@cache
def protocol():
    prices = demo_prices("sp500")
    application = VOLATILITY.presets["standard"].application
    return prices, application, *samples_and_folds(VOLATILITY, prices, application)


def test_the_test_part_is_that_of_the_published_figures():
    prices, _, known, folds = protocol()
    days = prices.frames["sp500"].index
    origins = known.time[np.concatenate([fold.test for fold in folds])]
    targets = days[days.get_indexer(origins) + 1]
    assert targets.equals(days[days >= "2014-01-01"])
    assert [len(fold.test) for fold in folds] == [250] * 5 + [8]


def published(variance, known, folds):
    """Mean QLIKE over the test part."""
    test = np.concatenate([fold.test for fold in folds])
    return metrics.qlike(variance[test], known.y[test, 1].double().numpy()).mean()


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("GJR-GARCH-t", 0.3478),
        ("GARCH", 0.3895),
        ("EWMA", 0.4530),
        ("HAR", 0.3126),
        ("linear ridge", 0.2714),
    ],
)
def test_published_qlike_of_the_baselines(name, figure):
    prices, application, known, folds = protocol()
    outputs = VOLATILITY.baselines[name](prices, known, folds, application)
    variance = outputs["scale"][:, 0] ** 2
    assert published(variance, known, folds) == pytest.approx(figure, rel=0.01)


def fold_by_fold(known, folds, variance):
    """Apply ``variance(train, rows)`` to every fold of a single series."""
    found = np.full(len(known), np.nan)
    for fold in folds:
        found[fold.test] = variance(fold.train, fold.test)
    return found


def test_published_qlike_of_gjr_garch_with_normal_residuals():
    prices, _, known, folds = protocol()
    returns = daily_returns(prices.frames["sp500"])
    first = len(returns) - 1 - len(known)  # position of the first origin among the returns

    def variance(train, rows):
        path = garch(
            returns, train=train[-1] + first + 1, horizon=1, leverage=True, distribution="normal"
        )
        return path.variance[rows + first, 0]

    found = published(fold_by_fold(known, folds, variance), known, folds)
    assert found == pytest.approx(0.3496, rel=0.01)


def test_published_qlike_of_the_last_22_days():
    prices, _, known, folds = protocol()
    squares = daily_returns(prices.frames["sp500"]) ** 2
    variance = trailing_mean(squares, 22)[-1 - len(known) : -1]
    assert published(variance, known, folds) == pytest.approx(0.5545, rel=0.01)


def test_published_qlike_of_a_constant_fitted_once():
    _, _, known, folds = protocol()
    variance = np.full(len(known), float(known.y[folds[0].train, 1].mean()))
    assert published(variance, known, folds) == pytest.approx(0.9405, rel=0.01)


@pytest.mark.parametrize(("columns", "figure"), [(RANGE, 0.3278), (CLOSE, 0.4224)])
def test_published_qlike_of_har_without_returns(columns, figure):
    prices, _, known, folds = protocol()
    proxy = daily_variance(prices.frames["sp500"][list(columns)])
    averages = [log_variance(trailing_mean(proxy, days)) for days in (1, 5, 22)]
    regressors = np.column_stack([np.ones(len(proxy)), *averages])[-1 - len(known) : -1]
    regressors = torch.from_numpy(regressors)

    def variance(train, rows):
        weights = fit_log_variance(regressors[train], known.y[train, 1].double())
        return (regressors[rows] @ weights).exp().numpy()

    found = published(fold_by_fold(known, folds, variance), known, folds)
    assert found == pytest.approx(figure, rel=0.01)


# Laws of all baselines


def shaken_after(prices, day):
    """Other prices on all days after ``day``."""
    generator = np.random.default_rng(0)
    frames = {}
    for name, frame in prices.frames.items():
        later = np.asarray(frame.index > day)
        noise = np.exp(np.where(later, 0.03 * generator.standard_normal(len(frame)), 0.0))
        shaken = frame.mul(noise, axis="index")
        shaken["high"] *= np.where(later, 1.02, 1.0)
        frames[name] = shaken
    return replace(prices, frames=frames)


@pytest.mark.parametrize("name", BASELINES)
def test_forecasts_never_look_ahead(short, name):
    task, baseline = BASELINES[name]
    known, folds = samples_and_folds(task, short, SHORT)
    row = folds[1].test[0]  # whose model was fitted on this day
    other = shaken_after(short, known.time[row])
    changed, same_folds = samples_and_folds(task, other, SHORT)
    before = baseline(short, known, folds, SHORT)
    after = baseline(other, changed, same_folds, SHORT)
    for key, values in before.items():
        np.testing.assert_array_equal(after[key][: row + 1], values[: row + 1])
    moved = "location" if name == "forecast: drift" else list(before)[-1]
    assert not np.allclose(after[moved][row + 1 :], before[moved][row + 1 :], rtol=1e-3)


@pytest.mark.parametrize("name", BASELINES)
def test_several_series_equal_each_alone(short, name):
    task, baseline = BASELINES[name]
    nasdaq = demo_prices("nasdaq").frames["nasdaq"].iloc[-1400:]  # starts later
    both = Prices({**short.frames, "nasdaq": nasdaq}, "both")
    known, folds = samples_and_folds(task, both, SHORT)
    together = baseline(both, known, folds, SHORT)
    for number, series in enumerate(both.names):
        alone = both.select([series])
        own, own_folds = samples_and_folds(task, alone, SHORT)
        rows = known.unit == number
        np.testing.assert_array_equal(known.time[rows], own.time)
        for key, values in baseline(alone, own, own_folds, SHORT).items():
            np.testing.assert_array_equal(together[key][rows], values)


@pytest.mark.parametrize("name", BASELINES)
def test_forecasts_scale_with_the_returns(short, name):
    task, baseline = BASELINES[name]
    doubled = replace(short, frames={n: frame**2.0 for n, frame in short.frames.items()})
    outputs = [
        baseline(prices, *samples_and_folds(task, prices, SHORT), SHORT)
        for prices in (short, doubled)
    ]
    for key, values in outputs[0].items():
        np.testing.assert_allclose(outputs[1][key], 2 * values, rtol=2e-3, atol=1e-4)


# Horizons


def test_ewma_is_flat_over_the_horizon(short):
    known, folds = samples_and_folds(VOLATILITY, short, SHORT)
    scale = VOLATILITY.baselines["EWMA"](short, known, folds, SHORT)["scale"][:, 0]
    path = ewma_variance(daily_returns(short.frames["sp500"]))
    np.testing.assert_allclose(scale**2, 3 * path[21:-3])


@pytest.mark.parametrize(
    ("name", "leverage", "distribution"),
    [("GJR-GARCH-t", True, "t"), ("GARCH", False, "normal")],
)
def test_garch_adds_the_variances_of_the_days(short, name, leverage, distribution):
    known, folds = samples_and_folds(VOLATILITY, short, SHORT)
    scale = VOLATILITY.baselines[name](short, known, folds, SHORT)["scale"][:, 0]
    for fold in folds:
        path = _path(short, fold, 1, leverage=leverage, distribution=distribution)
        next_day, p = path.variance[fold.test + 21, 0], path.parameters
        level = p.omega / (1 - p.persistence)  # to which the days ahead return
        days = [level + p.persistence**k * (next_day - level) for k in range(3)]
        np.testing.assert_allclose(scale[fold.test] ** 2, np.sum(days, axis=0))


def _path(prices, fold, horizon, **model):
    """The model of a fold, fitted up to its last training origin; row 0 is the origin 21."""
    returns = daily_returns(prices.frames["sp500"])
    return garch(returns, train=fold.train[-1] + 22, horizon=horizon, **model)


def test_har_is_fitted_to_the_sum_over_the_horizon(short):
    known, folds = samples_and_folds(VOLATILITY, short, SHORT)
    scale = VOLATILITY.baselines["HAR"](short, known, folds, SHORT)["scale"][:, 0]
    proxy = known.y[:, 1].double().numpy()
    regressors = known.regressors.double().numpy()
    train = folds[0].train
    ratio = proxy[train] / scale[train] ** 2
    # where QLIKE has its minimum its gradient is zero; the first regressor is the constant
    np.testing.assert_allclose(regressors[train].T @ (1 - ratio) / len(train), 0, atol=1e-4)


# The random walk and its spreads


def test_random_walk_and_drift_have_the_quantiles_of_the_training_part(short):
    known, folds = samples_and_folds(FORECAST, short, SHORT)
    walk, drift = (
        FORECAST.baselines[name](short, known, folds, SHORT) for name in ("random walk", "drift")
    )
    np.testing.assert_array_equal(walk["location"], np.zeros(known.y.shape))
    probabilities = central_probabilities(SHORT.level)
    for fold in folds:
        y = known.y[fold.train].double().numpy()
        mean, quantiles = y.mean(axis=0), np.quantile(y, probabilities, axis=0).T
        for row in fold.test[[0, -1]]:
            np.testing.assert_allclose(drift["location"][row], mean)
            np.testing.assert_allclose(drift["quantiles"][row], quantiles)
            np.testing.assert_allclose(walk["quantiles"][row], quantiles - mean[:, None])


def test_random_walk_with_garch_has_the_quantiles_of_students_t(short):
    known, folds = samples_and_folds(FORECAST, short, SHORT)
    outputs = FORECAST.baselines["rw + GJR-GARCH-t"](short, known, folds, SHORT)
    np.testing.assert_array_equal(outputs["location"], np.zeros(known.y.shape))
    for fold in folds:
        path = _path(short, fold, 3, leverage=True, distribution="t")
        deviation = np.sqrt(path.variance[fold.test + 21].cumsum(axis=1))
        nu = path.parameters.nu
        unit = np.sqrt((nu - 2) / nu)  # Student's t has variance nu / (nu - 2)
        law = stats.t(nu, scale=(unit * deviation)[..., None])
        found = law.cdf(outputs["quantiles"][fold.test])
        expected = np.broadcast_to([0.025, 0.1, 0.5, 0.9, 0.975], found.shape)
        np.testing.assert_allclose(found, expected, atol=1e-12)
