"""The logic of the page of autonomous systems, by Streamlit's AppTest: no browser."""

from io import StringIO

import numpy as np
import pandas as pd
import pytest
from drawn_tracks import drawn_tracks
from tested_pages import FILES, opened, ran, report_of, said, table_of, uploaded

from qmann_apps import _page as page
from qmann_apps._page.downloads import csv, model
from qmann_autonomous import demo_scene, plan

pytestmark = pytest.mark.slow
PATH, RISK, PLAN = "Where will it be?", "What may collide?", "What should it do?"
TRACKS = drawn_tracks(16)
SCENE = "agent,x,lane,speed\nego,0,0,30\nwall,12,0,0\n"


def asked(question, content=TRACKS):
    """The page with walkers of one's own."""
    return uploaded("autonomous", question, content)


def ordered(report):
    """Agents as the page lists them: those without a region, and so a bearing, come last."""
    return report.table.sort_values("bearing")["agent"].unique()


@pytest.fixture(scope="module")
def path():
    return ran(asked(PATH))


def test_something_is_shown_before_any_training():
    app = asked(PATH)
    assert app.header[0].value == "16 agents, seen 960 times"
    assert table_of(app, "Metres travelled")["Agent"].tolist() == sorted(TRACKS["agent"].unique())
    assert not app.download_button
    assert "least 20 windows" in said(opened("autonomous", autonomous_data="A file of my own"))


def test_a_path_with_its_regions_at_the_second_that_is_asked_for(path):
    report = report_of(path, "autonomous", "path")
    table, name = report.table, ordered(report)[0]
    last = table[table["agent"] == name].iloc[-1]
    start = report.paths.last[report.paths.agents.index(name)]
    far = page.metres(np.hypot(*(last[["x m", "y m"]] - start)))
    assert path.header[0].value.startswith(f"{name}: {far} to the ")
    assert path.header[0].value.endswith(" in 4.8 s")
    assert f"**{page.metres(2 * last['long-95 m'])} by " in said(path)
    app = path.select_slider[0].set_value(0.8).run()
    shown, then = table_of(app, "Agent"), table[table["seconds"] == 0.8].set_index("agent")
    np.testing.assert_allclose(shown["East, m"], then["x m"])
    assert f"**{page.metres(2 * then['long-80 m'][name])} by " in said(app)
    off = {metric.label: metric.value for metric in app.metric}["Distance off at the end, m"]
    assert off == page.metres(report.metrics["FDE"])
    near = report.evidence[report.evidence["agent"] == name]
    assert table_of(app, "Track and moment")["Track and moment"].tolist() == near["case"].tolist()
    assert "Classical twin" in table_of(app, "Method")["Method"].tolist()
    assert [button.label for button in app.download_button] == FILES


def test_another_agent_and_a_saved_model(path):
    path.selectbox(key="autonomous-path-shown").select(3).run()
    report = report_of(path, "autonomous", "path")
    assert path.header[0].value.startswith(f"{ordered(report)[3]}: ")
    app = opened("autonomous", autonomous_question="My model")
    app.file_uploader(key="autonomous-saved").upload("own.zip", model(report)).run()
    app.file_uploader(key="autonomous-on").upload("new.csv", csv(drawn_tracks(3)).encode()).run()
    expected = report.fitted.predict(drawn_tracks(3)).table
    last = expected[expected["seconds"] == expected["seconds"].max()]
    np.testing.assert_allclose(table_of(app, "Agent")["East, m"], last["x m"])


def test_kinds_of_agents_have_presets_of_their_own():
    app = asked(PATH)
    app.selectbox(key="autonomous-pedestrians-or").select("vehicles").run()
    app.selectbox(key="autonomous-path-horizon-" + key_of(app)).select(3.0).run()
    report = report_of(ran(app), "autonomous", "path")
    assert report.fitted.config.application.step == 0.5
    assert report.table["seconds"].max() == 3


def key_of(app):
    """What tells the file from others."""
    keys = [str(each.key) for each in app.selectbox]
    return next(k for k in keys if "horizon" in k).removeprefix("autonomous-path-horizon-")


def test_risk_within_a_radius_at_a_moment():
    app = asked(RISK)
    app.number_input(key="autonomous-radius-2").set_value(20.0)
    app.number_input(key="autonomous-moment").set_value(50.0)
    app = ran(app.run())
    found = report_of(app, "autonomous", "risk")
    conflicts = int(found.table["alarm"].eq("conflict").sum())
    assert app.header[0].value.startswith(f"{conflicts} likely conflict")
    assert "may come within 20.0 m" in said(app)
    assert "at 50 s" in said(app)
    shown = table_of(app, "Chance")
    assert shown["Agent"].tolist() == found.table["agent"].tolist()
    np.testing.assert_allclose(shown["Chance"], 100 * found.table["probability"])
    words = {"conflict": "Conflict likely", "watch": "Watch", "": "Unlikely"}
    assert shown["Alarm"].tolist() == found.table["alarm"].map(words).tolist()
    assert [button.label for button in app.download_button] == FILES[:3]
    app.number_input(key="autonomous-radius-2").set_value(5.0).run()
    assert "choices have changed" in said(app)


def test_a_plan_for_the_scene_of_the_demo():
    app = opened("autonomous", autonomous_question=PLAN)
    expected = plan(demo_scene())
    assert table_of(app, "Manoeuvre")["Manoeuvre"].tolist() == expected.table["manoeuvre"].tolist()
    assert said(app).count("Left to lane 0, +2 m/s²") == 1
    app.slider(key="autonomous-target").set_value(20.0).run()
    slower = plan(demo_scene(), target_speed=20).table
    assert table_of(app, "Manoeuvre")["Manoeuvre"].tolist() == slower["manoeuvre"].tolist()


def test_a_scene_of_ones_own_where_nothing_is_safe():
    app = opened("autonomous", autonomous_question=PLAN, autonomous_plan="A file of my own")
    assert "called ego" in said(app)
    app.file_uploader(key="autonomous-plan-file").upload("s.csv", SCENE.encode()).run()
    assert "No manoeuvre keeps the safe distance" in said(app)
    expected = plan(pd.read_csv(StringIO(SCENE)))
    assert table_of(app, "Why not")["Why not"].tolist() == expected.table["why not"].tolist()


@pytest.mark.parametrize(
    ("question", "content", "message"),
    [
        (PATH, b"a,b\n1,2\n", "agent"),
        (RISK, b"", "the file is empty"),
        (PATH, TRACKS[:60], "least"),
    ],
)
def test_a_file_that_cannot_be_used(question, content, message):
    app = asked(question, content)
    assert message in said(app if app.error else ran(app))
    assert not app.download_button


def test_a_map_has_one_scale_and_a_region_its_size():
    row = pd.Series({"x m": 5.0, "y m": 7.0, "long-80 m": 30.0, "wide-80 m": 10.0, "bearing": 90.0})
    ((level, long, wide, border),) = page.regions(row)
    assert (level, long, wide) == ("80", "60 m", "20 m")
    np.testing.assert_allclose(border.max(axis=0) - border.min(axis=0), [60, 20])
    assert page.regions(row.replace(90.0, np.nan)) == []
