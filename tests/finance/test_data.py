"""Prices read from every layout that people know."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame, Series
from pandas.testing import assert_frame_equal, assert_index_equal

from qmann_finance.data import Prices, load_prices

PRICE = st.floats(0.01, 1e5)
# Ranges and adjustments of one day: open, close, and how far high and low lie beyond them.
DAY = st.tuples(PRICE, st.floats(0.9, 1.1), st.floats(1, 1.2), st.floats(0.8, 1))


@st.composite
def wide_frames(draw):
    """Closes of several tickers, each of which may start later and end earlier than the table."""
    n = draw(st.integers(3, 12))
    start = draw(st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)))
    tickers = draw(
        st.lists(
            st.from_regex(r"[A-Z]{1,4}(\.[A-Z])?", fullmatch=True),
            min_size=2,
            max_size=4,
            unique=True,
        )
    )
    days = pd.bdate_range(start, periods=n, name="date", unit="us")
    frame = DataFrame(index=days)
    for ticker in tickers:
        close = Series(draw(st.lists(PRICE, min_size=n, max_size=n)), index=days)
        first, last = sorted(draw(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))))
        frame[ticker] = close.iloc[first : last + 1]
    return frame


@st.composite
def ohlc_frames(draw):
    days = draw(st.lists(DAY, min_size=2, max_size=8))
    start = draw(st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)))
    rows = [
        {"Open": o, "High": o * max(1, c) * h, "Low": o * min(1, c) * low, "Close": o * c}
        for o, c, h, low in days
    ]
    return DataFrame(rows, index=pd.bdate_range(start, periods=len(rows), name="Date"))


def assert_same(got: Prices, expected: dict[str, DataFrame]) -> None:
    assert set(got.frames) == set(expected)
    for name, frame in expected.items():
        assert_frame_equal(got.frames[name], frame, check_freq=False)


def closes(frame: DataFrame) -> dict[str, DataFrame]:
    return {str(t): frame[[t]].dropna().set_axis(["close"], axis="columns") for t in frame.columns}


def ranges(frame: DataFrame) -> DataFrame:
    lower = frame.rename(columns=str.lower)[["open", "high", "low", "close"]]
    return lower.set_axis(frame.index.as_unit("us").rename("date"), axis="index")


def small_ohlc(n: int = 4, *, scale: float = 1.0) -> DataFrame:
    close = scale * (100.0 + np.arange(n))
    values = {"Open": close - 1, "High": close + 1, "Low": close - 2, "Close": close}
    volume = np.full(n, 1000)
    return DataFrame(values, index=pd.bdate_range("2024-01-01", periods=n, name="Date")).assign(
        Volume=volume
    )


@settings(max_examples=30, deadline=None)
@given(wide_frames())
def test_wide_frame(frame):
    assert_same(load_prices(frame), closes(frame))


@settings(max_examples=30, deadline=None)
@given(wide_frames())
def test_wide_to_long(frame):
    long = frame.melt(var_name="unique_id", value_name="y", ignore_index=False).dropna()
    long = long.reset_index(names="ds")
    assert_same(load_prices(long), closes(frame))
    assert_same(load_prices(long.sort_values("ds", kind="stable")), closes(frame))


@settings(max_examples=30, deadline=None)
@given(wide_frames(), st.randoms(use_true_random=False))
def test_order_and_letter_case_of_columns_do_not_matter(frame, random):
    long = frame.melt(var_name="unique_id", value_name="y", ignore_index=False)
    long = long.reset_index(names="ds").rename(
        columns=lambda c: random.choice([c.upper(), c.title(), c])
    )
    shuffled = random.sample(list(long.columns), len(long.columns))
    assert_same(load_prices(long[shuffled]), closes(frame))


@settings(max_examples=30, deadline=None)
@given(ohlc_frames(), st.permutations(["Open", "High", "Low", "Close"]), st.booleans())
def test_ohlc_frame(frame, order, upper):
    shown = frame[order].rename(columns=str.upper if upper else str.lower)
    assert_same(load_prices(shown), {"close": ranges(frame)})


@settings(max_examples=10, deadline=None)
@given(wide_frames(), st.sampled_from(["p.csv", "p.csv.gz", "p.parquet"]), st.booleans())
def test_wide_files(tmp_path_factory, frame, name, named):
    path = tmp_path_factory.mktemp("wide") / name
    frame = frame.rename_axis("Date" if named else None)
    frame.to_parquet(path) if name.endswith("parquet") else frame.to_csv(path)
    prices = load_prices(path)
    assert_same(prices, closes(frame.rename_axis("date")))
    assert prices.source == name


@settings(max_examples=10, deadline=None)
@given(ohlc_frames(), st.sampled_from(["acme.csv", "acme.csv.gz", "acme.parquet"]))
def test_ohlc_files_are_named_after_the_file(tmp_path_factory, frame, name):
    path = tmp_path_factory.mktemp("ohlc") / name
    frame.to_parquet(path) if name.endswith("parquet") else frame.to_csv(path)
    assert_same(load_prices(path), {"acme": ranges(frame)})


@pytest.mark.parametrize("names", [["Price", "Ticker"], ["Ticker", "Price"], [None, None]])
@pytest.mark.parametrize("form", ["frame", "csv", "parquet", "reset"])
@pytest.mark.parametrize("order", ["price first", "ticker first"])
def test_two_level_columns(tmp_path, names, form, order):
    frames = {"LOW": small_ohlc(), "BRK.1": small_ohlc(scale=2.0)}
    frame = pd.concat(frames, axis="columns", names=names, sort=False)
    if order == "price first":
        frame = frame.swaplevel(axis="columns").sort_index(axis="columns")
    source = frame
    if form == "csv":
        source = tmp_path / "p.csv"
        frame.to_csv(source)
    elif form == "parquet":
        source = tmp_path / "p.parquet"
        frame.to_parquet(source)
    elif form == "reset":
        source = frame.reset_index()
    assert_same(load_prices(source), {name: ranges(f) for name, f in frames.items()})


def test_csv_as_yfinance_writes_it(tmp_path):
    path = tmp_path / "aapl.csv"
    path.write_text(
        "Price,Close,High,Low,Open,Volume\nTicker,AAPL,AAPL,AAPL,AAPL,AAPL\nDate,,,,,\n"
        "2024-01-02,184.5,187.3,182.8,186.0,82488700\n2024-01-03,183.1,184.7,182.3,183.1,58414500\n"
    )
    prices = load_prices(path)
    assert prices.names == ("AAPL",)
    assert prices.frames["AAPL"].loc["2024-01-02"].tolist() == [186.0, 187.3, 182.8, 184.5]
    assert prices.notes == ()


def test_dates_with_offsets_that_change_in_summer(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("Date,A\n2024-03-08 00:00:00-05:00,1.5\n2024-03-11 00:00:00-04:00,2.5\n")
    days = load_prices(path).frames["A"].index
    assert_index_equal(days, pd.DatetimeIndex(["2024-03-08", "2024-03-11"], name="date"))


def test_series():
    close = small_ohlc()["Close"]
    assert_same(
        load_prices(close.rename("ACME")), closes(close.rename_axis("date").to_frame("ACME"))
    )
    assert load_prices(close).names == load_prices(close.rename(None)).names == ("close",)


def test_long_table_with_ranges():
    frames = {"A": small_ohlc(), "B": small_ohlc(scale=3.0)}
    stacked = pd.concat(frames, names=["ticker"])
    expected = {name: ranges(f) for name, f in frames.items()}
    assert_same(load_prices(stacked), expected)
    assert_same(load_prices(stacked.reset_index()), expected)
    assert all("high" in frame for frame in load_prices(stacked).frames.values())


def test_text_index_and_nameless_first_column_hold_dates():
    frame = DataFrame({"A": [1.5, 2.5]}, index=["2024-01-02", "2024-01-03"])
    nameless = frame.reset_index(names="Unnamed: 0")
    assert_frame_equal(load_prices(frame).frames["A"], load_prices(nameless).frames["A"])


def test_column_left_by_a_saved_index_is_no_series():
    frame = DataFrame({"Unnamed: 0": [0, 1], "Date": ["2024-01-02", "2024-01-03"], "A": [1.0, 2.0]})
    assert load_prices(frame).names == ("A",)


def test_times_of_day_and_zones_are_dropped():
    index = pd.DatetimeIndex(["2024-01-02 16:00", "2024-01-03 16:00"], tz="America/New_York")
    got = load_prices(Series([1.0, 2.0], index=index)).frames["close"].index
    assert_index_equal(got, pd.DatetimeIndex(["2024-01-02", "2024-01-03"], name="date"))


def test_tickers_named_like_fields_stay_tickers():
    frame = DataFrame({"LOW": [1.0, 2.0], "OPEN": [3.0, 4.0], "Y": [5.0, 6.0]})
    frame.index = pd.bdate_range("2024-01-01", periods=2)
    assert load_prices(frame).names == ("LOW", "OPEN", "Y")


def test_adjusted_close_scales_the_whole_day():
    frame = small_ohlc()
    frame["Adj Close"] = frame["Close"] * [0.25, 0.25, 0.5, 1.0]
    prices = load_prices(frame)
    got, raw = prices.frames["close"], ranges(frame)
    np.testing.assert_allclose(got["close"], frame["Adj Close"], rtol=1e-14)
    np.testing.assert_allclose(got.div(got["close"], axis=0), raw.div(raw["close"], axis=0))
    assert prices.notes == (
        "'close': prices are adjusted for dividends and splits (scaled by Adj Close / Close)",
    )


@pytest.mark.parametrize("spelling", ["Adj Close", "adj_close", "AdjClose"])
def test_adjusted_close_equal_to_close_changes_nothing(spelling):
    frame = small_ohlc()
    prices = load_prices(frame.assign(**{spelling: frame["Close"]}))
    assert_same(prices, {"close": ranges(frame)})
    assert prices.notes == ()


def test_adjusted_close_alone_is_the_close():
    close = small_ohlc()["Close"]
    assert_frame_equal(
        load_prices(close.to_frame("Adj Close")).frames["close"], load_prices(close).frames["close"]
    )


@settings(max_examples=30, deadline=None)
@given(ohlc_frames(), st.floats(-5e-5, 5e-5))
def test_rounding_of_the_range_is_absorbed(frame, error):
    frame["High"] = frame[["Open", "Close"]].max(axis="columns") * (1 + error)
    got = load_prices(frame).frames["close"]
    assert (got["high"] >= got[["open", "close"]].max(axis="columns")).all()
    assert (got["low"] <= got[["open", "close"]].min(axis="columns")).all()


def test_late_starts_and_early_ends_are_noted():
    frame = DataFrame(
        {"A": [1.0, 2.0, 3.0], "B": [np.nan, 2.0, 3.0], "C": [1.0, 2.0, np.nan]},
        index=pd.bdate_range("2024-01-01", periods=3),
    )
    prices = load_prices(frame)
    assert prices.notes == (
        "not all series span the whole table: 'B' starts on 2024-01-02, 'C' ends on 2024-01-02",
    )
    assert load_prices(frame, tickers=["A"]).notes == ()


def test_columns_not_used_are_noted():
    frame = small_ohlc().drop(columns="High").assign(sector="x")
    prices = load_prices(frame)
    assert "high" not in prices.frames["close"]
    assert prices.notes == (
        "'close': columns not used: 'sector'",
        "'close': 'open', 'low' not used: open, high and low are needed together",
    )


def test_tickers_are_selected_before_checks():
    frame = DataFrame({"A": [1.0, 2.0], "B": [-1.0, 0.0], "C": [3.0, 4.0]})
    frame.index = pd.bdate_range("2024-01-01", periods=2)
    prices = load_prices(frame, tickers=["C", "A"])
    assert prices.names == ("C", "A")
    assert prices.select(["A"]).names == prices.select("A").names == ("A",)
