"""Survival: the report, and every bad input."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from qmann_core.errors import ConfigError, DataError
from qmann_core.tasks import fit
from qmann_core.testing import quick
from qmann_health import TASKS, demo_followed, load_followed
from qmann_health.survival.features import followed_samples, settle_horizon

TASK = TASKS["survival"]
CONFIG = quick(TASK.presets["fast"])


def test_report_answers_on_the_demo(tmp_path):
    patients = demo_followed()
    rows = patients.target.isna() | (patients.table.index % 4 == 0)
    some = replace(
        patients,
        table=patients.table[rows],
        target=patients.target[rows],
        event=patients.event[rows],
    )
    fitted = fit(TASK, some, CONFIG)
    fitted.save(tmp_path / "model")
    report = fitted.predict(patients.table.tail(5))
    table, curves = report.to_frame(), report.curves
    assert "not a medical device" in " ".join(report.notes)
    horizon = report.horizon
    assert horizon == settle_horizon(some, TASK.presets["fast"].application)["horizon"]
    risk = table[f"risk by {horizon:g}"]
    assert risk.between(0, 1).all()
    assert (table["at least 95"] <= table["at least 80"]).all()
    at = curves[curves["time"] == horizon]
    np.testing.assert_allclose(1 - at["survival"], risk)
    assert (curves["lo-95"] <= curves["hi-95"]).all()
    assert set(report.evidence["then"]) <= {"event", "censored"}
    case = report.evidence.iloc[0]
    row = int(case["case"].removeprefix("row "))
    assert some.target[row] == case["time"]
    assert (some.event[row] == 1) == (case["then"] == "event")
    shares = fitted.evaluation.circuits
    assert shares["hybrid"].share >= 0.95
    assert report.plot() is not None
    assert report.plot_backtest() is not None
    assert "Harrell C" in report.metrics
    from qmann_health import load

    again = load(tmp_path / "model").predict(patients.table.tail(5)).to_frame()
    pd.testing.assert_frame_equal(again, table)


def table(**columns):
    n = 40
    rng = np.random.default_rng(0)
    usual = {"age": rng.normal(50, 9, n).round(), "days": np.arange(n) + 1}
    return pd.DataFrame({**usual, "status": [0, 1] * (n // 2), **columns})


BAD = {
    "dates": ({"days": ["2020-01-02"] * 40}, {}, "no time above 0 .* the end of observation less"),
    "zero": ({"days": [0, *range(1, 40)]}, {}, "no time above 0 .* half a day"),
    "negative": ({"days": [-3, *range(1, 40)]}, {}, "no time above 0"),
    "all censored": ({"status": [0] * 40}, {}, "all are censored"),
    "no event with a time": (
        {"days": [np.nan if k % 2 else k + 1.0 for k in range(40)]},
        {},
        "no event in 20 patients",
    ),
    "competing": ({"status": [0, 1, 2, 0] * 10}, {}, "competing events"),
    "one or two": ({"status": [1, 2] * 20}, {}, 'as event="status=2"'),
    "other words": ({"status": ["r", "n"] * 20}, {}, "status=r"),
    "no such word": ({}, {"event": "status=dead"}, "which word means the event"),
    "start and stop": ({"start": 0, "stop": np.arange(40) + 1}, {}, "counting process"),
    "intervals": ({"lower": np.arange(40), "upper": np.arange(40) + 9}, {}, "intervals"),
    "several rows": ({"patient": [1, 1, *range(2, 40)]}, {}, "several rows"),
    "no column": ({}, {"time": "weeks"}, "weeks"),
    "nothing named": ({}, {"event": None}, "expected both"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused(name):
    columns, options, message = BAD[name]
    with pytest.raises(DataError, match=message):
        load_followed(table(**columns), **{"time": "days", "event": "status", **options})


@pytest.mark.parametrize(
    ("values", "event", "expected"),
    [
        ([True, False] * 20, "status", [1, 0] * 20),
        (["yes", "no"] * 20, "status", [1, 0] * 20),
        ([1, 2] * 20, "status=2", [0, 1] * 20),
        ([1] * 40, "status", [1] * 40),
        ([np.nan, *[1, 0, 1] * 13], "status", [np.nan, *[1, 0, 1] * 13]),
    ],
)
def test_events_in_words(values, event, expected):
    found = load_followed(table(status=values), time="days", event=event)
    np.testing.assert_array_equal(found.event, expected)
    np.testing.assert_array_equal(found.target.isna(), np.isnan(expected))
    assert list(found.columns) == ["age"]


def test_horizon_beyond_follow_up_is_refused():
    followed = load_followed(table(), time="days", event="status")
    far = TASK.configured("fast", horizon=41.0).application
    with pytest.raises(DataError, match="beyond the last time, 40"):
        settle_horizon(followed, far)
    for given in ({"threshold": 0.3}, {"split": "time"}):
        with pytest.raises(ConfigError, match=r"leave out|another split"):
            TASK.records(None, TASK.configured("fast", **given))


def test_rows_keep_their_events_in_any_order():
    values = table()
    values.loc[[3, 8], "days"] = np.nan
    followed = load_followed(values, time="days", event="status")
    found = followed_samples(followed, TASK.configured("fast", horizon=9.0).application)
    rows = [int(label.removeprefix("row ")) - 1 for label in found.label[:-2]]
    np.testing.assert_array_equal(found.aux["event"][:-2], values["status"].to_numpy()[rows])
    np.testing.assert_array_equal(found.y[:-2, 0], values["days"].to_numpy()[rows])
    assert set(found.label[-2:]) == {"row 4", "row 9"}
    assert "not both" in " ".join(followed.notes)
