"""How an answer did before: its track record, and which model did better."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st
from pandas import DataFrame, Series, concat

from .charts import Chart, against, lines, points, shares, tracks
from .results import figures, section
from .words import MODELS, called, inside, plain, renamed

_HIT = re.compile(r"hit ([\d.]+)")
_LOWER = re.compile(r"lo-([\d.]+)")
_EXPECTED, _CAME = "Expected", "What came"
_CHANGE, _BEYOND = "Change", "Beyond a value at risk"


def advice(report: Any, tables: Sequence[DataFrame], names: Mapping[str, str]) -> None:
    """Where another model does better, that is said first, with its numbers beside this one's.

    Args:
        report: a task's.
        tables: what the better model says, and what this one says, of what is shown.
        names: plain names of methods and columns.
    """
    if not report.advice:
        return
    methods = {name: called(name, names) for name in report.evaluation.scores} | MODELS
    where = {"model=best": "the choice Best, as validated, under More options"}
    inner = {
        name: f"the {inside(text)}" if name in MODELS else inside(text)
        for name, text in methods.items()
    }
    said = renamed(report.advice, inner | where)
    st.info(plain(said[:1].upper() + said[1:]), icon=":material/lightbulb:")
    parts = [
        table.assign(model=methods[name])
        for name, table in zip((report.best, report.model), tables, strict=True)
    ]
    both = concat(parts).dropna(axis=1, how="all")
    shown = both[["model", *both.select_dtypes("number").columns.drop("row", errors="ignore")]]
    shown = shown.rename(columns=lambda name: called(name, names))
    forms = dict.fromkeys(
        shown.select_dtypes("float").columns, st.column_config.NumberColumn(format="%.2f")
    )
    st.dataframe(shown, hide_index=True, column_config=forms, alt="Both answers")


def record(
    report: Any,
    names: Mapping[str, str],
    unit: str,
    series: str | None = None,
    draw: Callable[[Any, DataFrame], tuple[Chart, str]] | None = None,
) -> None:
    """What the model said of cases that it had not seen, and what came.

    Args:
        report: a task's.
        names: plain names of methods and columns.
        unit: of what is predicted, or "".
        series: which one, where the report is on series.
        draw: report and rows -> chart and sentence, where the domain has its own.
    """
    whole = report.backtest
    rows = whole[whole["model"] == report.model]
    if series is not None:
        rows = rows[rows["unique_id"] == series]
    if rows.empty:
        return
    section("Track record", "interval")
    n_cases = len(rows)
    hits = [found[1] for c in rows if (found := _HIT.fullmatch(str(c)))]
    if draw is not None:
        chart, said = draw(report, rows)
        n_cases //= rows["target"].nunique()
    elif hits:
        chart, said = _risk(rows, hits)
    elif "date" in rows:
        chart, said = _forecast(rows)
    else:
        chart, said = _measured(rows, unit)
    st.markdown(f"{said} These are {n_cases:,} cases that no model was trained on.")
    st.altair_chart(chart, alt="What was predicted, and what came")
    _coverage(report.coverage, names)


def calibrated(report: Any, groups: Any, names: Mapping[str, str]) -> Chart:
    """What was stated and what came, in groups from low to high, with the model's figures.

    Args:
        report: a task's, on an event.
        groups: mean probability and share with the event, of each group.
        names: plain names of figures.
    """
    stated, came = groups
    who = [f"Group {number + 1}" for number in range(len(came))]
    rows = DataFrame({"name": who, "kind": "", "stated": stated, "observed": came})
    shown = {k: v for k, v in report.metrics.items() if not k.startswith("coverage")}
    if report.figures is not None and "model" in report.figures:
        shown = report.figures.set_index("model").loc[report.model].to_dict()
    figures({called(name, names): (f"{value:.3f}", "") for name, value in shown.items()})
    return against(rows, "share with the event", [""], ("stated", "observed"))


def _risk(rows: DataFrame, levels: list[str]) -> tuple[Chart, str]:
    """Changes, the values at risk that were told before, and where they were passed."""
    told, passed, table = [], rows["outcome"] < 0, [points(rows["date"], -rows["outcome"], _CHANGE)]
    for level in levels:
        hit, text = rows[f"hit {level}"].astype(bool), f"value at risk {level} %"
        told.append(f"the {text} on {_percent(hit)} of days ({100 - float(level):g} % expected)")
        table.append(points(rows["date"], -rows[f"VaR {level} %"], f"V{text[1:]}"))
        passed = hit if level == levels[0] else passed | hit
    beyond = rows[passed]
    table.append(points(beyond["date"], -beyond["outcome"], _BEYOND))
    kinds = [(f"Value at risk {level} %") for level in levels]
    return tracks(concat(table), kinds, _CHANGE, _BEYOND), f"Losses passed {' and '.join(told)}."


def _forecast(rows: DataFrame) -> tuple[Chart, str]:
    """What was expected of the furthest day with its intervals, and what came."""
    last = rows[rows["target"] == rows["target"].iloc[-1]].sort_values("date")
    dates, bands, told = last["date"], [], []
    for level in _levels(rows):
        low, high = rows[f"lo-{level}"], rows[f"hi-{level}"]
        held = rows["outcome"].between(low, high)
        told.append(f"the {level} % intervals held {_percent(held)}")
        band = points(dates, last[f"lo-{level}"], _EXPECTED, f"{level} % interval")
        bands.append(band.assign(high=last[f"hi-{level}"].to_numpy()))
    table = concat(
        [points(dates, last["outcome"], _CAME), points(dates, last["prediction"], _EXPECTED)]
    )
    title = f"Change after {last['target'].iloc[0].strip('+')} days, %"
    chart = lines(table, (_EXPECTED, _CAME), title, concat(bands))
    return chart, f"Of what came, {' and '.join(reversed(told))}."


def _measured(rows: DataFrame, unit: str) -> tuple[Chart, str]:
    """What was predicted over what was measured."""
    if not (levels := _levels(rows)):
        right = rows["prediction"].round() == rows["outcome"]
        return shares(rows), f"The likelier class was right for {_percent(right)}."
    level = levels[-1]
    held = rows["outcome"].between(rows[f"lo-{level}"], rows[f"hi-{level}"])
    kinds = [f"{word} its {level} % interval" for word in ("Inside", "Outside")]
    shown = DataFrame(
        {
            "name": rows.get("label", rows.get("unique_id")),
            "kind": held.map(dict(zip((True, False), kinds, strict=True))),
            "measured": rows["outcome"],
            "predicted": rows["prediction"],
        }
    )
    return against(shown, unit, kinds), f"The {level} % intervals held {_percent(held)}."


def _percent(true: Series) -> str:
    return f"{100 * true.mean():.1f} %"


def _coverage(table: DataFrame, names: Mapping[str, str]) -> None:
    """How often regions held what came, by year where there are dates."""
    if table.empty:
        return
    dated = "all" not in table.index
    when = ", by year" if dated else ""
    risk = ", or values at risk were passed" if any("VaR" in str(name) for name in table) else ""
    st.caption(f"How often the intervals held what came{risk}{when}:")
    shown = table.reset_index(drop=not dated).rename(columns=lambda name: called(name, names))
    forms = dict.fromkeys(
        shown.select_dtypes("float").columns, st.column_config.NumberColumn(format="%.1f %%")
    )
    st.dataframe(shown, hide_index=True, column_config=forms, alt="Coverage by year")


def _levels(rows: DataFrame) -> list[str]:
    """Of the intervals, the widest first."""
    found = [match[1] for c in rows if (match := _LOWER.fullmatch(str(c)))]
    return sorted(found, key=float, reverse=True)
