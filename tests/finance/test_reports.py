import io
import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.dates import date2num
from pandas import DataFrame
from pandas.testing import assert_frame_equal

from qmann_core.data import Samples
from qmann_core.evaluation import Calibration, Comparison
from qmann_core.tasks import Evaluation, Evidence, Prediction
from qmann_finance import FinanceConfig, FinanceSettings, Prices
from qmann_finance.evidence import price_changes
from qmann_finance.reports import forecast_report, volatility_report

HORIZON = 3
COMPARED = (Comparison("hybrid", "classical", 1.0, 2.0, -1.0, (-2.0, 0.5), 0.1, 0.1),)
EVALUATION = Evaluation(
    scores={"hybrid": {"loss": 1.0}, "classical": {"loss": 2.0}, "HAR": {"loss": 3.0}},
    primary="loss", comparisons=COMPARED, verdict="By loss, nothing.", parameters={"hybrid": 7},
    seconds={"hybrid": 0.5}, start="2023-01-02", end="2023-12-29", n_test=250, n_refits=1,
)  # fmt: skip


def frame(last_day, freq, *, last=200.0, rows=150):
    days = pd.date_range(end=last_day, periods=rows, freq=freq, name="date", unit="us")
    steps = np.random.default_rng(rows).standard_normal(rows).cumsum() / 100
    return DataFrame({"close": last * np.exp(steps - steps[-1])}, index=days)


# 5 January 2024 was a Friday
PRICES = Prices(
    {"stock": frame("2024-01-05", "B"), "coin": frame("2024-01-05", "D", last=50.0)},
    "a file",
    notes=("of the prices",),
)


def prediction(prices, outputs, probabilities, scores, evidence=None, **application):
    n = len(prices.names)
    samples = Samples(
        x=torch.zeros(n, 1, 1),
        regressors=torch.zeros(n, 1),
        y=torch.full((n, 1), torch.nan),
        time=np.array([f.index[-1] for f in prices.frames.values()], dtype="datetime64[us]"),
        unit=np.arange(n),
        units=prices.names,
        lead=(1,),
    )
    nominal = np.array(probabilities)
    calibrations = tuple(
        Calibration(np.asarray(s), nominal, np.tile(nominal, (np.shape(s)[1], 1))) for s in scores
    )
    return Prediction(
        records=prices,
        samples=samples,
        outputs=outputs,
        probabilities=probabilities,
        calibrations=calibrations,
        fitted=SimpleNamespace(
            config=FinanceSettings(application=FinanceConfig(horizon=HORIZON, **application)),
            evaluation=EVALUATION,
            circuit=None,
        ),
        evidence=evidence,
        n_cases=2,
        notes=("of the fit",),
    )


# Forecast

LOCATION = np.array([[1.0, 2.0, -1.0], [0.0, 10.0, 0.0]])
SCALE = np.array([[1.0, 2.0, 3.0], [4.0, 40.0, 6.0]])
UNIT = np.array([-2.0, -1.0, 0.1, 1.5, 3.0])
QUANTILES = LOCATION[:, :, None] + SCALE[:, :, None] * UNIT
LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)


def forecast(prices=PRICES, series=slice(None), evidence=None):
    outputs = {
        "location": LOCATION[series],
        "scale": SCALE[series],
        "quantiles": QUANTILES[series],
    }
    scores = np.zeros((len(prices.names), 10, HORIZON))
    return forecast_report(prediction(prices, outputs, LEVELS, scores, evidence))


def test_forecast_is_the_last_price_times_the_growth():
    table = forecast().to_frame()
    names = ["lo-95", "lo-80", "median", "hi-80", "hi-95"]
    assert list(table) == ["unique_id", "date", "mean", *names]
    assert table["unique_id"].tolist() == ["stock"] * 3 + ["coin"] * 3
    for row, (series, day) in enumerate(np.ndindex(2, HORIZON)):
        last = (200.0, 50.0)[series]
        mean = last * math.exp(LOCATION[series, day] / 100 + SCALE[series, day] ** 2 / 20_000)
        assert table["mean"][row] == pytest.approx(mean)
        for p, name in enumerate(names):
            growth = math.exp(QUANTILES[series, day, p] / 100)
            assert table[name][row] == pytest.approx(last * growth)


def test_days_after_the_last_are_business_days_unless_the_series_trades_at_weekends():
    table = forecast().to_frame()
    days = table["date"].dt.strftime("%Y-%m-%d").tolist()
    assert days[:3] == ["2024-01-08", "2024-01-09", "2024-01-10"]
    assert days[3:] == ["2024-01-06", "2024-01-07", "2024-01-08"]


def test_forecast_says_what_a_reader_must_know():
    report = forecast()
    assert report.title == "Forecast of a file, 3 days ahead"
    assert report.warnings == ("of the prices", "of the fit")
    assert report.metrics == {"loss": 1.0}
    assert report.baselines == {"classical": {"loss": 2.0}, "HAR": {"loss": 3.0}}
    known = {name: f["close"].tail(60) for name, f in PRICES.frames.items()}  # 60 rows of each
    assert_frame_equal(report.history, pd.DataFrame(known))


def test_quantile_columns_carry_odd_levels():
    probabilities = (0.0005, 0.33, 0.5, 0.67, 0.9995)
    outputs = {"location": LOCATION, "scale": SCALE, "quantiles": QUANTILES}
    scores = np.zeros((2, 10, HORIZON))
    table = forecast_report(prediction(PRICES, outputs, probabilities, scores)).to_frame()
    assert list(table)[3:] == ["lo-99.9", "lo-34", "median", "hi-34", "hi-99.9"]


def test_report_as_json_holds_the_table_and_the_evaluation():
    report = forecast()
    values = json.loads(json.dumps(report.to_dict()))
    assert [row["mean"] for row in values["prediction"]] == report.table["mean"].tolist()
    assert values["prediction"][0]["date"].startswith("2024-01-08")
    assert Evaluation.from_dict(values["evaluation"]) == EVALUATION


def remembered(y):
    """Two cases for each of the two series."""
    return Evidence(
        weight=np.array([[0.5, 0.25], [0.9, 0.1]]),
        fidelity=np.array([[0.75, 0.5], [1.0, 0.0]]),
        time=np.array(
            [["2008-10-10", "1987-10-19"], ["2020-03-16", "2001-09-10"]], "datetime64[ns]"
        ),
        series=np.array([["stock", "coin"], ["coin", "coin"]]),
        y=np.array(y),
        level=np.log([[1.5, 2.0], [0.5, 3.0]]),
        row=np.zeros((2, 2), dtype=int),
        label=None,
    )


PATHS = [[[1.0, -2.0, 3.0], [0.0, 0.5, -4.0]], [[2.0, 2.0, 2.0], [-1.0, -1.0, 10.0]]]


def test_remembered_cases_have_dates_weights_and_what_followed():
    assert forecast().evidence is None
    table = forecast(evidence=remembered(PATHS)).evidence
    about = ["unique_id", "case", "date", "sigma then %", "weight %", "fidelity"]
    shown = [*about, "+1 d %", "+2 d %", "+3 d %"]
    assert list(table) == shown
    np.testing.assert_allclose(table["sigma then %"], [1.5, 2.0, 0.5, 3.0])
    assert table["unique_id"].tolist() == ["stock", "stock", "coin", "coin"]
    assert table["case"].tolist() == ["stock", "coin", "coin", "coin"]
    dates = ["2008-10-10", "1987-10-19", "2020-03-16", "2001-09-10"]
    assert table["date"].dt.strftime("%Y-%m-%d").tolist() == dates
    assert table["weight %"].tolist() == [50, 25, 90, 10]
    expected = 100 * (np.exp(np.array(PATHS).reshape(4, 3) / 100) - 1)
    np.testing.assert_allclose(table[shown[-3:]], expected)


def test_a_series_without_known_cases_has_no_rows():
    found = remembered(PATHS)
    found.weight[1, 1] = 0.0
    assert forecast(evidence=found).evidence["unique_id"].tolist() == ["stock", "stock", "coin"]


@pytest.mark.parametrize(
    ("horizon", "days"), [(1, [1]), (2, [1, 2]), (5, [1, 2, 3, 4, 5]), (20, [1, 6, 10, 15, 20])]
)
def test_at_most_five_days_of_the_horizon_are_shown(horizon, days):
    changes = price_changes(np.arange(horizon, dtype=float))
    assert list(changes) == [f"+{day} d %" for day in days]
    np.testing.assert_allclose(list(changes.values()), 100 * np.expm1((np.array(days) - 1) / 100))


def test_cases_of_a_volatility_have_return_and_the_volatility_of_a_month_after():
    y = np.array([[[1.0, 4.0, 3.0], [-2.0, 9.0, 1.0]], [[0.0, 1.0, 1.0], [3.0, 16.0, 1.0]]])
    found, prices = remembered(y), PRICES.frames["stock"]
    time = np.array([[prices.index[-30], prices.index[-3]], [prices.index[0], prices.index[-1]]])
    found = replace(found, time=time.astype("datetime64[ns]"), series=np.full((2, 2), "stock"))
    found.series[1, 0] = "gone"
    table = volatility(evidence=found).evidence
    np.testing.assert_allclose(table["return %"], 100 * np.expm1(y[..., 0].ravel() / 100))
    squares = (100 * np.diff(np.log(prices["close"].to_numpy()))) ** 2
    month, rest = squares[-29:][:21].mean(), squares[-2:].mean()  # of 21 days, and of the 2 left
    expected = [(HORIZON * month) ** 0.5, (HORIZON * rest) ** 0.5, np.nan, np.nan]
    np.testing.assert_allclose(table["sigma after %"], expected)


def test_the_evidence_is_part_of_the_json():
    values = json.loads(json.dumps(forecast(evidence=remembered(PATHS)).to_dict()))
    assert [row["weight %"] for row in values["evidence"]] == [50, 25, 90, 10]


# Volatility

TAILS = (0.01, 0.05)
SCORES = [np.array([[-3.0], [-2.0], [-1.0], [0.0], [2.0]]), np.array([[-4.0], [-1.5], [1.0]])]


def volatility(
    prices=PRICES,
    *,
    scale=(2.0, 5.0),
    standard=((-3, -2), (-4, -1.5)),
    scores=SCORES,
    evidence=None,
):
    sigma = np.array(scale)
    outputs = {
        "location": np.zeros((len(sigma), 1)),
        "scale": sigma[:, None],
        "quantiles": (sigma[:, None] * np.array(standard))[:, None, :],
    }
    return volatility_report(prediction(prices, outputs, TAILS, scores, evidence))


def loss(log_return):
    return 100 * (1 - math.exp(log_return / 100))


def test_losses_at_risk_by_hand():
    table = volatility().to_frame()
    columns = ["unique_id", "from", "to", "sigma %", "sigma p.a. %"]
    assert list(table) == [*columns, "VaR 95 %", "ES 95 %", "VaR 99 %", "ES 99 %"]
    assert table["unique_id"].tolist() == ["stock", "coin"]
    assert table["sigma %"].tolist() == [2.0, 5.0]
    stock, coin = (row for _, row in table.iterrows())
    assert stock["sigma p.a. %"] == pytest.approx(2.0 * math.sqrt(252 / 3))
    # of so few residuals the worst is that of every probability up to .05
    assert stock["VaR 99 %"] == stock["ES 99 %"] == pytest.approx(loss(-6))
    assert stock["VaR 95 %"] == pytest.approx(loss(-4))
    assert stock["ES 95 %"] == pytest.approx(loss(-6))
    assert coin["VaR 95 %"] == pytest.approx(loss(-7.5))
    assert coin["ES 95 %"] == pytest.approx(loss(-20))


def test_horizon_of_the_volatility_in_days_of_each_series():
    table = volatility().to_frame()
    assert table["from"].dt.strftime("%Y-%m-%d").tolist() == ["2024-01-08", "2024-01-06"]
    assert table["to"].dt.strftime("%Y-%m-%d").tolist() == ["2024-01-10", "2024-01-08"]
    assert volatility().title == "Volatility of a file, 3 days ahead"


def test_history_of_the_volatility_is_the_latest_daily_returns():
    stock = PRICES.select(["stock"])
    report = volatility(stock, scale=[2.0], standard=[[-3, -2]], scores=SCORES[:1])
    close = PRICES.frames["stock"]["close"].to_numpy()
    expected = [100 * math.log(close[k] / close[k - 1]) for k in range(-20, 0)]
    np.testing.assert_allclose(report.history["stock"].iloc[-20:], expected)
    assert report.warnings == ("of the prices", "of the fit")


def test_violations_among_the_residuals_are_as_many_as_promised():
    scores = np.random.default_rng(1).standard_t(4, (1000, 1))
    nominal = np.array(TAILS)
    standard = Calibration(scores, nominal, nominal[None]).quantiles(nominal, tail=0.1)
    stock = PRICES.select(["stock"])
    row = volatility(stock, scale=[2.0], standard=standard, scores=[scores]).table.iloc[0]
    losses = np.array([loss(2.0 * e) for e in scores[:, 0]])
    beyond = [int((losses > row[f"VaR {level} %"]).sum()) for level in ("95", "99")]
    assert beyond == pytest.approx([50, 10], abs=3)
    worst = np.sort(losses)[::-1]
    assert row["ES 95 %"] == pytest.approx(worst[:50].mean(), rel=0.03)
    assert row["ES 99 %"] == pytest.approx(worst[:10].mean(), rel=0.06)


# Plots


def drawn(report):
    """The panels with data, after a complete drawing; warnings are errors."""
    figure = report.plot()
    file = io.BytesIO()
    figure.savefig(file, format="png")
    assert file.getvalue().startswith(b"\x89PNG")
    return [panel for panel in figure.axes if panel.axison]


def corners(collection):
    return collection.get_paths()[0].vertices


def test_fan_chart_shows_the_table():
    report = forecast()
    panels = drawn(report)
    assert [panel.get_title() for panel in panels] == ["stock", "coin"]
    for panel, (name, table) in zip(
        panels, report.table.groupby("unique_id", sort=False), strict=True
    ):
        past = report.history[name].dropna()
        price, mean = panel.get_lines()
        np.testing.assert_array_equal(price.get_ydata(), past)
        np.testing.assert_array_equal(date2num(price.get_xdata()), date2num(past.index))
        np.testing.assert_array_equal(mean.get_ydata(), [past.iloc[-1], *table["mean"]])
        days = date2num([past.index[-1], *table["date"]])
        np.testing.assert_array_equal(date2num(mean.get_xdata()), days)
        for shade, level in zip(panel.collections, ("95", "80"), strict=True):
            found = {tuple(corner) for corner in corners(shade).tolist()}
            for end in ("lo", "hi"):
                edge = [past.iloc[-1], *table[f"{end}-{level}"]]
                assert set(zip(days.tolist(), edge, strict=True)) <= found
    labels = [text.get_text() for text in panels[0].get_legend().get_texts()]
    assert labels == ["price", "95 % interval", "80 % interval", "forecast mean"]
    assert report.title in panels[0].figure.get_suptitle()


def test_risk_chart_shows_the_table():
    report = volatility()
    panels = drawn(report)
    for panel, (_, row) in zip(panels, report.table.iterrows(), strict=True):
        assert panel.get_title() == row["unique_id"]
        past = report.history[row["unique_id"]].dropna()
        bars = [bar for bar in panel.patches if bar.get_width() > 0]
        np.testing.assert_allclose([bar.get_height() for bar in bars], past)
        centres = [bar.get_x() + bar.get_width() / 2 for bar in bars]
        np.testing.assert_allclose(centres, date2num(past.index))
        (band,) = panel.collections
        assert corners(band)[:, 1].max() == pytest.approx(2 * row["sigma %"])
        assert corners(band)[:, 1].min() == pytest.approx(-2 * row["sigma %"])
        assert corners(band)[:, 0].min() == date2num(row["from"])
        assert corners(band)[:, 0].max() >= date2num(row["to"])
        at_risk = {f"VaR {level}": -row[f"VaR {level} %"] for level in ("95", "99")}
        assert {text.get_text(): text.xy[1] for text in panel.texts} == at_risk
        lines = [line.get_ydata() for line in panel.get_lines()]
        for height in at_risk.values():
            assert [height, height] in [list(line) for line in lines]


def test_many_series_have_a_panel_each():
    frames = {f"s{k}": PRICES.frames["stock"] for k in range(6)}
    prices = replace(PRICES, frames=frames)
    report = volatility(prices, scale=np.ones(6), standard=[(-3, -2)] * 6, scores=SCORES[:1] * 6)
    assert [panel.get_title() for panel in drawn(report)] == list(frames)
    several = forecast(prices, series=[0] * 6)
    assert [panel.get_title() for panel in drawn(several)] == list(frames)


def test_fan_chart_shows_what_followed_the_remembered_cases():
    report = forecast(evidence=remembered(PATHS))
    for panel, paths, last in zip(drawn(report), PATHS, (200.0, 50.0), strict=True):
        _, _, *cases = panel.get_lines()
        for line, path in zip(cases, paths, strict=True):
            expected = [last, *(last * np.exp(np.array(path) / 100))]
            np.testing.assert_allclose(line.get_ydata(), expected)
        heavy, light = cases
        assert heavy.get_alpha() == 1 > light.get_alpha()
    labels = [text.get_text() for text in drawn(report)[0].get_legend().get_texts()]
    assert labels[-1] == "after remembered cases"


def test_risk_chart_shows_the_returns_of_the_remembered_cases():
    y = np.array([[[1.0, 4.0, 3.0], [-2.0, 9.0, 1.0]], [[0.0, 1.0, 1.0], [3.0, 16.0, 1.0]]])
    report = volatility(evidence=remembered(y))
    for panel, returns in zip(drawn(report), y[..., 0], strict=True):
        _, dots = panel.collections
        np.testing.assert_allclose(dots.get_offsets()[:, 1], 100 * np.expm1(returns / 100))
