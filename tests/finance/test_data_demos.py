"""Demo data from installed packages, and the days that follow the last row."""

import datetime as dt
import importlib
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame, Series

from qmann_core.errors import DataError
from qmann_finance.data import DEMOS, demo_prices, load_prices


def test_future_business_days_follow_the_last_row():
    prices = load_prices(Series([1.0, 2.0], index=pd.to_datetime(["2024-01-04", "2024-01-05"])))
    assert prices.frequency == "B"
    expected = [pd.Timestamp("2024-01-08"), pd.Timestamp("2024-01-09")]
    assert prices.future(2, "close").tolist() == expected


@settings(max_examples=50, deadline=None)
@given(st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)), st.integers(1, 30))
def test_future_of_a_seven_day_market(start, n):
    index = pd.date_range(start, periods=21)
    prices = load_prices(Series(np.arange(21) + 1.0, index=index))
    assert prices.frequency == "D"
    expected = pd.date_range(index[-1], periods=n + 1)[1:]
    assert prices.future(n, "close").tolist() == expected.tolist()


@pytest.mark.parametrize("mask", ["1111110", "1111001"], ids=["Monday-Saturday", "Sunday-Thursday"])
def test_one_day_of_the_weekend_does_not_make_a_seven_day_market(mask):
    index = pd.bdate_range("2024-01-01", periods=60, freq="C", weekmask=mask)
    assert load_prices(Series(np.arange(60) + 1.0, index=index)).frequency == "B"


@pytest.mark.parametrize("name", ["sp500", "nasdaq", "wti"])
def test_arch_demos_are_what_arch_loads(name):
    loaded = importlib.import_module(f"arch.data.{name}").load()
    frame = demo_prices(name).frames[name]
    fields = {"close": "DCOILWTICO"} if name == "wti" else {c: c.title() for c in frame}
    expected = loaded[list(fields.values())].dropna()
    np.testing.assert_array_equal(frame, expected)
    assert frame.columns.tolist() == list(fields)
    assert frame.index.equals(expected.index)


def test_sp500_is_the_series_of_the_reference_protocol():
    prices = demo_prices()
    index = prices.frames["sp500"].index
    assert (len(index), len(index[index >= "2014-01-01"])) == (5031, 1258)
    assert "high" in prices.frames["sp500"]
    assert (prices.frequency, prices.source) == ("B", "sp500")


def test_stocks_have_the_known_sharpe_ratio_of_equal_weights():
    prices = demo_prices("stocks")
    closes = DataFrame({name: frame["close"] for name, frame in prices.frames.items()})
    assert closes.shape == (8313, 20)
    returns = closes.pct_change().iloc[1 + 504 :].mean(axis="columns")
    assert returns.mean() / returns.std() * 252**0.5 == pytest.approx(0.911, abs=1e-3)
    assert prices.notes[0].startswith("survivorship bias")


@pytest.mark.parametrize("name", ["sp500", "stocks"])
def test_demos_do_not_import_the_packages_that_ship_them(monkeypatch, name):
    package = DEMOS[name].package
    monkeypatch.delitem(sys.modules, package, raising=False)
    demo_prices(name)
    assert package not in sys.modules


def test_demo_of_a_missing_package(monkeypatch):
    monkeypatch.setattr("qmann_core.data.installed.find_spec", lambda _: None)
    for name, demo in DEMOS.items():
        with pytest.raises(DataError, match=f"package {demo.package}, which is not installed"):
            demo_prices(name)


def test_demo_of_a_package_without_the_file(monkeypatch, tmp_path):
    spec = type("Spec", (), {"origin": str(tmp_path / "__init__.py")})
    monkeypatch.setattr("qmann_core.data.installed.find_spec", lambda _: spec)
    with pytest.raises(DataError, match=r"arch does not hold data/sp500/sp500\.csv\.gz"):
        demo_prices("sp500")


def test_unknown_demo():
    with pytest.raises(DataError, match=r"no demo data 'dax'. Expected one of 'sp500', 'nasdaq'"):
        demo_prices("dax")
