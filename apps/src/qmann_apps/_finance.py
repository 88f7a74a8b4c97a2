"""Results of the finance page: prices, risks, and past days alike."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st
from pandas import DataFrame, DatetimeIndex, Series, concat

import qmann_finance as finance
from qmann_apps import _page as page

NAMES = {"sp500": "S&P 500", "nasdaq": "NASDAQ Composite", "wti": "Crude oil (WTI)"}
METRICS = {
    "pinball": "Average error of the intervals, % of the price",
    "QLIKE": "Average error of the variance (QLIKE)",
    "MASE": "Error of the expected price (MASE)",
}
METHODS = {
    "random walk": "Random walk",
    "drift": "Random walk with drift",
    "rw + GJR-GARCH-t": "Random walk, GJR-GARCH-t",
    "HAR": "HAR (range, leverage)",
}
EVIDENCE = {
    "case": "Series",
    "date": "Day",
    "return %": "Return after",
    "sigma %": "Volatility after",
}
LINES = ("Expected", "After past cases", "So far")
BARS = ("Value at risk", "After past cases", "Daily change so far")
_SHOWN = 1250
_FEWEST = 20


def first_look(prices: finance.Prices, horizon: int) -> None:
    """What the data say without any training."""
    name = prices.names[0]
    close = prices.frames[name]["close"].tail(_SHOWN)
    today = _day(close.index[-1])
    st.subheader(f"{_label(name)}: {page.number(close.iloc[-1])} on {today}", anchor=False)
    st.markdown("Press **Run** for the answer. Until then, what the data show without a model:")
    table = _line(close.index, close, LINES[2])
    st.altair_chart(page.lines(table, LINES[2:], "Close"), alt=f"Closes up to {today}")
    alike = page.attempt(lambda: finance.similar(prices, k=5, horizon=horizon))
    if alike is not None:
        cases = alike.to_frame()
        page.evidence(
            cases[cases["unique_id"] == name].drop(columns="weight %"),
            _evidence(prices.names),
            f"Past days whose last two weeks went most like those before {today}, and how the "
            "price changed afterwards.",
        )


def show(outcome: page.Outcome) -> None:
    """A report, one series at a time."""
    report, choices = outcome.report, outcome.choices
    names = list(dict.fromkeys(report.table["unique_id"]))
    name = names[0] if len(names) == 1 else st.selectbox("Show", names, key="shown")
    rows, past = report.table[report.table["unique_id"] == name], report.history[name].dropna()
    cases = None
    if report.evidence is not None:
        cases = report.evidence[report.evidence["unique_id"] == name]
    draw = _price if choices["task"] == "forecast" else _risk
    draw(_label(name), rows, past, cases, choices)
    for warning in report.warnings:
        st.caption(f"Note: {page.plain(warning)}")
    if cases is not None:
        page.evidence(
            cases, _evidence(names), "What the model takes for similar, and what followed."
        )
    page.comparison(report.evaluation, report.model, METRICS, METHODS)
    page.circuit(report.circuit)
    page.downloads(report, f"qmann-{choices['task']}")


def _price(
    label: str, rows: DataFrame, past: Series, cases: DataFrame | None, choices: Mapping[str, Any]
) -> None:
    """Headline, figures and fan of a price."""
    now, end = float(past.iloc[-1]), rows.iloc[-1]
    levels = [f"{level:g}" for level in choices["level"]]
    ends = {
        level: [page.number(end[f"{side}-{level}"]) for side in ("lo", "hi")] for level in levels
    }
    mean, likely = page.number(end["mean"]), ends[levels[0]]
    st.subheader(f"{label}: about {mean} on {_day(end['date'])}", anchor=False)
    st.markdown(
        f"With {levels[0]} % probability between **{likely[0]}** and **{likely[1]}**. The last "
        f"close was {page.number(now)} on {_day(past.index[-1])}."
    )
    with st.grid(1 + len(levels), min_column_width=150):
        st.metric("Expected change", f"{100 * (end['mean'] / now - 1):+.2f} %", border=True)
        for level, (low, high) in ends.items():
            st.metric(f"{level} % interval", f"{low} to {high}", border=True)
    dates = DatetimeIndex([past.index[-1], *rows["date"]])
    recent = past.tail(max(_FEWEST, 4 * len(rows)))
    parts = [_line(recent.index, recent, LINES[2]), _line(dates, [now, *rows["mean"]], LINES[0])]
    bands = _bands(dates, now, rows, levels)
    table = concat([*parts, *_paths(dates, now, cases)])
    chart = page.fan(table, bands, LINES, "Price")
    st.altair_chart(chart, alt=f"{label}: the price so far, and where it may go")
    st.caption("Shaded: the intervals. The thin lines ahead: what followed similar past days.")


def _risk(
    label: str, rows: DataFrame, past: Series, cases: DataFrame | None, choices: Mapping[str, Any]
) -> None:
    """Headline, figures and bars of a risk."""
    row, days = rows.iloc[0], choices["horizon"]
    until = _day(row["to"])
    when = f"On the next day, {until}" if days == 1 else f"Over {days} days, until {until}"
    levels = [f"{level:g}" for level in choices["level"]]
    loss = row[f"VaR {levels[0]} %"]
    st.subheader(f"{label}: a loss of at most {loss:.1f} % in {levels[0]} % of cases", anchor=False)
    st.markdown(f"{when}. The small figures are the mean loss in cases beyond the value at risk.")
    with st.grid(1 + len(levels), min_column_width=150):
        yearly = f"{row['sigma p.a. %']:.0f} % in a year"
        _card("Volatility", f"{row['sigma %']:.2f} %", yearly)
        for level in levels:
            worse = f"{row[f'ES {level} %']:.1f} % beyond it"
            _card(f"Value at risk {level} %", f"{row[f'VaR {level} %']:.1f} %", worse)
    table = [_line(past.index, past, BARS[2])]
    if cases is not None:
        table.append(_line([row["to"]] * len(cases), cases["return %"], BARS[1]))
    marks = DataFrame(
        {
            "value": [-row[f"VaR {level} %"] for level in levels],
            "name": [f"Value at risk {level} %" for level in levels],
        }
    )
    chart = page.bars(concat(table), marks, BARS, "Change, %")
    st.altair_chart(chart, alt=f"{label}: daily changes so far, and values at risk")


def _bands(dates: DatetimeIndex, now: float, rows: DataFrame, levels: Sequence[str]) -> DataFrame:
    """The ends of each interval, from the last price on."""
    ends = [
        {
            "date": page.days(dates),
            "low": [now, *rows[f"lo-{level}"]],
            "high": [now, *rows[f"hi-{level}"]],
            "level": f"{level} %",
        }
        for level in levels
    ]
    return concat([DataFrame(columns) for columns in ends])


def _card(label: str, value: str, remark: str) -> None:
    st.metric(label, value, remark, delta_color="off", delta_arrow="off", border=True)


def _paths(dates: DatetimeIndex, now: float, cases: DataFrame | None) -> list[DataFrame]:
    """What followed each case, from the last price on."""
    if cases is None:
        return []
    steps = {int(found[1]): str(c) for c in cases if (found := re.match(r"\+(\d+) d", str(c)))}
    places = dates[[0, *steps]]
    changes = cases[list(steps.values())].to_numpy()
    return [
        _line(places, [now, *(now * (1 + row / 100))], LINES[1], case=number + 1)
        for number, row in enumerate(changes)
    ]


def _evidence(names: Sequence[str]) -> dict[str, str]:
    """Columns of the evidence; the series says something only where there are several."""
    return {key: text for key, text in EVIDENCE.items() if key != "case" or len(names) > 1}


def _line(dates: Iterable[Any], values: Iterable[float], kind: str, *, case: int = 0) -> DataFrame:
    return DataFrame({"date": page.days(dates), "value": list(values), "kind": kind, "case": case})


def _label(name: str) -> str:
    return NAMES.get(name) or page.plain(name)


def _day(date: Any) -> str:
    return f"{date.day} {date:%B %Y}"
