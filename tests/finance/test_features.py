import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from pandas import DataFrame

from qmann_core.errors import DataError
from qmann_finance import Prices
from qmann_finance.config import FinanceConfig
from qmann_finance.features import price_paths, variance_windows, walk_forward_days

TINY = FinanceConfig(horizon=3, window=4, min_rows=100)
FIRST = 22  # row of the first origin: 22 returns make a month
FEATURES = pytest.mark.parametrize("features", [price_paths, variance_windows])


def ohlc(n=120, *, seed=0, start="2020-01-01"):
    generator = np.random.default_rng(seed)
    moves = 0.01 * generator.standard_normal((n, 5))
    close = 50 * np.exp(moves[:, 0].cumsum())
    open_ = close * np.exp(moves[:, 1])
    high = np.maximum(open_, close) * np.exp(np.abs(moves[:, 2]))
    low = np.minimum(open_, close) * np.exp(-np.abs(moves[:, 3]))
    days = pd.bdate_range(start, periods=n, name="date", unit="us")
    return DataFrame({"open": open_, "high": high, "low": low, "close": close}, index=days)


def one(frame):
    return Prices({"x": frame}, "a test")


def same(a, b, **tolerance):
    torch.testing.assert_close(a.x, b.x, **tolerance)
    torch.testing.assert_close(a.regressors, b.regressors, **tolerance)
    torch.testing.assert_close(a.y, b.y, equal_nan=True, **tolerance)
    np.testing.assert_array_equal(a.time, b.time)
    np.testing.assert_array_equal(a.unit, b.unit)


EXACT = {"rtol": 0, "atol": 0}


@FEATURES
def test_samples_start_with_the_first_month_and_end_with_the_newest_day(features):
    frame = ohlc()
    samples = features(one(frame), TINY)
    np.testing.assert_array_equal(samples.time, frame.index[FIRST:])
    longer = features(one(frame), TINY.model_copy(update={"window": 30}))
    np.testing.assert_array_equal(longer.time, frame.index[30:])


def test_targets_of_the_forecast_are_cumulative_log_returns():
    frame = ohlc()
    samples = price_paths(one(frame), TINY)
    close = frame["close"].to_numpy()
    assert samples.lead == (1, 2, 3)
    assert samples.reach == 3
    for sample in (0, 7, len(samples) - 4):
        origin = FIRST + sample
        expected = [100 * math.log(close[origin + k] / close[origin]) for k in (1, 2, 3)]
        np.testing.assert_allclose(samples.y[sample], expected, rtol=1e-5)


def test_targets_of_the_volatility_are_sums_over_the_horizon():
    frame = ohlc()
    samples = variance_windows(one(frame), TINY)
    assert samples.lead == (3, 3, 3)
    log = np.log(frame)
    for sample in (0, 7, len(samples) - 4):
        origin = FIRST + sample
        total = squares = ranges = 0.0
        for day in range(origin + 1, origin + 4):
            r = 100 * (log["close"].iloc[day] - log["close"].iloc[day - 1])
            spread = 100 * (log["high"].iloc[day] - log["low"].iloc[day])
            move = 100 * (log["close"].iloc[day] - log["open"].iloc[day])
            total, squares = total + r, squares + r**2
            ranges += spread**2 / 2 - (2 * math.log(2) - 1) * move**2
        np.testing.assert_allclose(samples.y[sample], [total, squares, ranges], rtol=1e-5)


def test_without_a_range_the_squared_returns_stand_for_it():
    samples = variance_windows(one(ohlc()[["close"]]), TINY)
    torch.testing.assert_close(samples.y[:, 2], samples.y[:, 1], equal_nan=True)


def test_targets_beyond_the_newest_day_are_unknown():
    samples = price_paths(one(ohlc()), TINY)
    expected = np.zeros((len(samples), 3), dtype=bool)
    expected[-3:] = [[False, False, True], [False, True, True], [True, True, True]]
    np.testing.assert_array_equal(torch.isnan(samples.y), expected)
    np.testing.assert_array_equal(samples.known, ~expected.any(axis=1))
    summed = variance_windows(one(ohlc()), TINY)
    np.testing.assert_array_equal(summed.known, samples.known)
    assert bool(torch.isnan(summed.y[-3:]).all())


def test_windows_hold_losses_gains_and_variance_in_units_of_the_month():
    frame = ohlc()[["close"]]
    samples = price_paths(one(frame), TINY)
    returns = 100 * np.diff(np.log(frame["close"]))
    for sample in (0, 9, len(samples) - 1):
        for step in range(4):
            day = FIRST - 1 + sample - 3 + step  # among the returns; the newest day comes last
            month = np.mean(returns[max(0, day - 21) : day + 1] ** 2)
            r = returns[day]
            expected = [min(r, 0) / month**0.5, max(r, 0) / month**0.5, math.log(r**2 / month)]
            known = samples.x[sample, step, -3:]
            np.testing.assert_allclose(known, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(samples.x[:, -1, :-3], samples.regressors[:, 1:])  # and of HAR


def test_regressors_are_those_of_the_newest_day_of_the_window():
    frame = ohlc()
    samples = price_paths(one(frame), TINY)
    log = 100 * np.log(frame)
    returns = log["close"].diff().to_numpy()
    spread, move = log["high"] - log["low"], log["close"] - log["open"]
    variance = (spread**2 / 2 - (2 * math.log(2) - 1) * move**2).to_numpy()
    for sample in (0, 9, len(samples) - 1):
        newest = FIRST + sample + 1
        logs = [math.log(np.mean(variance[newest - days : newest])) for days in (1, 5, 22)]
        r, week = returns[newest - 1], returns[newest - 5 : newest].mean()
        leverage = [min(r, 0), min(week, 0), abs(r)]
        np.testing.assert_allclose(samples.regressors[sample], [1, *logs, *leverage], rtol=1e-4)


@FEATURES
@pytest.mark.parametrize("dropped", [1, 5])
def test_dropping_the_newest_rows_leaves_earlier_samples(features, dropped):
    frame = ohlc()
    whole = features(one(frame), TINY)
    past = features(one(frame.iloc[:-dropped]), TINY)
    kept = whole[np.arange(len(past))]
    same(replace(kept, y=past.y), past, **EXACT)
    torch.testing.assert_close(past.y[past.known], kept.y[past.known], **EXACT)
    assert len(past) == len(whole) - dropped


@FEATURES
def test_prices_in_another_currency_are_the_same_samples(features):
    frame = ohlc()
    same(features(one(frame * 1000), TINY), features(one(frame), TINY), rtol=1e-4, atol=1e-4)


def test_what_happened_on_a_day_does_not_depend_on_the_size_of_the_moves():
    frame = ohlc()
    calm, wild = (price_paths(one(frame**power), TINY) for power in (1.0, 3.0))
    torch.testing.assert_close(wild.x[..., -3:], calm.x[..., -3:], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(wild.y, 3 * calm.y, equal_nan=True, rtol=1e-4, atol=1e-4)


@FEATURES
def test_days_without_movement_have_finite_features(features):
    frame = ohlc()
    frame.iloc[30:80] = 50.0
    samples = features(one(frame), TINY)
    assert bool(torch.isfinite(samples.x).all())
    assert bool(torch.isfinite(samples.regressors).all())


@FEATURES
def test_several_series_follow_one_another(features):
    frames = {"late": ohlc(110, seed=1, start="2020-03-02"), "early": ohlc(seed=2)}
    samples = features(Prices(frames, "two"), TINY)
    assert samples.units == ("late", "early")
    assert samples.unit.tolist() == [0] * 88 + [1] * 98
    for number, frame in enumerate(frames.values()):
        alone = features(one(frame), TINY)
        same(replace(samples[samples.unit == number], unit=alone.unit), alone, **EXACT)


@FEATURES
def test_too_few_rows_are_refused(features):
    message = r"^a test: x has 120 rows, expected at least 500; give a longer history or lower app"
    with pytest.raises(DataError, match=message):
        features(one(ohlc()), FinanceConfig())
    prices = Prices({"long": ohlc(), "x": ohlc(99)}, "a test")
    with pytest.raises(DataError, match=r"^a test: x has 99 rows, expected at least 100"):
        features(prices, TINY)


@FEATURES
def test_a_horizon_beyond_the_rows_is_refused(features):
    far = TINY.model_copy(update={"horizon": 50})
    message = "x has 121 rows, too few for a horizon of 50 after a window of 4; shorten them"
    with pytest.raises(DataError, match=message):
        features(one(ohlc(121)), far)
    assert features(one(ohlc(122)), far).known.sum() == 50


def test_folds_test_on_the_latest_days_after_an_embargo():
    frame = ohlc(200)
    samples = price_paths(one(frame), TINY)
    application = TINY.model_copy(update={"test_days": 50, "refit_every": 20})
    known = samples[samples.known]
    folds = walk_forward_days(known, application)
    last_origin = len(frame) - 1 - 3
    tested = np.concatenate([fold.test for fold in folds])
    days = frame.index.get_indexer(known.time[tested])
    assert days.tolist() == list(range(last_origin - 49, last_origin + 1))
    assert [len(fold.test) for fold in folds] == [20, 20, 10]
    for fold in folds:
        first_test = frame.index.get_loc(known.time[fold.test[0]])
        last_train = frame.index.get_loc(known.time[fold.train[-1]])
        assert last_train + 3 == first_test  # its target became known on the first test day
    longest = walk_forward_days(known, TINY)  # the default asks for more days than there are
    assert sum(len(fold.test) for fold in longest) == len(known) // 3
