"""Reports on series: one of them at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from pandas import DataFrame, Series, concat, to_numeric

from .charts import Chart, lines, points, watched
from .results import AFTER

_KINDS = ("Expected", "After past cases", "So far")
_FEWEST = 20
_DRAWN = 2000  # points of a line


@dataclass(frozen=True)
class View:
    """What a report says of one series."""

    name: str
    rows: DataFrame
    """Its part of the prediction."""
    past: Series
    """Its latest known values, by day."""
    cases: DataFrame | None
    """Its part of the evidence."""
    application: Any
    """The domain's part of the configuration."""


def choose_series(report: Any, key: str) -> View:
    """The part of a report on one series; there is nothing to choose where there is one."""
    names = list(dict.fromkeys(report.table["unique_id"]))
    lasting: Any = {"key": key, "persist_state": "session"}
    return view_of(report, names[0] if len(names) == 1 else st.selectbox("Show", names, **lasting))


def view_of(report: Any, name: str) -> View:
    """The part of a report on one series."""
    cases = report.evidence
    if cases is not None:
        alone = report.table["unique_id"].nunique() == 1
        cases = cases[cases["unique_id"] == name]
        cases = cases.drop(columns="case") if alone else cases
    return View(
        name,
        report.table[report.table["unique_id"] == name],
        report.history[name].dropna(),
        cases,
        report.fitted.config.application,
    )


def survival(curve: DataFrame, every: Any) -> Chart:
    """The share of patients like one that is left over time, with its interval, and that of all.

    Args:
        curve: time, survival and, as its last columns, both ends of the interval.
        every: times, and the share from each on, of all (Kaplan-Meier), drawn in steps.
    """
    (low, high), kinds = curve.columns[-2:], ("This patient", "All (Kaplan-Meier)")
    times = [0.0, *every.time.repeat(2)]
    shares = np.append(1.0, every.share).repeat(2)[:-1]
    table = [points(times, shares, kinds[1]), points(curve["time"], curve["survival"], kinds[0])]
    band = points(curve["time"], curve[low], kinds[0], f"{low[3:]} % interval")
    ends = band.assign(high=curve[high].to_numpy())
    return lines(concat(table), kinds, "Share without the event", ends, "Time")


def remaining(report: Any, unit: str) -> Chart:
    """Remaining life of a machine by age, with intervals, up to a cap, at which open ones end.

    Args:
        report: with ``curves`` (unit, age, remaining, lo-90, hi-90 and so on) and a ``cap``.
        unit: which one.
    """
    curve, kinds = report.curves[report.curves["unit"] == unit], ("Remaining life", "Cap: or more")
    curve = curve.iloc[:: len(curve) // _DRAWN + 1]
    line = partial(points, curve["age"])
    table = [line([report.cap] * len(curve), kinds[1]), line(curve["remaining"], kinds[0])]
    bands = [
        line(curve[f"lo-{level}"], kinds[0], f"{level} % interval").assign(
            high=curve[f"hi-{level}"].fillna(report.cap).to_numpy()
        )
        for level in (name[3:] for name in curve if name.startswith("lo-"))
    ]
    return lines(concat(table), kinds, kinds[0], concat(bands), "Age")


def heights(trace: DataFrame) -> Chart:
    """How far rows of a run are from normal operation, over the limit, with bands of alarms.

    Args:
        trace: when (numbers, or the rows are drawn), row, height and alarm; of many, the highest
            of some in a row.
    """
    title, when = "Distance over the limit", to_numeric(trace["when"], errors="coerce")
    place, across = (trace["row"], "Row") if when.isna().any() else (when, "Time")
    table = points(place, trace["height"], title).assign(alarm=trace["alarm"].to_numpy())
    thin = table.groupby(table.index // (len(table) // _DRAWN + 1))
    table = thin.agg({"date": "first", "value": "max", "kind": "first", "alarm": "any"})
    return watched(table, title, across, (title, "Alarm"))


def outlook(view: View, levels: Sequence[str], title: str) -> Chart:
    """The latest values, the expected ones with their intervals, and what followed similar cases.

    Args:
        view: rows with date, mean, and lo-80, hi-80 for the level 80.
        levels: of the intervals, as the columns write them.
        title: of the values.
    """
    rows, now, today = view.rows, float(view.past.iloc[-1]), view.past.index[-1]
    recent, dates = view.past.tail(max(_FEWEST, 4 * len(rows))), [today, *rows["date"]]
    table = [points(recent.index, recent, _KINDS[2])]
    if view.cases is not None:
        steps = {int(day[1]): c for c in view.cases if (day := AFTER.match(str(c)))}
        days = [dates[step] for step in (0, *steps)]
        for number, changes in enumerate(view.cases[list(steps.values())].to_numpy()):
            values = [now, *(now * (1 + changes / 100))]
            table.append(points(days, values, _KINDS[1], f"case {number}"))
    table.append(points(dates, [now, *rows["mean"]], _KINDS[0]))
    bands = []
    for level in sorted(levels, key=float, reverse=True):
        low, high = ([now, *rows[f"{end}-{level}"]] for end in ("lo", "hi"))
        bands.append(points(dates, low, _KINDS[0], f"{level} % interval").assign(high=high))
    return lines(concat(table), _KINDS, title, concat(bands))
