"""Health: diagnosis, survival, and alarms in vital signs."""

from typing import Any

import numpy as np
import streamlit as st
from pandas import DataFrame

import qmann_health as health
from qmann_apps import _page as page

SAID = page.said(__file__)
_DRAWN = 3000  # samples


def _about(*names: str) -> dict[str, page.Control]:
    """What is asked of a file of one's own."""
    words = SAID["columns"]
    return {name: page.Control(None, *words[name]) for name in names}


def _diagnosis(report: Any, row: int, patients: health.Patients) -> None:
    """Headline, sets and table of probabilities."""
    own = report.table.set_index("row").loc[row]
    event = page.plain(report.fitted.config.application.words[1])
    share = f"{100 * own['probability']:.1f} %"
    st.header(f"Row {row}: {event} with a probability of {share}", anchor=False)
    page.figures({_title(name): (page.plain(own[name]), "") for name in own.index[1:]})
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
    tested = report.backtest[report.backtest["model"] == report.model]
    chart = page.survival(
        curve, health.kaplan_meier(*tested[["outcome", "event"]].to_numpy(float).T)
    )
    st.altair_chart(chart, alt=f"Share of patients like row {row} without the event, over time")
    times = {_title(name): own[name] for name in own.index[1:]}
    page.figures(
        {n: ("not reached" if np.isnan(t) else page.number(t), "") for n, t in times.items()}
    )
    st.caption(SAID["curve"])
    _everyone(report, row, patients)


def _everyone(report: Any, row: int, patients: health.Patients) -> None:
    """All that are asked about, and a form to change one."""
    shown = report.table.rename(columns=_title)
    if len(shown) > 1:
        shown[shown.columns[1]] *= 100
        number = st.column_config.NumberColumn
        forms: Any = dict.fromkeys(shown.columns[2:], number(format="%.5g"))
        forms = {name: form for name, form in forms.items() if shown[name].dtype.kind == "f"}
        forms[shown.columns[1]] = number(format="%.1f %%")
        st.dataframe(shown, hide_index=True, column_config=forms, alt="All patients asked about")
    st.caption(SAID["saved"])
    with st.expander("What if?"), st.form("health-form", border=False):
        st.caption(SAID["by_hand"])
        first = patients.to_frame().set_index("row").loc[row]
        given = {}
        with st.grid(3, min_column_width=200):
            for name, words in report.fitted.config.application.columns.items():
                asked: Any = {"label": page.plain(name), "key": f"health-{row}-{name}"}
                value = None if first[name] != first[name] else first[name]
                if words is None:
                    given[name] = st.number_input(value=value, format="%.5g", **asked)
                else:
                    place = None if value is None else words.index(value)
                    given[name] = st.selectbox(options=words, index=place, **asked)
        if st.form_submit_button("Predict"):
            changed = patients.table.loc[[row]].assign(**given)
            found = page.attempt(lambda: report.fitted.predict(changed).table.iloc[0, 1])
            if found is not None:
                before = report.table.set_index("row").loc[row].iloc[0]
                said = f"{100 * (found - before):+.1f} points from the table's"
                page.figures({shown.columns[1]: (f"{100 * found:.1f} %", said)})


def _monitor(report: Any, _row: int, signal: Any) -> None:
    """Headline, signal with its alarms, and their table."""
    many, alarms = len(report.table), report.table
    st.header(f"{many or 'No'} alarm{'s' * (many != 1)} in {page.plain(signal.name)}", anchor=False)
    trace = report.trace
    kept = trace[(trace.index % (len(trace) // _DRAWN + 1) == 0) | trace["height"].gt(1)]
    _draw(signal, kept["row"], kept["value"], alarms["onset"], "Alarm")
    st.dataframe(alarms.rename(columns=_title), hide_index=True, alt="Alarms")


def _draw(signal: Any, rows: Any, values: Any, marks: Any, mark: str) -> None:
    rate, across = (signal.rate, "Seconds") if signal.rate else (1, "Sample")
    kinds, table = (mark, "Signal"), page.points(rows / rate, values, "Signal")
    chart = page.marked(table, marks / rate, kinds, page.plain(signal.name), across)
    st.altair_chart(chart, alt=f"{signal.name}, {mark.lower()} marked")


def _look(patients: Any, _application: Any) -> None:
    """What the data say without any training."""
    known = patients.target.notna()
    events = int(getattr(patients, "event", patients.target).sum())
    asked = len(known) - known.sum()
    st.header(f"{known.sum():,} patients, {events:,} with the event", anchor=False)
    if not asked:
        st.warning(SAID["nobody"])
    st.markdown(f"Press **Run** for the answer on the {asked:,} others. The first rows as read:")
    st.dataframe(patients.to_frame().head(), hide_index=True, alt="The first patients")
    for note in patients.notes:
        st.caption(f"Note: {page.plain(note)}")


def _look_at(signal: Any, _application: Any) -> None:
    st.header(f"{page.plain(signal.name)}: {len(signal.values):,} samples", anchor=False)
    st.markdown("Press **Run** for alarms. Before the mark is what is taken for normal:")
    rows = np.arange(0, len(signal.values), len(signal.values) // _DRAWN + 1)
    _draw(signal, rows, signal.values[rows], np.array([signal.normal]), "Normal until here")


def _title(name: str) -> str:
    return page.called(name.replace("classes", "Set,"), SAID["names"])


def _calibrated(report: Any, groups: Any) -> Any:
    """What was stated and what came, in groups from low to high, with the model's figures."""
    stated, came = np.asarray(groups)
    rows = DataFrame({"kind": "", "measured": came, "predicted": stated})
    rows["name"] = [f"Group {number}" for number in range(1, len(rows) + 1)]
    shown = {k: v for k, v in report.metrics.items() if not k.startswith("coverage")}
    if report.figures is not None and "model" in report.figures:
        shown = report.figures.set_index("model").loc[report.model].to_dict()
    page.figures({_title(name): (f"{value:.3f}", "") for name, value in shown.items()})
    return page.against(rows, "share with the event", [""]), SAID["groups"]


def _diagnosed(report: Any, rows: DataFrame) -> Any:
    return _calibrated(report, health.binned(*rows[["outcome", "prediction"]].to_numpy().T))


def _followed(report: Any, rows: DataFrame) -> Any:
    time, event, risk = (rows[n].to_numpy(float) for n in ("outcome", "event", "prediction"))
    return _calibrated(report, health.by_groups(time, event, risk, report.horizon).T)


def _watched(report: Any, rows: DataFrame) -> Any:
    error = (rows["prediction"] - rows["outcome"]).abs()
    page.figures({_title(k): (f"{v:.3g}", "") for k, v in report.metrics.items()})
    thin = slice(None, None, len(rows) // _DRAWN + 1)
    table = page.points(rows["place"][thin], error[thin], "Error")
    chart = page.lines(table, ["Error"], "Error of the next sample", None, "Sample")
    return chart, f"The next sample was off by {error.mean():.3g} on average."


QUESTIONS: dict[str, page.Train | page.Ask] = {
    "diagnosis": page.Train(
        label="Diagnosis",
        task=health.TASKS["diagnose"],
        data=page.Data(SAID["masses"], SAID["patients"], SAID["wanted"]["diagnosis"]),
        about=_about("target", "identifier"),
        controls={
            "split": page.Control(SAID["splits"], "Test it"),
            "threshold": page.Control({k / 20: f"{5 * k} %" for k in range(1, 20)}),
        },
        look=_look,
        tell=_diagnosis,
        record=_diagnosed,
    ),
    "survival": page.Train(
        label="Survival",
        task=health.TASKS["survival"],
        data=page.Data(SAID["followed"], SAID["patients"], SAID["wanted"]["survival"]),
        about=_about("time", "event"),
        controls={"horizon": page.Control(None, *SAID["horizon"])},
        look=_look,
        tell=_survival,
        record=_followed,
    ),
    "monitor": page.Train(
        label="Monitor",
        task=health.TASKS["monitor"],
        data=page.Data(SAID["pressure"], SAID["signal"], SAID["wanted"]["monitor"]),
        about=_about("rate", "column", "normal"),
        controls={
            "level": page.Control(
                {(100 - 100 / n,): f"One in {n:,} samples" for n in (10_000, 2_000, 1_000, 100)},
                "False alarms",
            )
        },
        look=_look_at,
        tell=_monitor,
        record=_watched,
    ),
}

page.show(
    page.Page(
        name="health",
        lead=SAID["lead"],
        questions=QUESTIONS,
        tasks=health.TASKS,
        names=SAID["names"],
    )
)
