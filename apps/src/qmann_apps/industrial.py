"""Industry: remaining life of machines, fleets, and faults."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from pandas import DataFrame, concat

import qmann_industrial as industrial
from qmann_apps import _page as page
from qmann_core.survival import by_groups

SAID = page.said(__file__)
NAMES = SAID["page"]["names"]
_TITLE = partial(page.called, names=NAMES)


def _life(report: Any, unit: str, _histories: Any) -> None:
    """Headline, curve of one machine and table of all."""
    table, words = report.table.sort_values("remaining"), report.table.columns[-1]
    own, level = table.set_index("unit").loc[unit], words.removesuffix(" in words")
    about = "" if own["remaining"] >= report.cap else "about "
    left = f"{about}{own['remaining']:.0f}{' or more' * (not about)} left at age {own['age']:g}"
    st.header(f"{page.plain(unit)}: {left}", anchor=False)
    st.markdown(f"With {level} confidence **{own[words]}**.")
    chart = page.remaining(report, unit)
    st.altair_chart(chart, alt=f"Remaining life of {unit} by age, with intervals")
    st.caption(SAID["curve"])
    shown = table[["unit", "age", "remaining", words]].rename(columns={words: f"{level} interval"})
    page.answers(shown, NAMES, (), "%.0f")


def _fleet(report: Any, unit: str, _histories: Any) -> None:
    """Headline, sensors behind one probability, and the ranking."""
    table, why = report.table.copy(), report.figures
    own, behind = table.set_index("unit").loc[unit], why[why["unit"] == unit].drop(columns="unit")
    title = f"{page.plain(unit)}: {100 * own.iloc[1]:.1f} % to fail within {report.horizon:g}"
    st.header(title, anchor=False)
    page.figures({_TITLE(k): (page.number(v), "") for k, v in own.iloc[2:].dropna().items()})
    st.markdown("Sensors behind it:")
    page.answers(behind, NAMES, (1, 2), alt="Sensors behind it")
    st.caption(SAID["ranked"])
    sensors = why.groupby("unit")["sensor"].agg(", ".join)
    table["sensors"] = table["unit"].map(sensors)
    first = ["unit", table.columns[2], "sensors"]
    page.answers(table[[*first, *table.columns.drop(first)]], NAMES, form="%.4g")


def _fault(report: Any, window: str, _readings: Any) -> None:
    """Headline and sets of one window, and table of all."""
    table = report.table
    own = table.set_index("window").loc[window]
    chance = own.get(f"P({own['fault']})")
    said = "like no known fault" if chance is None else f"{own['fault']}, {100 * chance:.1f} %"
    st.header(f"{page.plain(window)}: {page.plain(said)}", anchor=False)
    page.figures({_TITLE(k): (page.plain(v), "") for k, v in own.iloc[2:4].items()})
    counts = ", ".join(f"{n} {word}" for word, n in table["fault"].value_counts().items())
    st.markdown(f"All {len(table):,} windows: {page.plain(counts)}.")
    shares = [place for place, name in enumerate(table) if name.startswith("P(")]
    page.answers(table, NAMES, shares, "%.2f")
    st.caption(SAID["sets"])


def _alarms(report: Any, _row: int, _watched: Any) -> None:
    """Headline, time line of one run with its alarms, and their table."""
    table, trace = report.table, report.trace
    runs, many = trace["run"].unique(), int(table["sensors"].ne("no data").sum())
    said = f"{many or 'No'} alarm{'s' * (many != 1)} in {len(runs)} run{'s' * (len(runs) != 1)}"
    st.header(said, anchor=False)
    run = st.selectbox("Run", runs, key="industrial-run") if len(runs) > 1 else runs[0]
    chart = page.heights(trace[trace["run"] == run])
    st.altair_chart(chart, alt=f"How far run {run} is from normal, with alarms")
    st.caption(SAID["alarms"])
    first = ["alarm", "run", "onset", "sensors"]
    page.answers(table[[*first, *table.columns.drop(first)]], NAMES, (), "%.1f")


def _look(histories: Any, _application: Any) -> None:
    failed, names = sum(map(histories.failed.get, histories.frames)), histories.sensors
    running = len(histories.frames) - failed
    title = f"{failed:,} machines failed, {running:,} running"
    table = histories.to_frame().drop(columns="columns").sort_values("failed", kind="stable")
    sensors = f"{len(names)} sensors: {', '.join(names)}"
    _read(title, table, (sensors, *histories.notes), SAID["running"] * (not running))


def _look_at(readings: Any, _application: Any) -> None:
    asked = int(readings.target.isna().sum())
    title = f"{len(readings.table):,} rows, {asked:,} of them asked about"
    _read(title, readings.to_frame(), readings.notes, SAID["asked"] * (not asked))


def _read(title: str, table: DataFrame, notes: tuple[str, ...], missing: str) -> None:
    """What the data say without any training."""
    st.header(title, anchor=False)
    if missing:
        st.warning(missing)
    st.markdown("Press **Run** for the answer. As read, without a model:")
    st.dataframe(table.rename(columns=_TITLE), hide_index=True, alt="The data as read")
    page.remarks(notes)


def _look_on(watched: Any, _application: Any) -> None:
    table, notes = watched.readings.table, watched.readings.notes
    title = f"{len(table):,} rows, of which the first {watched.normal:,} are taken for normal"
    _read(title, watched.to_frame(), notes, "")


def _followed(report: Any, rows: DataFrame) -> Any:
    time, event, risk = (rows[n].to_numpy(float) for n in ("outcome", "event", "prediction"))
    groups = by_groups(time, event, risk, report.horizon).T
    return page.calibrated(report, groups, NAMES), SAID["groups"]


def _passed(report: Any, rows: DataFrame) -> Any:
    """How far held-out rows are from normal operation, with and without a fault injected."""
    page.figures({_TITLE(k): (f"{v:.1f}", "") for k, v in report.metrics.items()})
    away = (rows["prediction"] / np.log(100)).groupby(rows["outcome"])
    kinds, shares = SAID["kinds"], np.linspace(0, 1, 101)
    left = 100 - 100 * shares
    lines = [page.points(part.quantile(shares), left, kinds[int(k)]) for k, part in away]
    chart = page.lines(concat(lines), kinds, "Rows further away, %", None, SAID["away"])
    return chart, SAID["passed"]


def _confused(report: Any, _rows: DataFrame) -> Any:
    page.figures({_TITLE(k): (f"{report.metrics[k]:.3f}", "") for k in ("F1", "log loss")})
    return page.crossed(report.confusion, ("Fault", "Most probable")), SAID["confused"]


def _asked(names: list[str]) -> dict[str, page.Control]:
    """Fields, each asked for in words of its own or of another name, as level=rate."""
    pairs = [(name.partition("=")[0], name.rpartition("=")[2]) for name in names]
    return {field: page.Control(_CHOICES.get(k), *SAID["labels"][k]) for field, k in pairs}


def _question(name: str, look: Any, tell: Any, record: Any = None) -> page.Train:
    words = SAID["questions"][name]
    return page.Train(
        label=words["label"],
        task=industrial.TASKS[words["task"]],
        data=page.Data(**SAID["data"][words["data"]], real=False),
        controls=_asked(words["controls"]),
        about=_asked(words["about"]),
        look=look,
        tell=tell,
        each=words["each"],
        first=words.get("first"),
        record=record,
    )


_CHOICES: Mapping[str, Any] = {
    "level": (50, 80, 90, 95, 99),
    "split": SAID["splits"],
    "rate": {(100 - 100 / n,): f"One in {n:,} rows" for n in (1000, 200, 100, 50, 20)},
    "persist": {(k, k): f"{k} in a row" for k in (1, 3, 6, 12, 24)},
    "unknown_rate": {k / 100: f"{k} %" for k in (1, 2, 5, 10)},
}
QUESTIONS = {
    "life": _question("life", _look, _life),
    "fleet": _question("fleet", _look, _fleet, _followed),
    "alarms": _question("alarms", _look_on, _alarms, _passed),
    "faults": _question("faults", _look_at, _fault, _confused),
}
page.show(page.Page(name="industrial", questions=QUESTIONS, tasks=industrial.TASKS, **SAID["page"]))
