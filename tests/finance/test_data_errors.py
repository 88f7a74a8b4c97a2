"""Prices that are refused: what came, what was expected, what to do."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame, Series

from qmann_core.errors import DataError
from qmann_finance.data import demo_prices, load_prices

DAYS = pd.bdate_range("2024-01-01", periods=6, name="date")
CLOSE = [100.0, 101.0, 102.0, 103.0, 104.0, 105.0]


def close(*, days=DAYS, values=CLOSE) -> Series:
    return Series(values, index=pd.DatetimeIndex(days), name="ACME")


def ohlc(**changes) -> DataFrame:
    values = np.array(CLOSE)
    frame = {"open": values, "high": values + 1, "low": values - 1, "close": values}
    return DataFrame(frame | changes, index=DAYS)


def changed(row: int, value: float) -> list[float]:
    return [*CLOSE[:row], value, *CLOSE[row + 1 :]]


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: no such file.*check the path"):
        load_prices(tmp_path / "none.csv")


def test_empty_file(tmp_path):
    (tmp_path / "p.csv").touch()
    with pytest.raises(DataError, match=r"p\.csv: the file is empty"):
        load_prices(tmp_path / "p.csv")


def test_no_date_column():
    with pytest.raises(DataError, match=r"no date column among 'A', 'B'.*named date, ds, datetime"):
        load_prices(DataFrame({"A": [1.0, 2.0], "B": [1.0, 2.0]}))


def test_table_separated_by_blanks(tmp_path):
    (tmp_path / "p.csv").write_text("Date A\n2024-01-02 1\n")
    with pytest.raises(DataError, match=r"no date column among 'Date A'.*comma-separated"):
        load_prices(tmp_path / "p.csv")


def test_dates_without_prices():
    with pytest.raises(DataError, match=r"a date column and nothing else.*add a column of closing"):
        load_prices(DataFrame({"date": DAYS}))


def test_ranges_without_close():
    with pytest.raises(
        DataError, match=r"no closing price among the columns 'open', 'high', 'low'"
    ):
        load_prices(ohlc().drop(columns="close"))


def test_long_table_without_close():
    long = DataFrame({"unique_id": ["A"], "ds": ["2024-01-02"], "z": [1.0]})
    with pytest.raises(DataError, match=r"no closing price .* \(or y in long format\)"):
        load_prices(long)


def test_two_columns_of_one_name():
    with pytest.raises(DataError, match=r"two columns are named 'close'"):
        load_prices(ohlc().assign(Close=CLOSE))


@pytest.mark.parametrize(
    "columns",
    [
        pd.MultiIndex.from_tuples([("A", "x"), ("B", "x")]),
        pd.MultiIndex.from_tuples([("A", "Close", "x"), ("B", "Close", "x")]),
    ],
)
def test_unknown_column_levels(columns):
    frame = DataFrame(np.ones((6, 2)), index=DAYS, columns=columns)
    with pytest.raises(DataError, match=r"Expected two, one of them with Close"):
        load_prices(frame)


def test_unparseable_dates():
    frame = DataFrame({"date": ["2024-01-02", "soon", "2024-01-04"], "A": [1.0, 2.0, 3.0]})
    with pytest.raises(DataError, match=r"'date' is not a date at 1 of 3 rows: row 2 \('soon'\)"):
        load_prices(frame)


def test_unsorted_dates():
    with pytest.raises(DataError, match=r"go back in time at row 4 \(2024-01-02\).*sort the rows"):
        load_prices(close(days=DAYS[[0, 2, 3, 1, 4, 5]]))


def test_newest_first():
    with pytest.raises(DataError, match=r"reverse the rows, which stand newest first"):
        load_prices(close()[::-1])


def test_duplicate_dates():
    with pytest.raises(
        DataError, match=r"duplicate dates at row 2 \(2024-01-02\), row 3 \(2024-01-02\)\. "
    ):
        load_prices(close(days=DAYS[[0, 1, 1, 2, 3, 4]]))


def test_series_stacked_without_id():
    with pytest.raises(DataError, match=r"add a column unique_id if they are different series"):
        load_prices(pd.concat([close(), close()]))


def test_rows_of_long_tables_are_those_of_the_table():
    long = DataFrame(
        {"unique_id": list("ABABAB"), "ds": DAYS[[0, 0, 1, 2, 2, 1]], "y": [1.0, 2, 3, 4, 5, 6]}
    )
    with pytest.raises(DataError, match=r"series 'B': .*go back in time at row 6 \(2024-01-02\)"):
        load_prices(long)


@pytest.mark.parametrize("tz", [None, "America/New_York"])
def test_intraday_rows(tz):
    days = pd.date_range("2024-11-03", periods=200, freq="30min", tz=tz)  # an hour comes twice
    with pytest.raises(DataError, match=r"several rows a day.*resample intraday data"):
        load_prices(close(days=days, values=np.arange(200.0) + 1))


@pytest.mark.parametrize(("freq", "step"), [("W", 7), ("ME", 30), ("YS", 365)])
def test_weekly_and_monthly_rows(freq, step):
    days = pd.date_range("2021-01-01", periods=6, freq=freq)
    with pytest.raises(DataError, match=f"rows are typically {step} days apart.*load daily prices"):
        load_prices(close(days=days))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (0.0, "is not positive"),
        (-3.5, "is not positive"),
        (np.nan, "is empty"),
        (np.inf, "is infinite"),
    ],
)
@pytest.mark.parametrize("column", ["open", "high", "low", "close"])
def test_impossible_prices_name_the_day(value, problem, column):
    frame = ohlc(**{column: changed(2, value)})
    message = rf"'{column}' {problem} at 1 of 6 rows: 2024-01-03 \({value}\)\. Expected positive"
    with pytest.raises(DataError, match=message):
        load_prices(frame)


def test_text_in_place_of_a_price():
    frame = DataFrame({"date": DAYS, "A": [*map(str, CLOSE[:5]), "1,105.0"], "B": CLOSE})
    with pytest.raises(DataError, match=r"series 'A': .* not a number .*2024-01-08 \('1,105\.0'\)"):
        load_prices(frame)


def test_empty_cells_inside_a_wide_table():
    frame = DataFrame({"A": changed(2, np.nan), "B": CLOSE}, index=DAYS)
    with pytest.raises(DataError, match=r"series 'A': .* is empty at 1 of 6 rows: 2024-01-03"):
        load_prices(frame, strict=True)


def test_empty_series_of_a_wide_table():
    with pytest.raises(DataError, match=r"series 'A': .* is empty at 6 of 6 rows"):
        load_prices(DataFrame({"A": [np.nan] * 6, "B": CLOSE}, index=DAYS))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"high": changed(1, 90.0)}, r"high is below low at 1 of 6 rows: 2024-01-02 \(90\.0\)"),
        ({"close": changed(1, 103.0)}, r"close is outside \[low, high\] .* 2024-01-02 \(103\.0\)"),
        ({"close": changed(1, 99.9)}, r"close is outside \[low, high\] .* 2024-01-02 \(99\.9\)"),
        ({"open": changed(4, 106.0)}, r"open is outside \[low, high\] .* 2024-01-05 \(106\.0\)"),
    ],
)
def test_contradictory_ranges(change, message):
    with pytest.raises(DataError, match=message + ".*leave out open, high and low"):
        load_prices(ohlc(**change))


def test_gaps():
    days = [*DAYS[:3], *(DAYS[3:] + pd.Timedelta(days=20))]
    message = r"no rows between 2024-01-03 and 2024-01-24 \(21 days\)\. Expected gaps of at most 10"
    with pytest.raises(DataError, match=message):
        load_prices(close(days=days))
    assert load_prices(close(days=days), max_gap_days=21).names == ("ACME",)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.001, 10.0), st.integers(0, 2**32 - 1))
def test_returns_given_as_prices(scale, seed):
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=200)
    with pytest.raises(DataError, match=r"this looks like returns: .*\(1 \+ r\)\.cumprod\(\)"):
        load_prices(close(days=days, values=rng.normal(0.05 * scale, scale, 200)))


def test_returns_of_the_demo():
    prices = demo_prices("sp500").frames["sp500"]["close"]
    with pytest.raises(DataError, match=r"looks like returns: 47% of the values are negative"):
        load_prices(100 * prices.pct_change().iloc[1:])


def test_unknown_ticker_names_the_nearest():
    frame = DataFrame({"AAPL": CLOSE, "MSFT": CLOSE}, index=DAYS)
    with pytest.raises(
        DataError, match=r"no series 'appl'. Nearest: 'AAPL'. Expected one of 'AAPL'"
    ):
        load_prices(frame, tickers=["appl"])
    with pytest.raises(DataError, match=r"no series 'XYZ'. Expected one of 'AAPL', 'MSFT'"):
        load_prices(frame).select(["XYZ"])


def test_no_ticker_at_all():
    with pytest.raises(DataError, match=r"got no series to read. .*: name one"):
        load_prices(close(), tickers=[])
