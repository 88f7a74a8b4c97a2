"""The logic of the health page, by Streamlit's AppTest: no browser."""

import numpy as np
import pandas as pd
import pytest
from drawn_beats import drawn_beats
from tested_pages import FILES, opened, ran, said, table_of, uploaded
from tested_pages import report_of as answered

from qmann_apps import _page as page
from qmann_apps._page.downloads import model
from qmann_core.survival import kaplan_meier
from qmann_health import classify_ecg

pytestmark = pytest.mark.slow
RESEARCH = "Research use, not a medical device."


def health(**address):
    return opened("health", **address)


def with_file(table, question="Diagnosis", **columns):
    return uploaded("health", question, table, **columns)


def report_of(app, question):
    return answered(app, "health", question)


def visits(n=60, asked=2):
    """A risk that grows with a score and is higher for smokers."""
    rng = np.random.default_rng(0)
    score, smoker = rng.standard_normal(n), rng.integers(0, 2, n)
    ill = score + smoker + rng.logistic(size=n) > 0.5
    table = pd.DataFrame({"score": score.round(3), "smoker": np.where(smoker, "yes", "no")})
    table["status"] = np.where(ill, "dead", "alive")
    table["crp"] = np.exp(2 * rng.standard_normal(n)).round(2)
    table["mrn"] = [f"secret{number:03}" for number in range(n)]
    table.loc[n - asked :, "status"] = None
    return table


@pytest.fixture(scope="module")
def trained():
    """The page after a run on visits."""
    app = with_file(visits(), target="status")
    (tails,) = app.multiselect
    assert tails.options == ["crp"]
    return ran(tails.set_value(["crp"]).run())


def test_something_is_shown_before_any_training():
    app = health()
    assert RESEARCH in said(app)
    assert app.header[0].value.startswith("115 patients, ")
    assert len(app.dataframe[0].value) == 5
    assert not app.download_button


def test_diagnosis(trained):
    app, report = trained, report_of(trained, "diagnosis")
    assert report.fitted.config.application.log1p == ("crp",)
    row, probability = report.table.iloc[0][["row", "probability"]]
    share = f"{100 * probability:.1f} %"
    assert app.header[0].value == f"Row {row}: dead, probability {share}"
    assert f"Note: {RESEARCH}" in said(app)
    shown = table_of(app, "At 0.5")
    assert shown["Probability"].tolist() == pytest.approx(100 * report.table["probability"])
    metrics = {metric.label: metric.value for metric in app.metric}
    own = report.figures.set_index("model").loc["hybrid"]
    assert metrics["Slope"] == f"{own['slope']:.3f}"
    assert [button.label for button in app.download_button] == FILES
    app.selectbox(key="health-diagnosis-shown").select(1).run()
    last = report.table["row"].iloc[1]
    assert app.header[0].value.startswith(f"Row {last}: ")
    near = report.evidence[report.evidence["patient"] == f"row {last}"]
    assert table_of(app, "Patient")["Patient"].tolist() == near["case"].tolist()
    assert table_of(app, "Patient")["Outcome"].tolist() == near["outcome"].tolist()
    app.selectbox(key="health-diagnosis-shown").select(0).run()


def test_one_patient_is_changed_by_hand(trained):
    app, report = trained, report_of(trained, "diagnosis")
    row = report.table["row"][0]
    app.number_input(key=f"what-if-{row}-score").set_value(3.0)
    app.selectbox(key=f"what-if-{row}-smoker").set_value("no")
    next(b for b in app.button if b.label == "Predict").click().run()
    changed = visits().loc[[row - 1]].assign(score=3.0, smoker="no")
    expected = report.fitted.predict(changed).table["probability"][0]
    assert app.metric[3].value == f"{100 * expected:.1f} %"
    before = report.table["probability"][0]
    assert app.metric[3].delta == f"{100 * (expected - before):+.1f} points from what it was"
    assert "secret" not in said(app) + "".join(t.value.to_csv() for t in app.dataframe)


def test_three_words_are_as_many_classes():
    table = visits().drop(columns="mrn")
    stage = pd.qcut(table["score"], 3, labels=["I", "II", "III"]).astype(object)
    app = with_file(table.assign(status=stage.where(table["status"].notna())), target="status")
    assert app.header[0].value == "58 patients"
    app = ran(app)
    row = report_of(app, "diagnosis").table.iloc[0]
    word = row["most probable"]
    share = f"{100 * row[f'P({word})']:.1f} %"
    assert app.header[0].value == f"Row {row['row']}: {word}, probability {share}"
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Alike"] == row["alike"]


def test_a_saved_model_is_asked_again(trained):
    report = report_of(trained, "diagnosis")
    app = health(health_question="My model")
    app.file_uploader(key="health-saved").upload("own.zip", model(report)).run()
    fresh = visits().drop(columns="status").head(3)
    app.file_uploader(key="health-on").upload("new.csv", fresh.to_csv(index=False).encode()).run()
    expected = report.fitted.predict(fresh).table["probability"]
    assert table_of(app, "At 0.5")["Probability"].tolist() == pytest.approx(100 * expected)


def test_a_model_that_no_question_is_about_is_refused():
    app = health(health_question="My model")
    report = classify_ecg(drawn_beats(60, asked=2), progress=False)
    app.file_uploader(key="health-saved").upload("own.zip", model(report)).run()
    refused = app.error[0].value.replace("\\", "")
    assert "'ecg': this page knows diagnose, survival, monitor" in refused


def test_survival_of_a_file_of_ones_own():
    table = visits().drop(columns="status")
    rng = np.random.default_rng(1)
    table["days"] = rng.exponential(300 * np.exp(-table["score"])).round(1) + 1
    table["then"] = rng.choice(["alive", "dead"], len(table), p=[0.3, 0.7])
    table.loc[len(table) - 2 :, ["days", "then"]] = None
    app = with_file(table, "Survival", time="days", event="then")
    assert app.header[0].value.startswith("58 patients, ")
    app.number_input(key="health-survival-horizon").set_value(200.0).run()
    ran(app)
    report = report_of(app, "survival")
    risk = report.table["risk by 200"][0]
    assert app.header[0].value == f"Row 59: a risk of {100 * risk:.0f} % by time 200.00"
    at = report.curves[(report.curves["row"] == 59) & (report.curves["time"] == 200)].iloc[0]
    low, high = (f"**{100 - 100 * at[end]:.0f} %**" for end in ("hi-95", "lo-95"))
    assert f"Between {low} and {high} of held-out patients" in said(app)
    app.number_input(key="health-survival-horizon").set_value(9e9).run()
    assert "choices have changed" in said(app)
    assert "last" in said(ran(app))


def test_a_curve_stands_beside_kaplan_meiers():
    every = kaplan_meier(np.array([1.0, 2.0, 3.0]), np.array([1, 0, 1]))
    curve = pd.DataFrame({"time": [0.0, 3.0], "survival": [1.0, 0.4]})
    chart = page.survival(curve.assign(**{"lo-95": [1.0, 0.2], "hi-95": [1.0, 0.7]}), every)
    tables = [pd.DataFrame(rows) for rows in chart.to_dict()["datasets"].values()]
    drawn = next(table for table in tables if "high" not in table)
    steps = drawn[drawn["kind"].str.startswith("All")]
    assert steps["date"].tolist() == [0, 1, 1, 3, 3]
    assert steps["value"].tolist() == pytest.approx([1, 1, 2 / 3, 2 / 3, 0])


def test_alarms_in_a_signal_of_ones_own():
    values = np.sin(np.arange(600) / 5) + 0.01 * np.random.default_rng(0).standard_normal(600)
    values[500:504] += 3
    app = with_file(pd.DataFrame({"pressure": values}), "Monitor")
    assert "no sampling rate" in said(app)
    for field, value in {"rate": 10.0, "normal": 300}.items():
        next(w for w in app.number_input if w.key.startswith(field)).set_value(value)
    ran(app.run())
    report = report_of(app, "monitor")
    assert app.header[0].value.startswith(f"{len(report.table)} alarm")
    shown = next(t.value for t in app.dataframe if "Onset" in t.value and "Model" not in t.value)
    assert 500 in shown["Onset"].tolist()
    assert shown["Onset s"].tolist() == pytest.approx(report.table["onset"] / 10)


@pytest.mark.parametrize(
    ("question", "table", "columns", "message"),
    [
        ("Diagnosis", b"a,b\n1,2\n2,3\n", {}, "which column is the outcome"),
        ("Diagnosis", b"a,y\n1,1\n2,1\n", {"target": "y"}, "Expected patients with an event"),
        ("Diagnosis", b"", {}, "the file is empty"),
        ("Survival", b"a,t,e\n1,2,1\n2,3,0\n", {}, "no column of times or of events"),
        ("Survival", b"a,t,e\n1,-2,1\n2,3,0\n", {"time": "t", "event": "e"}, "no time above 0"),
        ("Monitor", b"time,a\n1,2\n2,3\n", {}, "no finite numbers"),
    ],
)
def test_a_file_that_cannot_be_used(question, table, columns, message):
    app = with_file(table, question, **columns)
    assert message in said(app)
    assert not app.download_button


def test_nobody_is_asked_about():
    app = with_file(visits(asked=0), target="status")
    assert "Nobody is asked about" in app.warning[0].value
    assert "got nothing to predict" in said(ran(app))
