import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pandas import DataFrame

from qmann_finance.variance import (
    daily_returns,
    daily_variance,
    ewma_variance,
    garman_klass,
    har_regressors,
    log_variance,
    recursion,
    trailing_mean,
)

SERIES = hnp.arrays(float, st.integers(1, 60), elements=st.floats(-20, 20))


def made_of(returns, variance=None):
    """A frame with these returns in percent and, where given, these Garman-Klass variances."""
    close = 100 * np.exp(np.cumsum([0.0, *returns]) / 100)
    if variance is None:
        return DataFrame({"close": close})
    half = np.sqrt(2 * np.array([1.0, *variance])) / 200  # open = close: only the range speaks
    return DataFrame(
        {"open": close, "high": close * np.exp(half), "low": close * np.exp(-half), "close": close}
    )


def test_returns_and_variance_of_a_worked_example():
    frame = DataFrame({"close": [100.0, 110.0, 99.0]})
    expected = [100 * math.log(1.1), 100 * math.log(0.9)]
    np.testing.assert_allclose(daily_returns(frame), expected)
    np.testing.assert_allclose(daily_variance(frame), np.square(expected))


def test_garman_klass_of_a_worked_example():
    day = [np.array([v]) for v in (100.0, 100 * math.exp(0.02), 100 * math.exp(-0.01), 101.0)]
    expected = 0.5 * 3.0**2 - (2 * math.log(2) - 1) * (100 * math.log(1.01)) ** 2
    assert garman_klass(*day)[0] == pytest.approx(expected)
    frame = DataFrame({"open": 100.0, "high": day[1], "low": day[2], "close": 101.0}, index=[0])
    first = frame.assign(open=1.0, high=9.0, low=0.5, close=2.0)  # the first day counts nowhere
    np.testing.assert_allclose(daily_variance(pd.concat([first, frame])), [expected])


def test_garman_klass_is_unbiased_and_more_precise_than_the_squared_return():
    steps = 0.02 * np.random.default_rng(1).standard_normal((2000, 2000))  # 2 percent^2/2500 each
    path = np.exp(np.concatenate([np.zeros((2000, 1)), steps.cumsum(axis=1)], axis=1) / 100)
    ranges = garman_klass(path[:, 0], path.max(axis=1), path.min(axis=1), path[:, -1])
    squares = (100 * np.log(path[:, -1])) ** 2
    assert ranges.mean() == pytest.approx(0.8, rel=0.05)
    assert squares.var() / ranges.var() == pytest.approx(7.4, rel=0.2)


@given(*[st.floats(-0.2, 0.2)] * 2, *[st.floats(0, 0.2)] * 2)
def test_garman_klass_is_never_negative(start, end, above, below):
    high, low = max(start, end) + above, min(start, end) - below
    prices = [100 * np.exp(np.array([v])) for v in (start, high, low, end)]
    assert garman_klass(*prices)[0] >= -1e-9


@given(SERIES, st.integers(1, 30))
def test_trailing_mean_is_that_of_pandas(values, length):
    expected = pd.Series(values).rolling(length, min_periods=1).mean()
    np.testing.assert_allclose(trailing_mean(values, length), expected, atol=1e-9)


def test_ewma_and_rolling_variance_of_a_worked_example():
    returns = np.array([2.0, -1.0, 3.0])
    np.testing.assert_allclose(ewma_variance(returns, 0.5), [4.0, 2.5, 5.75])
    np.testing.assert_allclose(trailing_mean(returns**2, 2), [4.0, 2.5, 5.0])


@given(SERIES, st.floats(0.01, 0.99))
def test_ewma_is_that_of_pandas(returns, decay):
    expected = pd.Series(returns**2).ewm(alpha=1 - decay, adjust=False).mean()
    np.testing.assert_allclose(ewma_variance(returns, decay), expected, atol=1e-9)


@given(SERIES, st.floats(0, 0.99), st.floats(-5, 5))
def test_recursion_is_the_loop(news, decay, first):
    state, expected = first, []
    for value in news:
        state = value + decay * state
        expected.append(state)
    np.testing.assert_allclose(recursion(news, decay, first), expected, atol=1e-9)


def test_har_regressors_of_a_worked_example():
    variance = np.arange(1.0, 31.0)
    returns = np.where(np.arange(30) % 3, 1.0, -4.0)
    row = har_regressors(made_of(returns, variance))[27]  # returns ... -4, 1, 1, -4
    means = np.log([28.0, 26.0, 17.5])
    np.testing.assert_allclose(row, [1.0, *means, -4.0, -1.0, 4.0])


def test_har_regressors_of_closes_alone_are_exponential_means():
    returns = pd.Series(np.random.default_rng(0).standard_t(4, 60))

    def mean(values, decay):
        return values.ewm(alpha=1 - decay, adjust=False).mean()

    z = np.arcsinh(returns / np.sqrt(mean(returns**2, 0.94)))
    losses = z.clip(upper=0)
    logs = [np.log(mean(returns**2, decay)) for decay in (0.8, 0.94, 0.98)]
    expected = [1 + 0 * z, *logs, z.abs(), losses, mean(losses, 0.7), mean(losses, 0.9)]
    found = har_regressors(made_of(returns))
    np.testing.assert_allclose(found, np.column_stack(expected), atol=1e-9)


def test_gains_have_no_leverage():
    row = har_regressors(made_of(np.full(30, 2.0), np.ones(30)))[-1]
    np.testing.assert_allclose(row, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0], atol=1e-12)
    row = har_regressors(made_of(np.full(30, 2.0)))[-1]
    logs, z = [math.log(4.0)] * 3, math.asinh(1.0)
    np.testing.assert_allclose(row, [1.0, *logs, z, 0.0, 0.0, 0.0], atol=1e-12)


@pytest.mark.parametrize("variance", [None, np.zeros(30)])
def test_days_without_a_move_have_a_finite_log(variance):
    regressors = har_regressors(made_of(np.zeros(30), variance))
    others = [0.0] * (regressors.shape[1] - 4)
    expected = [1.0, *[math.log(1e-6)] * 3, *others]
    np.testing.assert_array_equal(regressors, np.tile(expected, (30, 1)))


def test_log_variance_has_a_floor():
    assert log_variance(np.array([0.0, 1e-6, 1.0])).tolist() == [math.log(1e-6)] * 2 + [0.0]


FORECASTS = {
    "ewma": lambda frame: ewma_variance(daily_returns(frame)),
    "rolling": lambda frame: trailing_mean(daily_variance(frame), 22),
    "har": har_regressors,
}


@pytest.mark.parametrize("columns", [["close"], ["open", "high", "low", "close"]])
@pytest.mark.parametrize("name", FORECASTS)
def test_later_prices_do_not_change_earlier_values(sp500, name, columns):
    frame = sp500.frames["sp500"][columns][:900]
    before = FORECASTS[name](frame)
    changed = frame.copy()
    changed.iloc[751:] = frame.iloc[751:].to_numpy() ** 1.5  # the first return is of row 1
    after = FORECASTS[name](changed)
    np.testing.assert_array_equal(before[:750], after[:750])
    assert not np.allclose(before[750:], after[750:])


@pytest.mark.parametrize("name", ["ewma", "rolling"])
def test_variance_has_the_units_of_the_returns(sp500, name):
    frame = sp500.frames["sp500"][:900]
    np.testing.assert_allclose(FORECASTS[name](frame**0.01), 1e-4 * FORECASTS[name](frame))
