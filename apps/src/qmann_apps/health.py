"""Health: diagnosis, survival, and alarms in vital signs."""

from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from pandas import DataFrame

import qmann_health as health
from qmann_apps import _page as page
from qmann_core.survival import by_groups

SAID = page.said(__file__)
NAMES = SAID["page"]["names"]
_TITLE = partial(page.called, names=NAMES)
_DRAWN = 3000  # samples


def _diagnosis(report: Any, row: int, patients: health.Patients) -> None:
    """Headline, sets and table of probabilities."""
    own = report.table.set_index("row").loc[row]
    event = own.get("most probable", report.fitted.config.application.words[1])
    chance = own.get(f"P({event})", own.iloc[0])
    st.header(f"Row {row}: {page.plain(event)}, probability {100 * chance:.1f} %", anchor=False)
    page.figures({_TITLE(k): (page.plain(v), "") for k, v in own.items() if isinstance(v, str)})
    st.caption(SAID["sets"])
    _everyone(report, row, patients)


def _survival(report: Any, row: int, patients: health.Patients) -> None:
    """Headline, curve and table of risks."""
    own, when = report.table.set_index("row").loc[row], page.number(report.horizon)
    curve = report.curves[report.curves["row"] == row]
    low, high = 100 - 100 * curve.loc[curve["time"] == report.horizon].iloc[0, [-1, -2]]
    st.header(f"Row {row}: a risk of {100 * own.iloc[0]:.0f} % by time {when}", anchor=False)
    st.markdown(
        f"Between **{low:.0f} %** and **{high:.0f} %** of held-out patients of like risk had the "
        "event by then."
    )
    chart = page.survival(curve, report.every)
    st.altair_chart(chart, alt=f"Share of patients like row {row} without the event, over time")
    page.figures({_TITLE(name): (page.number(time), "") for name, time in own[1:].dropna().items()})
    st.caption(SAID["curve"])
    _everyone(report, row, patients)


def _everyone(report: Any, row: int, patients: health.Patients) -> None:
    """All that are asked about, and a form to change one."""
    if len(report.table) > 1:
        page.answers(report.table, NAMES)
    page.what_if(report, row, patients, NAMES)
    st.caption(SAID["saved"])


def _monitor(report: Any, _row: int, signal: Any) -> None:
    """Headline, signal with its alarms, and their table."""
    many, alarms, trace = len(report.table), report.table, report.trace
    st.header(f"{many or 'No'} alarm{'s' * (many != 1)} in {page.plain(signal.name)}", anchor=False)
    kept = trace[(trace.index % (len(trace) // _DRAWN + 1) == 0) | trace["height"].gt(1)]
    _draw(signal, kept["row"], kept["value"], alarms["onset"], "Alarm")
    st.dataframe(alarms.rename(columns=_TITLE), hide_index=True, alt="Alarms")


def _draw(signal: Any, rows: Any, values: Any, marks: Any, mark: str) -> None:
    rate, across = (signal.rate, "Seconds") if signal.rate else (1, "Sample")
    table, name = page.points(rows / rate, values, "Signal"), page.plain(signal.name)
    chart = page.marked(table, marks / rate, (mark, "Signal"), name, across)
    st.altair_chart(chart, alt=f"{signal.name}, {mark.lower()} marked")


def _look(patients: Any, _application: Any) -> None:
    """What the data say without any training."""
    known, asked = patients.target.notna(), int(patients.target.isna().sum())
    events = int(getattr(patients, "event", patients.target).sum())
    came = f", {events:,} with the event" * (len(patients.words) < 3)
    st.header(f"{known.sum():,} patients{came}", anchor=False)
    if not asked:
        st.warning(SAID["nobody"])
    st.markdown(f"Press **Run** for the answer on the {asked:,} others. The first rows as read:")
    st.dataframe(patients.to_frame().head(), hide_index=True, alt="The first patients")
    page.remarks(patients.notes)


def _look_at(signal: Any, _application: Any) -> None:
    st.header(f"{page.plain(signal.name)}: {len(signal.values):,} samples", anchor=False)
    st.markdown("Press **Run** for alarms. Before the mark is what is taken for normal:")
    rows = np.arange(0, len(signal.values), len(signal.values) // _DRAWN + 1)
    _draw(signal, rows, signal.values[rows], np.array([signal.normal]), "Normal until here")


def _diagnosed(report: Any, rows: DataFrame) -> Any:
    groups = health.binned(*rows[["outcome", "prediction"]].to_numpy().T)
    return page.calibrated(report, groups, NAMES), SAID["groups"]


def _followed(report: Any, rows: DataFrame) -> Any:
    time, event, risk = (rows[n].to_numpy(float) for n in ("outcome", "event", "prediction"))
    groups = by_groups(time, event, risk, report.horizon).T
    return page.calibrated(report, groups, NAMES), SAID["groups"]


def _watched(report: Any, rows: DataFrame) -> Any:
    error = (rows["prediction"] - rows["outcome"]).abs()
    page.figures({_TITLE(k): (f"{v:.3g}", "") for k, v in report.metrics.items()})
    thin = slice(None, None, len(rows) // _DRAWN + 1)
    table = page.points(rows["place"][thin], error[thin], "Error")
    chart = page.lines(table, ["Error"], "Error of the next sample", None, "Sample")
    return chart, f"The next sample was off by {error.mean():.3g} on average."


def _question(name: str, about: tuple[str, ...], **parts: Any) -> page.Train:
    words = SAID[name]
    return page.Train(
        label=name.capitalize(),
        data=page.Data(words["demos"], words["formats"], words["wanted"]),
        about={column: page.Control(None, *SAID["columns"][column]) for column in about},
        **parts,
    )


_LOG1P = page.Control(lambda found: health.long_tails(found.to_frame()), first=0)
DIAGNOSIS = _question(
    "diagnosis",
    ("target", "identifier"),
    task=health.TASKS["diagnose"],
    controls={
        "split": page.Control(SAID["splits"], "Test it"),
        "threshold": page.Control({k / 20: f"{5 * k} %" for k in range(1, 20)}),
        "log1p": _LOG1P,
    },
    look=_look,
    tell=_diagnosis,
    record=_diagnosed,
)
SURVIVAL = _question(
    "survival",
    ("time", "event"),
    task=health.TASKS["survival"],
    controls={"horizon": page.Control(None, *SAID["horizon"]), "log1p": _LOG1P},
    look=_look,
    tell=_survival,
    record=_followed,
)
RARITY = {(100 - 100 / n,): f"One in {n:,} samples" for n in (10_000, 2_000, 1_000, 100)}
MONITOR = _question(
    "monitor",
    ("rate", "column", "normal"),
    task=health.TASKS["monitor"],
    controls={"level": page.Control(RARITY, "False alarms")},
    look=_look_at,
    tell=_monitor,
    record=_watched,
)
QUESTIONS = {"diagnosis": DIAGNOSIS, "survival": SURVIVAL, "monitor": MONITOR}
page.show(page.Page(name="health", questions=QUESTIONS, tasks=health.TASKS, **SAID["page"]))
