"""Similar days: real windows, the fidelity by its formula, and nothing from the future."""

import json

import numpy as np
import pandas as pd
import pytest
from pandas import DataFrame

from qmann_core.errors import ConfigError, DataError
from qmann_finance import FinanceConfig, demo_prices, similar
from qmann_finance.features import price_paths

DAY, WINDOW, HORIZON = "2008-10-10", 10, 5


@pytest.fixture(scope="module")
def found(sp500):
    return similar(sp500, DAY, k=4)


def test_weights_are_those_of_fidelity_attention(sp500, found):
    """By hand: standardise by the past, divide by sqrt(window), multiply the cosines."""
    samples = price_paths(sp500, FinanceConfig(horizon=HORIZON, window=WINDOW))
    time = samples.time.astype("datetime64[D]")
    [query] = np.flatnonzero(time == np.datetime64(DAY))
    past = np.flatnonzero(np.arange(len(time)) <= query - HORIZON)
    x = samples.x.double().numpy()
    z = (x - x[past].mean(axis=(0, 1))) / x[past].std(axis=(0, 1)) / np.sqrt(WINDOW)
    z = z.clip(-np.pi / 2, np.pi / 2)
    fidelity = np.prod(np.cos((z[past] - z[query]) / 2) ** 2, axis=(1, 2))
    frame = sp500.frames["sp500"]
    squares = (100 * np.diff(np.log(frame["close"].to_numpy()))) ** 2
    sigma = pd.Series(squares, frame.index[1:]).ewm(alpha=0.06, adjust=False).mean() ** 0.5
    size = np.log(sigma.loc[samples.time].to_numpy())
    size = (size - size[past].mean()).clip(-np.pi / 2, np.pi / 2)
    fidelity *= np.cos((size[past] - size[query]) / 2) ** (2 * WINDOW)
    table = found.table
    np.testing.assert_allclose(table["sigma %"], sigma.loc[DAY])
    np.testing.assert_allclose(table["sigma then %"], sigma.loc[table["date"]])
    rows = [int(np.flatnonzero(time == np.datetime64(day, "D"))[0]) for day in table["date"]]
    np.testing.assert_allclose(table["fidelity"], fidelity[rows], rtol=1e-4)
    np.testing.assert_allclose(table["weight %"], 100 * fidelity[rows] / fidelity.sum(), rtol=1e-4)
    assert rows[0] == fidelity.argmax()
    paths = samples.y.double().numpy()[rows]
    for day in range(1, HORIZON + 1):
        expected = 100 * np.expm1(paths[:, day - 1] / 100)
        np.testing.assert_allclose(table[f"+{day} d %"], expected, rtol=1e-6)


def test_what_followed_was_over_on_the_day_and_windows_do_not_overlap(sp500, found):
    days = sp500.frames["sp500"].index
    places = days.get_indexer(found.table["date"])
    assert np.all(places + HORIZON <= days.get_loc(DAY))
    apart = np.abs(np.subtract.outer(places, places))[np.triu_indices(len(places), 1)]
    assert apart.min() >= WINDOW
    assert np.all(np.diff(found.table["fidelity"]) <= 0)


def test_a_later_history_changes_nothing(sp500, found):
    frame = sp500.frames["sp500"]
    short = similar(DataFrame(frame.loc[:DAY]), k=4)
    columns = ["date", "weight %", "fidelity", "sigma after %", "+5 d %"]
    assert short.table["date"].tolist() == found.table["date"].tolist()
    np.testing.assert_allclose(
        short.table[columns[1:]], found.table[columns[1:]], rtol=1e-5, atol=1e-6
    )


def test_a_day_without_trading_is_the_last_one_before(sp500):
    saturday = similar(sp500, "2008-10-11", k=1)
    assert saturday.title == "Days like 2008-10-10 in sp500, by the 10 days up to it"


def test_every_series_has_its_cases():
    stocks = demo_prices("stocks").select(["KO", "JNJ"])
    table = similar(stocks, "2020-03-16", k=2, horizon=20, window=20).table
    assert table["unique_id"].tolist() == ["KO", "KO", "JNJ", "JNJ"]
    assert list(table)[-5:] == ["+1 d %", "+6 d %", "+10 d %", "+15 d %", "+20 d %"]


def test_it_is_ready_for_json(found):
    values = json.loads(json.dumps(found.to_dict()))
    assert [row["fidelity"] for row in values["table"]] == found.table["fidelity"].tolist()
    assert values["notes"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"date": "1850-01-01"}, DataError, r"no window ends on 1850-01-01; expected a date from"),
        ({"date": "2999-01-01"}, DataError, r"no window ends on 2999-01-01; expected a date from"),
        ({"date": "1999-02-04"}, DataError, r"nothing was known before 1999-02-04; choose a later"),
        ({"date": "yesterdayish"}, ConfigError, r"got date 'yesterdayish': expected one such as"),
        ({"k": 0}, ConfigError, r"got k=0: expected a whole number from 1"),
        ({"k": "many"}, ConfigError, r"got k='many': expected a whole number from 1"),
        ({"window": 1}, ConfigError, r"application\.window: got 1"),
    ],
)
def test_bad_input_says_what_to_do(sp500, options, error, message):
    with pytest.raises(error, match=message):
        similar(sp500, **options)
