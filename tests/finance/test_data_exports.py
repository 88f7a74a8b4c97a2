"""Prices as brokers, exchanges and providers export them, and what is said of them."""

import io

import numpy as np
import pandas as pd
import pytest
from pandas import DataFrame, Series

from qmann_core.errors import DataError
from qmann_finance.config import FinanceConfig
from qmann_finance.data import load_prices
from qmann_finance.data.headings import HEADINGS
from qmann_finance.tasks import FORECAST

DAYS = pd.bdate_range("2024-01-01", periods=40, name="date")
CLOSE = 1100 + 100 * np.sin(np.arange(40)).round(2)
RANGES = {"open": CLOSE, "high": CLOSE + 5, "low": CLOSE - 5, "close": CLOSE}


def table(values=CLOSE, days=DAYS, **more) -> DataFrame:
    return DataFrame({"date": days, "close": values, **more})


def text(frame: DataFrame, separator=",") -> io.StringIO:
    return io.StringIO(frame.to_csv(index=False, sep=separator))


def export(heads, form="%Y-%m-%d", number="{:.2f}".format, separator=",", newest_first=True):
    """A file with these headings of date, close, open, high, low, volume and change."""
    rows = []
    for day, *prices in zip(
        DAYS, *(RANGES[k] for k in ("close", "open", "high", "low")), strict=True
    ):
        cells = [day.strftime(form), *map(number, prices), "1.23M", "-0.5%"]
        rows.append(dict(zip(heads, cells, strict=False)))
    return text(DataFrame(rows[::-1] if newest_first else rows), separator)


def european(number: float) -> str:
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


@pytest.mark.parametrize(
    "file",
    [
        export(["Date", "Close/Last", "Open", "High", "Low"], "%m/%d/%Y", "${:.2f}".format),
        export(
            ["Date", "Close/Last", "Open", "High", "Low", "Volume"], "%m/%d/%Y", "${:,.2f}".format
        ),
        export(
            ["Date", "Price", "Open", "High", "Low", "Vol.", "Change %"],
            "%m/%d/%Y",
            "{:,.2f}".format,
        ),
        export(
            ["Datum", "Zuletzt", "Eröffn.", "Hoch", "Tief", "Vol.", "+/- %"],
            *("%d.%m.%Y", european),
        ),
        export(["Datum", "Schluss", "Eröffnung", "Hoch", "Tief"], "%d.%m.%Y", european, ";"),
        export(["Date", "Dernier", "Ouv.", "Plus Haut", "Plus Bas"], "%d/%m/%Y", european, ";"),
        export(["Fecha", "Último", "Apertura", "Máximo", "Mínimo", "Vol."], "%d.%m.%Y", european),
        export(["Data", "Ultimo", "Apertura", "Massimo", "Minimo"], "%d.%m.%Y", european),
        export(["Data", "Último", "Abertura", "Máxima", "Mínima"], "%d.%m.%Y", european),
        export(["Datum", "Laatste", "Openingskoers", "Hoog", "Laag"], "%d-%m-%Y", european, "\t"),
        export(["日期", "收盘", "开盘", "高", "低", "交易量"], "%Y-%m-%d", "{:,.2f}".format),
        export(
            ["日付け", "終値", "始値", "高値", "安値", "出来高"], "%Y年%m月%d日", "{:,.2f}".format
        ),
        export(
            ["<DATE>", "<CLOSE>", "<OPEN>", "<HIGH>", "<LOW>", "<VOL>"],
            *("%Y%m%d", "{:.2f}".format, ",", False),
        ),
    ],
)
def test_exports_are_read_as_their_headings_say(file):
    prices = load_prices(file)
    assert prices.has_range
    frame = prices.frames["close"]
    assert (frame.index == DAYS).all()
    np.testing.assert_allclose(frame, DataFrame(RANGES), rtol=1e-9)
    assert any("headings are read: " in note for note in prices.notes)
    assert all(len(note) <= 300 for note in prices.notes)


def test_each_heading_is_written_as_it_is_looked_up():
    assert all(
        word == " ".join(word.replace("_", " ").replace(".", " ").lower().split())
        for word in HEADINGS
    )


def test_a_wide_table_keeps_tickers_that_are_headings_elsewhere():
    frame = DataFrame({"Datum": DAYS, "LAST": CLOSE, "SAP": CLOSE})
    assert load_prices(frame).names == ("LAST", "SAP")


def test_columns_beside_prices_are_no_series():
    frame = table().rename(columns={"close": "AAPL"})
    for name in ("Volume", "AAPL_Volume", "volume AAPL", "Vol.", "Dividends"):
        prices = load_prices(frame.assign(**{name: 1000.0}))
        assert (prices.names, prices.notes) == (("AAPL",), (f"columns not used: {name!r}",))
    with pytest.raises(DataError, match="no closing price among the columns 'Volume'"):
        load_prices(DataFrame({"date": DAYS, "Volume": CLOSE}))


def test_identifiers_are_kept_as_written():
    names = ["0700", "000001", "7E8", "TRUE", "NA", "null"]
    long = pd.concat([table(symbol=name) for name in names])
    assert load_prices(text(long)).names == tuple(names)
    assert load_prices(text(long), tickers=["0700", "NA"]).names == ("0700", "NA")


def test_numbers_of_identifiers_with_a_gap_stay_whole():
    long = table(ticker=700.0)
    assert load_prices(long).names == ("700",)


@pytest.mark.parametrize(
    "kind",
    ["timestamp[ns][pyarrow]", "timestamp[us][pyarrow]", "date32[pyarrow]", "string[pyarrow]"],
)
def test_dates_and_prices_of_arrow(kind):
    days = Series(DAYS).astype("timestamp[ns][pyarrow]").astype(kind)
    close = Series(CLOSE).astype("double[pyarrow]")
    for frame in (table(close, days), table(close, days).set_index("date")):
        assert (load_prices(frame).frames["close"].index == DAYS).all()


def test_rows_newest_first_are_reversed_where_one_asks_for_it():
    told = "'close': the rows stood newest first: they are reversed"
    back = table().iloc[::-1]
    prices = load_prices(back, newest_first=True)
    assert (prices.frames["close"]["close"].to_numpy() == CLOSE).all()
    assert prices.notes == (told,)
    assert FORECAST.load(back, FinanceConfig()).notes == (told,)
    for refused in (
        lambda: load_prices(back),
        lambda: FORECAST.load(back, FinanceConfig(strict=True)),
    ):
        with pytest.raises(DataError, match="reverse the rows"):
            refused()


def test_rows_that_repeat_another_one_are_left_out():
    rows = [0, 1, 1, *range(2, 40), 39]
    prices = load_prices(table().iloc[rows])
    assert len(prices.frames["close"]) == 40
    assert prices.notes == ("'close': 2 of 42 rows left out, which repeat another one",)
    with pytest.raises(DataError, match="duplicate dates"):
        load_prices(table().iloc[rows], strict=True)


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_a_few_rows_without_a_price_are_left_out(value):
    frame = table(np.where(np.isin(np.arange(40), (3, 17)), value, CLOSE))
    dashes = io.StringIO(frame.to_csv(index=False, sep=";", na_rep="-"))
    for source in (frame, text(frame), dashes):
        prices = load_prices(source)
        assert len(prices.frames["close"]) == 38
        assert prices.notes[-1].endswith(
            "2 of 40 rows left out, which have no price: 2024-01-04, 2024-01-24"
        )
        assert (prices.frames["close"]["close"] > 0).all()
    with pytest.raises(DataError, match="at 2 of 40 rows: 2024-01-04"):
        load_prices(frame, strict=True)


@pytest.mark.parametrize("value", [0.0, np.nan])
@pytest.mark.parametrize("rows", [[39], [3, 39], range(5)])
def test_the_newest_price_and_many_are_not_left_out(value, rows):
    with pytest.raises(DataError, match=rf"at {len(rows)} of 40 rows: 2024"):
        load_prices(table(np.where(np.isin(np.arange(40), list(rows)), value, CLOSE)))


def test_markets_with_different_holidays_keep_their_own_days():
    frame = DataFrame({"SPX": CLOSE, "DAX": CLOSE}, index=DAYS)
    frame.iloc[5, 0] = frame.iloc[[9, 10], 1] = np.nan
    prices = load_prices(frame)
    assert [len(each) for each in prices.frames.values()] == [39, 38]
    assert DAYS[5] not in prices.frames["SPX"].index
    assert prices.notes == (
        "rows that are empty for one of the series are left out of it: 'SPX 1', 'DAX 2'",
    )
    with pytest.raises(DataError, match=r"'SPX': .* is empty at 1 of 40"):
        load_prices(frame, strict=True)


@pytest.mark.parametrize(
    ("factor", "told"),
    [
        (np.where(np.arange(40) < 20, 4, 1), "-7[0-9]% on 2024-01-29"),
        (np.where(np.arange(40) < 20, 1.5, 1), "-3[0-9]% on 2024-01-29"),
        (np.where(np.arange(40) < 20, 1, 10), r"\+9[0-9][0-9]% on 2024-01-29"),
        (np.where(np.arange(40) == 20, 100, 1), r"\+.*% on 2024-01-29, -99% on 2024-01-30: adjust"),
    ],
)
def test_splits_and_other_units_are_noticed(factor, told):
    steady = 1000 * 1.001 ** np.arange(40)
    (note,) = load_prices(table(steady * factor)).notes
    assert pd.Series([note]).str.contains(told).all()
    assert load_prices(table(steady)).notes == ()


@pytest.mark.parametrize("days", ["2024-01-01 09:30:00-05:00", "2024-01-01 00:00:00Z"])
def test_times_are_dates_of_their_own_zone(days):
    aware = pd.date_range(days, periods=40)
    for frame in (table(days=aware), text(table(days=aware))):
        prices = load_prices(frame)
        assert (prices.frames["close"].index == pd.date_range("2024-01-01", periods=40)).all()
        assert "their own time zone (" in prices.notes[0]


@pytest.mark.parametrize(
    ("weekmask", "expected"),
    [
        ("1111001", ["Sun", "Mon", "Tue", "Wed", "Thu", "Sun"]),
        ("1111110", ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]),
        ("0111110", ["Tue", "Wed", "Thu", "Fri", "Sat", "Tue"]),
        ("1111111", ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]),
        ("1111100", ["Mon", "Tue", "Wed", "Thu", "Fri", "Mon"]),
    ],
)
def test_future_days_are_those_that_the_series_trades_on(weekmask, expected):
    days = pd.bdate_range("2024-01-01", "2024-06-30", freq="C", weekmask=weekmask)
    days = days[days < "2024-06-30" if weekmask == "1111001" else days < "2024-07-01"]
    prices = load_prices(Series(np.arange(len(days)) + 100.0, index=days))
    assert prices.future(6, "close").strftime("%a").tolist() == expected


def test_a_series_that_changed_its_week_follows_the_new_one():
    old = pd.bdate_range("2020-01-01", "2021-12-30", freq="C", weekmask="1111001")
    days = old.append(pd.bdate_range("2022-01-03", "2022-06-30"))
    prices = load_prices(Series(np.arange(len(days)) + 100.0, index=days))
    assert prices.future(2, "close").strftime("%a").tolist() == ["Fri", "Mon"]
