"""The logic of the page of machines, by Streamlit's AppTest: no browser."""

import numpy as np
import pandas as pd
import pytest
from drawn_machines import as_cmapss, drawn_faults, drawn_histories
from tested_pages import FILES, opened, ran, said, table_of, uploaded
from tested_pages import report_of as answered

from qmann_apps import _page as page
from qmann_apps._page.downloads import model

pytestmark = pytest.mark.slow
SIMULATED = "figures say nothing of real ones."


def industrial(**address):
    return opened("industrial", **address)


def report_of(app, question):
    return answered(app, "industrial", question)


@pytest.fixture(scope="module")
def life():
    """The page after a run on histories."""
    own = {"unit": "pump", "time": "hours", "failed": "broke"}
    app = uploaded("industrial", "Remaining life", drawn_histories(), **own)
    app.number_input(key="industrial-life-cap").set_value(30.0)
    return ran(app.run())


def test_something_is_shown_before_any_training():
    app = industrial()
    assert app.header[0].value == "30 machines failed, 3 running"
    assert "8 sensors: temperature, " in said(app)
    assert SIMULATED in said(app)
    assert "Real data" not in said(app)
    assert app.dataframe[0].value["Machine"][:3].tolist() == [
        f"machine {n}" for n in (118, 119, 120)
    ]
    assert not app.download_button


def test_the_machine_with_least_left_comes_first(life):
    report = report_of(life, "life")
    first = report.table.sort_values("remaining").iloc[0]
    left = f"about {first['remaining']:.0f} left at age {first['age']:g}"
    assert life.header[0].value == f"{first['unit']}: {left}"
    assert f"With 90 % confidence **{first.iloc[-1]}**." in said(life)
    shown = table_of(life, "90 % interval")
    assert shown["Machine"].tolist() == report.table.sort_values("remaining")["unit"].tolist()
    assert shown["90 % interval"].iloc[0] == first.iloc[-1]
    near = report.evidence[report.evidence["unit"] == first["unit"]]
    assert table_of(life, "Lasted from there")["Past case"].tolist() == near["case"].tolist()
    assert [button.label for button in life.download_button] == FILES
    life.selectbox(key="industrial-life-shown").select(1).run()
    other = shown["Machine"].iloc[1]
    assert life.header[0].value.startswith(f"{other}: ")
    life.selectbox(key="industrial-life-shown").select(0).run()


def test_a_curve_ends_at_the_cap_where_it_is_open(life):
    report = report_of(life, "life")
    unit = report.table["unit"][0]
    curve = report.curves[report.curves["unit"] == unit]
    open_ends = curve["hi-90"].isna()
    assert open_ends.any()
    chart = page.remaining(report, unit).to_dict()
    tables = [pd.DataFrame(rows) for rows in chart["datasets"].values()]
    bands = next(table for table in tables if "high" in table)
    wide = bands[bands["case"] == "90 % interval"]
    np.testing.assert_allclose(wide["high"], curve["hi-90"].fillna(30))
    np.testing.assert_allclose(wide["value"], curve["lo-90"])
    lines = next(table for table in tables if "high" not in table)
    assert set(lines["value"][lines["kind"] == "Cap: or more"]) == {30}


def test_a_saved_model_is_asked_again(life):
    app = industrial(industrial_question="My model")
    report = report_of(life, "life")
    app.file_uploader(key="industrial-saved").upload("own.zip", model(report)).run()
    fresh = drawn_histories(3, running=3, first=30).drop(columns="broke")
    app.file_uploader(key="industrial-on").upload("new.csv", fresh.to_csv(index=False).encode())
    app.run()
    expected = report.fitted.predict(fresh).table.sort_values("remaining")
    shown = table_of(app, "90 % interval")
    assert shown["Machine"].tolist() == expected["unit"].tolist()
    np.testing.assert_allclose(shown["Remaining life"], expected["remaining"])


def test_machines_that_run_come_in_a_file_of_their_own():
    app = uploaded("industrial", "Fleet", as_cmapss(drawn_histories(12, running=0)))
    assert app.header[0].value == "12 machines failed, 0 running"
    assert "No machine is running" in app.warning[0].value
    test = as_cmapss(drawn_histories(4, running=4, first=20)).encode()
    app.file_uploader(key="industrial-data-running").upload("test.txt", test).run()
    assert app.header[0].value == "12 machines failed, 4 running"
    assert "running 1" in app.dataframe[0].value["Machine"].tolist()
    app.number_input(key="industrial-fleet-horizon").set_value(20.0)
    ran(app.run())
    report = report_of(app, "fleet")
    first = report.table.iloc[0]
    share = f"{100 * first['fails within 20']:.1f} %"
    assert app.header[0].value == f"{first['unit']}: {share} to fail within 20"
    ranked = table_of(app, "Because of")
    assert ranked["Machine"].tolist() == report.table["unit"].tolist()
    behind = report.figures[report.figures["unit"] == first["unit"]]
    assert ranked["Because of"][0] == ", ".join(behind["sensor"])
    shown = table_of(app, "Were it as usual")
    np.testing.assert_allclose(shown["Less by"], 100 * behind["less"])
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Harrell C"] == f"{report.metrics['Harrell C']:.3f}"


def test_faults_of_a_file_of_ones_own():
    app = uploaded("industrial", "Faults", drawn_faults())
    assert app.header[0].value == "390 rows, 30 of them asked about"
    app.number_input(key="industrial-faults-window").set_value(6)
    app.selectbox(key="industrial-faults-unknown_rate").select(0.1)
    ran(app.run())
    report = report_of(app, "faults")
    assert app.header[0].value == f"{report.table['window'][0]}: like no known fault"
    assert f"All {len(report.table)} windows: {len(report.table)} unknown." in said(app)
    shown = table_of(app, "Set, 95 %")
    np.testing.assert_allclose(shown["P(leak)"], 100 * report.table["P(leak)"])
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Set, 95 %"] == report.table["faults 95 %"][0]


def test_alarms_in_a_file_of_ones_own():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(700, 3))
    x[650:690, 1] += 9
    table = pd.DataFrame(x, columns=list("abc")).assign(time=np.arange(700))
    app = uploaded("industrial", "Alarms", table, normal=600)
    assert app.header[0].value == "700 rows, of which the first 600 are taken for normal"
    ran(app)
    report = report_of(app, "alarms")
    assert app.header[0].value == "1 alarm in 1 run"
    shown = table_of(app, "Because of")
    assert shown["Onset"].tolist() == report.table["onset"].tolist()
    assert 650 <= int(shown["Onset"][0]) < 656
    assert shown["Because of"][0].startswith("b ")
    metrics = {metric.label: metric.value for metric in app.metric}
    found = f"{report.metrics['found %']:.1f}"
    assert metrics["Faulty rows found, %"] == found


def test_a_time_line_has_a_band_for_each_alarm():
    alarm = np.array([0, 1, 1, 0, 1, 0], dtype=bool)
    trace = pd.DataFrame({"when": list("123456"), "height": np.exp(range(6)), "alarm": alarm})
    chart = page.heights(trace.assign(row=range(10, 16))).to_dict()
    tables = [pd.DataFrame(rows) for rows in chart["datasets"].values()]
    bands = next(table for table in tables if "min" in table)
    assert bands[["min", "max"]].to_numpy().tolist() == [[2, 3], [5, 5]]


def test_what_faults_were_taken_for():
    names = ["leak", "valve"]
    counts = pd.DataFrame([[3, 1], [0, 0]], index=pd.Index(names, name="fault"), columns=names)
    chart = page.crossed(counts, ("Fault", "Most probable")).to_dict()
    (rows,) = chart["datasets"].values()
    found = pd.DataFrame(rows).set_index(["row", "column"])
    assert found.loc[("leak", "valve"), "value"] == 1
    assert found["share"].tolist() == [0.75, 0, 0.25, 0]


@pytest.mark.parametrize(
    ("question", "content", "message"),
    [
        ("Remaining life", "1 2 3\n", "3 columns separated by blanks"),
        ("Remaining life", b"unit,a\n1,2\n", "which column is the time"),
        ("Fleet", as_cmapss(drawn_histories(3, running=0)), "Expected at least 5"),
        ("Faults", b"a,b\n1,2\n2,3\n", "no column of faults"),
        ("Alarms", b"a,b\n1,2\n2,3\n", "Expected none of them, and at least 500"),
        ("Faults", b"", "the file is empty"),
    ],
)
def test_a_file_that_cannot_be_used(question, content, message):
    app = uploaded("industrial", question, content)
    assert message in said(app if app.error else ran(app))
    assert not app.download_button
