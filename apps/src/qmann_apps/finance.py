"""Finance: prices and risk of the next days."""

from typing import Any

import streamlit as st
from pandas import DataFrame, concat

import qmann_finance as finance
from qmann_apps import _page as page

DATA = page.Data(
    {
        "sp500": ("S&P 500", "The index, day by day from 1999 to 2018."),
        "nasdaq": ("NASDAQ Composite", "The index, day by day from 1999 to 2018."),
        "wti": ("Crude oil (WTI)", "Spot price in dollars, day by day from 1986 to 2019."),
        "stocks": ("US stocks", "Twenty large companies, day by day from 1990 to 2022."),
    },
    "Daily prices as CSV, CSV.gz, Excel or Parquet",
    "Choose a file with one row for each day: a column of dates, and either a column of closing "
    "prices for each ticker, or open, high, low and close of one. At least 500 days.",
)
NAMES = {
    "pinball": "Average error of the intervals, % of the price",
    "QLIKE": "Average error of the variance (QLIKE)",
    "MASE": "Error of the expected price (MASE)",
    "drift": "Random walk with drift",
    "rw + GJR-GARCH-t": "Random walk, GJR-GARCH-t",
    "HAR": "HAR (range, leverage)",
    "case": "Series",
    "return %": "Return after",
    "sigma then %": "Volatility then",
    "sigma after %": "Volatility after",
}
BARS = ("Value at risk", "After past cases", "Daily change so far")
_SHOWN = 1250


def _price(view: page.View) -> None:
    """Headline, figures and fan of a price."""
    label, now, end = _label(view.name), view.past.iloc[-1], view.rows.iloc[-1]
    levels = [f"{level:g}" for level in sorted(view.application.level)]
    ends = {k: [page.number(end[f"{side}-{k}"]) for side in ("lo", "hi")] for k in levels}
    low, high = ends[levels[0]]
    day, last = page.date(end["date"]), page.date(view.past.index[-1])
    st.header(f"{label}: about {page.number(end['mean'])} on {day}", anchor=False)
    st.markdown(
        f"With {levels[0]} % probability between **{low}** and **{high}**. The last close was "
        f"{page.number(now)} on {last}."
    )
    change = {"Expected change": (f"{100 * (end['mean'] / now - 1):+.2f} %", "")}
    page.figures(change | {f"{k} % interval": (" to ".join(ends[k]), "") for k in levels})
    chart = page.outlook(view, levels, "Price")
    st.altair_chart(chart, alt=f"{label}: the price so far, and where it may go")
    st.caption("Shaded: the intervals. The thin lines ahead: what followed similar past days.")


def _risk(view: page.View) -> None:
    """Headline, figures and bars of a risk."""
    label, row, days = _label(view.name), view.rows.iloc[0], view.application.horizon
    until = page.date(row["to"])
    when = f"On the next day, {until}" if days == 1 else f"Over {days} days, until {until}"
    shares = [f"{level:g} %" for level in sorted(view.application.level)]
    loss = f"a loss of at most {row[f'VaR {shares[0]}']:.1f} % in {shares[0]} of cases"
    st.header(f"{label}: {loss}", anchor=False)
    st.markdown(f"{when}. The small figures are the mean loss in cases beyond the value at risk.")
    yearly = f"{row['sigma p.a. %']:.0f} % in a year"
    cards = {"Volatility": (f"{row['sigma %']:.2f} %", yearly)}
    for share in shares:
        beyond = f"{row[f'ES {share}']:.1f} % beyond it"
        cards[f"Value at risk {share}"] = (f"{row[f'VaR {share}']:.1f} %", beyond)
    page.figures(cards)
    table = [page.points(view.past.index, view.past, BARS[2])]
    if view.cases is not None:
        followed = view.cases["return %"]
        table.append(page.points([row["to"]] * len(followed), followed, BARS[1]))
    values = [-row[f"VaR {share}"] for share in shares]
    marks = DataFrame({"value": values, "name": [f"Value at risk {share}" for share in shares]})
    chart = page.bars(concat(table), marks, BARS, "Change, %")
    st.altair_chart(chart, alt=f"{label}: daily changes so far, and values at risk")


def _look(prices: finance.Prices, application: Any) -> None:
    """What the data say without any training."""
    name = prices.names[0]
    close = prices.frames[name]["close"].tail(_SHOWN)
    today = page.date(close.index[-1])
    st.header(f"{_label(name)}: {page.number(close.iloc[-1])} on {today}", anchor=False)
    st.markdown("Press **Run** for the answer. Until then, what the data show without a model:")
    table = page.points(close.index, close, "So far")
    st.altair_chart(page.lines(table, ["So far"], "Close", None), alt=f"Closes up to {today}")
    alike = page.attempt(
        lambda: finance.similar(prices.select([name]), k=5, horizon=application.horizon)
    )
    if alike is not None:
        page.evidence(
            alike.to_frame().drop(columns=["case", "weight %"]),
            NAMES,
            f"Past days whose last two weeks went most like those before {today}, and how the "
            "price changed afterwards.",
        )


def _label(name: str) -> str:
    return DATA.demos[name][0] if name in DATA.demos else page.plain(name)


def _question(label: str, task: str, level: page.Control, draw: Any) -> page.Train:
    return page.Train(
        label=label,
        task=finance.TASKS[task],
        data=DATA,
        controls={"tickers": SERIES, "horizon": page.Control(), "level": level},
        look=_look,
        draw=draw,
    )


SERIES = page.Control(lambda prices: prices.names, "Series", "One model learns from all of them.")
PRICE = page.Control((50, 80, 90, 95, 99), "Intervals that hold the price in ... % of cases")
RISK = page.Control((90, 95, 97.5, 99), "Loss not exceeded in ... % of cases (value at risk)")
page.show(
    page.Page(
        name="finance",
        lead="Where may a price be in a few days, and how much may be lost on the way?",
        questions={
            "forecast": _question("Price", "forecast", PRICE, _price),
            "volatility": _question("Risk", "volatility", RISK, _risk),
        },
        tasks=finance.TASKS,
        names=NAMES,
    )
)
