"""Prices unlike any before: crashes, splits, halts, flat bars. Answers stay of their order."""

import numpy as np
import pandas as pd
import pytest

from qmann_finance import forecast, volatility

DAYS = pd.bdate_range("2017-01-02", periods=700)
CLOSE = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, len(DAYS))))


def before(end, factor):
    """All prices but those of the last ``end`` days times a factor."""
    return np.where(np.arange(len(DAYS)) < len(DAYS) - end, factor * CLOSE, CLOSE)


def halted(start, days):
    close = CLOSE.copy()
    close[start : start + days] = close[start]
    return close


WILD = {
    "a crash five days ago": before(5, 1 / 0.6),
    "a crash today": before(1, 1 / 0.6),
    "a jump five days ago": before(5, 0.5),
    "a split not adjusted": before(20, 4),
    "pence, then pounds": before(10, 100),
    "a wild quote": np.where(np.arange(len(DAYS)) == len(DAYS) - 8, 3 * CLOSE, CLOSE),
    "a halt of a year": halted(200, 250),
    "a halt until now": halted(len(DAYS) - 60, 60),
}


@pytest.mark.parametrize(
    "close",
    [
        pytest.param(close, id=name, marks=[pytest.mark.slow] if number % 4 else [])
        for number, (name, close) in enumerate(WILD.items())
    ],
)
def test_forecasts_stay_near_the_last_close(close):
    prices = pd.DataFrame({"close": close}, index=DAYS)
    table = forecast(prices, 3, preset="fast", progress=False).to_frame()
    last = table.iloc[-1]
    assert np.isfinite(table.iloc[:, 2:].to_numpy(float)).all()
    assert (table["lo-95"] < table["lo-80"]).all()
    assert (table["hi-80"] < table["hi-95"]).all()
    for level in ("80", "95"):  # in log returns, the days of the fan widen by 1 to h / (h - 1)
        width = np.log(table[f"hi-{level}"] / table[f"lo-{level}"]).to_numpy()
        ratio = width[1:] / width[:-1]
        assert (ratio > 1 - 1e-9).all()
        assert (ratio < [2 + 1e-9, 1.5 + 1e-9]).all()
    assert close[-1] / 1.5 < last["mean"] < 1.5 * close[-1]
    assert close[-1] / 2 < last["lo-80"] < last["hi-80"] < 2 * close[-1]


@pytest.mark.parametrize(
    "flat",
    [
        pytest.param(1.0, id="every day"),
        pytest.param(0.3, id="three days in ten", marks=pytest.mark.slow),
    ],
)
def test_days_with_one_price_say_what_their_closes_do(flat):
    rng = np.random.default_rng(2)
    wide = np.where(rng.random(len(DAYS)) < flat, 0.0, 0.006)
    columns = {"open": CLOSE, "high": CLOSE * (1 + wide), "low": CLOSE * (1 - wide), "close": CLOSE}
    report = volatility(pd.DataFrame(columns, index=DAYS), preset="fast", progress=False)
    assert 0.6 < report.to_frame()["sigma %"][0] < 1.5
    assert any("one price" in note for note in report.warnings) == (flat > 0.5)
