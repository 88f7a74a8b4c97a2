"""Autonomous systems: where agents will be, what may collide, and what to do."""

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st
from pandas import DataFrame, concat

import qmann_autonomous as autonomous
from qmann_apps import _page as page

SAID = page.said(__file__)
NAMES, KINDS, ALARMS, ASKED = SAID["page"]["names"], SAID["kinds"], SAID["alarms"], SAID["asked"]
PATH = autonomous.TASKS["trajectory"]
_KEY, _BOUND = "autonomous", dict[str, Any](bind="query-params")
_STRAIGHT, _FROM, _TO, _DRAWN = "constant velocity", "90 % from", "90 % to", 10


def _task(demo: str, tracks: autonomous.Tracks) -> Any:
    """That of a kind of agents, which is asked for of a file of one's own."""
    if demo != "own":
        return PATH
    usual = "vessels" if tracks.origin else "pedestrians"
    kind = page.choose_one(ASKED["kind"], {usual: "", **KINDS}, f"autonomous-{usual}-or")
    only = dict.fromkeys(("fast", "standard", "thorough"), PATH.presets[kind])
    return PATH if kind == "vessels" else replace(PATH, presets=only)


def _horizons(tracks: autonomous.Tracks) -> dict[float, str]:
    words = SAID["horizons"]["degrees" if tracks.origin else "metres"]
    return {float(seconds): label for seconds, label in words.items()}


def _look(tracks: autonomous.Tracks, _application: Any) -> None:
    """What the data say without a model."""
    table, places = tracks.to_frame(), tracks.table[["x", "y"]].to_numpy()
    st.header(f"{len(table):,} agents, seen {len(places):,} times", anchor=False)
    st.markdown(SAID["read"])
    chart = page.mapped({}, {}, np.quantile(places, (0.05, 0.95), axis=0), places)
    st.altair_chart(chart, alt="Where agents were")
    page.answers(table, NAMES, (), "%.0f", "The data as read")
    page.remarks(tracks.notes)


def _path(report: Any, agent: str, tracks: autonomous.Tracks) -> None:
    """Headline, map of one agent, and table of all."""
    table, look = report.table, report.fitted.config.application.history
    own, seen = (each[each["agent"] == agent] for each in (table, tracks.table))
    past = seen.loc[seen["time"] >= seen["time"].max() - look, ["x", "y"]].to_numpy()
    steps = own["seconds"].tolist()
    east, north = own[["x m", "y m"]].to_numpy()[-1] - past[-1]
    wind = SAID["winds"][round(np.degrees(np.arctan2(east, north)) / 45) % 8]
    far = f"{page.metres(np.hypot(east, north))} to the {wind} in {steps[-1]:g} s"
    st.header(f"{page.plain(agent)}: {far}", anchor=False)
    key: Any = {"key": f"autonomous-at-{steps[-1]:g}", "format_func": "{:g}".format}
    ahead = st.select_slider("Seconds ahead", steps, steps[-1], **key)
    regions = page.regions(own[own["seconds"] == ahead].iloc[0])
    held = ", ".join(SAID["held"].format(*each) for each in regions)
    st.markdown(f"After {ahead:g} s in {held}." if held else SAID["still"])
    chart = page.course(past, own, ahead, tracks.table[["x", "y"]].to_numpy())
    st.altair_chart(chart, alt=f"Map of {agent}, {ahead:g} s ahead")
    st.caption(SAID["map"])
    page.answers(table[table["seconds"] == ahead], NAMES, ())


def _passed(report: Any, _rows: DataFrame) -> Any:
    """How far off it and constant velocity were, by seconds ahead."""
    page.figures({NAMES[k]: (page.metres(report.metrics[k]), "") for k in ("ADE", "FDE")})
    table, kinds = report.backtest, {report.model: "This model", _STRAIGHT: NAMES[_STRAIGHT]}
    ahead = table["target"].str.partition(" ")[0].astype(float).rename("seconds")
    squares = (table["outcome"] - table["prediction"]) ** 2
    off = squares.groupby([table["model"], ahead, table["label"]]).sum() ** 0.5
    typical = off.groupby(level=[0, 1]).median()
    lines = [page.points(typical[k].index, typical[k], word) for k, word in kinds.items()]
    chart = page.lines(concat(lines), [*kinds.values()], "Metres off", None, "Seconds ahead")
    return chart, SAID["passed"]


def _asked(tracks: autonomous.Tracks) -> dict[str, Any]:
    """Radius and moment of a conflict."""
    usual, first, last = 500.0 if tracks.origin else 2.0, *tracks.table["time"].agg(["min", "max"])
    key, given = f"{_KEY}-radius-{usual:g}", {"placeholder": ASKED["usual"], **_BOUND}
    radius = st.number_input(ASKED["radius"], 0.1, None, usual, key=key, **_BOUND)
    given |= {"key": f"{_KEY}-moment", "help": f"{first:g} to {last:g}. {ASKED['when']}"}
    return {"radius": radius, "at": st.number_input(ASKED["at"], value=None, **given)}


def _risk(found: Any, _row: int, _tracks: autonomous.Tracks) -> None:
    """Headline, the nearest approaches, and the ranking."""
    near, watched = (int(found.figures[name].iloc[0]) for name in ("conflict", "watch"))
    st.header(f"{near} likely conflict{'s' * (near != 1)}, {watched} to watch", anchor=False)
    st.markdown(page.plain(found.title) + ".")
    table = found.table.replace(np.inf, np.nan).replace({"alarm": ALARMS})
    ends = {"alarm": "kind", "DCPA m": "value", "DCPA lo-90": _FROM, "DCPA hi-90": _TO}
    first = table.rename(columns=ends).head(_DRAWN)
    shown = first.assign(name=first["agent"] + " and " + first["other"])[["name", *ends.values()]]
    if len(table):
        chart = page.dots(shown, [*ALARMS.values()], "Closest approach, m", [(_FROM, _TO, 5)])
        st.altair_chart(chart, alt="Closest approaches")
    st.caption(SAID["ranked"])
    columns = [name for name in SAID["columns"] if name in table]
    page.answers(table[columns], NAMES, (columns.index("probability"),), "%.4g", "Pairs, ranked")


def _wanted(scene: autonomous.Scene) -> dict[str, Any]:
    """How fast, and how far ahead."""
    most = float(scene.speed_limit)
    speed = st.slider(ASKED["speed"], 0.0, most, min(30.0, most), key=f"{_KEY}-target", **_BOUND)
    horizon = st.slider(ASKED["horizon"], 1.0, 20.0, 5.0, key=f"{_KEY}-seconds", **_BOUND)
    return {"target_speed": speed, "horizon": horizon}


def _plan(found: autonomous.Plan, scene: autonomous.Scene) -> None:
    """Headline, the road, and all manoeuvres, the chosen one first."""
    first = found.table.assign(risk=100 * found.table["risk"]).iloc[0]
    st.header(page.plain(first["manoeuvre"]).capitalize().replace("\\^2", "²"), anchor=False)
    if not found.admissible:
        st.warning(SAID["none"])
    page.figures({NAMES[k]: (form.format(first[k]), "") for k, form in SAID["forms"].items()})
    chart = page.road(scene, (scene.x[0] + first["progress"], found.lane))
    st.altair_chart(chart, alt="The road from above")
    st.caption(SAID["road"])
    page.answers(found.table, NAMES, (2,), "%.1f", "Manoeuvres, the chosen one first")


def _train(name: str, **how: Any) -> page.Train:
    level = page.Control((50, 80, 90, 95, 99), ASKED["level"])
    horizon = page.Control(_horizons, ASKED["ahead"])
    about = {field: page.Control(None, *words) for field, words in SAID["about"].items()}
    return page.Train(
        label=SAID["questions"][name],
        task=PATH,
        data=page.Data(**SAID["tracks"]),
        settle=_task,
        about=about,
        controls={"horizon": horizon} | ({} if name == "risk" else {"level": level}),
        **how,
    )


ROADS = page.Data(**SAID["scenes"], real=False)
SCENES = page.Library(ROADS, lambda _: autonomous.demo_scene(), autonomous.load_scene)
QUESTIONS: dict[str, page.Train | page.Reckon] = {
    "path": _train("path", look=_look, tell=_path, each="agent", first="bearing", record=_passed),
    "risk": _train("risk", look=_look, tell=_risk, ask=autonomous.conflict_risk, options=_asked),
    "plan": page.Reckon(
        label=SAID["questions"]["plan"],
        library=SCENES,
        ask=autonomous.plan,
        options=_wanted,
        tell=_plan,
    ),
}
page.show(page.Page(name="autonomous", questions=QUESTIONS, tasks=autonomous.TASKS, **SAID["page"]))
