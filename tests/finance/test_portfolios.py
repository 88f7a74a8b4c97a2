"""Portfolios: laws of what is held together, parts that add up, and every bad weight."""

import json

import numpy as np
import pandas as pd
import pytest

from qmann_core.errors import ConfigError, DataError
from qmann_finance import VOLATILITY, load_prices, portfolio
from qmann_finance.portfolios import _betas, _held, _shares, portfolio_risk

DAYS = pd.bdate_range("2017-01-02", periods=700)
RNG = np.random.default_rng(1)
A, B = (100 * np.exp(np.cumsum(RNG.normal(0, 0.01, len(DAYS)))) for _ in range(2))


@pytest.fixture(scope="module")
def same():
    """Three quarters of a series and one of its copy are the series."""
    prices = pd.DataFrame({"a": A, "copy": A}, index=DAYS)
    options = {"preset": "fast", "twin": "classical", "progress": False}
    return portfolio(prices, {"a": 3, "copy": 1}, **options)


def test_a_series_and_its_copy_diversify_nothing(same):
    table, figures = same.table, same.figures
    assert table["unique_id"].tolist() == ["a", "copy"]
    assert table["weight %"].tolist() == [75, 25]
    assert figures["level %"].tolist() == [95, 99]
    np.testing.assert_allclose(figures["diversified %"], 0, atol=1e-3)
    for level, whole in zip(("95", "99"), figures["VaR %"], strict=True):
        alone, part = table[f"VaR {level} % alone"], table[f"VaR {level} % part"]
        np.testing.assert_allclose(alone, [0.75 * whole, 0.25 * whole], rtol=1e-4)
        np.testing.assert_allclose(part, alone, rtol=1e-4)
    assert (figures["ES %"] > figures["VaR %"]).all()
    assert "weights are divided by their sum, 4" in same.notes


def test_the_tests_are_those_of_the_backtest(same):
    days = same.report.backtest
    own = days[(days["unique_id"] == "whole portfolio") & (days["model"] == same.report.model)]
    hits = [100 * own[f"hit {level}"].mean() for level in ("95", "99")]
    np.testing.assert_allclose(same.figures["hits %"], hits)
    assert same.figures[["Kupiec p", "Christoffersen p"]].stack().between(0, 1).all()
    assert json.loads(json.dumps(same.to_dict()))["figures"][0]["level %"] == 95
    assert len([panel for panel in same.plot().axes if panel.axison]) == 3


def test_positions_and_the_whole_grow_by_simple_returns():
    """A position that is short gains what its series loses; days that one lacks are left out."""
    frame = pd.DataFrame({"a": A, "b": B, "c": A}, index=DAYS)
    frame.loc[DAYS[100], "b"] = np.nan
    held, parts = _held(load_prices(frame), {"a": 1.5, "b": -0.5})
    kept = frame[["a", "b"]].drop(DAYS[100])
    change = kept.pct_change().iloc[1:]
    assert list(held.frames) == ["whole portfolio", "a", "b"]
    np.testing.assert_allclose(parts, change * [1.5, -0.5])
    grown = held.frames["whole portfolio"]["close"].pct_change().iloc[1:]
    np.testing.assert_allclose(grown, 1.5 * change["a"] - 0.5 * change["b"])
    np.testing.assert_allclose(held.frames["b"]["close"].pct_change().iloc[1:], -change["b"])
    assert "1 of 700 days that not all series have are left out" in held.notes


def test_betas_are_shares_of_the_variance():
    moves = RNG.normal(size=(20_000, 2)) @ [[1.0, 0.0], [0.5, 2.0]]
    variance = np.cov(moves[-2000:].T)
    found = _betas(pd.DataFrame(moves))
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found, variance.sum(axis=1) / variance.sum(), atol=0.1)
    hedged = _betas(pd.DataFrame({"a": moves[:, 0], "b": -0.5 * moves[:, 0]}))
    np.testing.assert_allclose(hedged, [2, -1])


@pytest.mark.parametrize(
    ("weights", "shares"),
    [({"a": 2, "b": 6}, [0.25, 0.75]), ({"a": 0.5, "b": -0.2}, [0.5, -0.2]), ({"a": -1}, [-1])],
)
def test_weights_are_shares(weights, shares):
    assert list(_shares(weights).values()) == shares


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (None, ConfigError, r"got --weights None: expected one for each series: AAPL=\.6"),
        ("a", ConfigError, r"got --weights 'a': expected one for each series"),
        ("a=.5,a=.5", ConfigError, r"got --weights with a twice: give each series once"),
        ("a=much", ConfigError, r"got weight of a='much': expected a number"),
        ("a=nan", ConfigError, r"got weight of a='nan': expected a number"),
        ("a=0,b=1", ConfigError, r"expected some series, each of a weight but 0"),
        ("a=.5,z=.5", DataError, r"z"),
        ("a=99,b=-98", DataError, r"whole portfolio loses all in a day; lower the weights"),
        ("a=1,copy=-1", DataError, r"whole portfolio never moves"),
    ],
)
def test_bad_weights_say_what_to_do(text, error, message):
    prices = load_prices(pd.DataFrame({"a": A, "b": B, "copy": A}, index=DAYS))
    with pytest.raises(error, match=message):
        portfolio_risk(prices, VOLATILITY.configured("fast", level=(95,)), weights=text)


def test_series_without_a_common_day_are_refused():
    late = pd.concat([pd.Series(A, DAYS), pd.Series(B, DAYS + pd.Timedelta(days=1500))], axis=1)
    late.columns = ["a", "b"]
    with pytest.raises(DataError, match=r"a, b share no two days; give others"):
        _held(load_prices(late, max_gap_days=2000), {"a": 0.5, "b": 0.5})
