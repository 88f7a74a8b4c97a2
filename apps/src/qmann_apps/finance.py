"""Finance: prices and risk of the next days."""

from typing import Any

import streamlit as st
from pandas import DataFrame

import qmann_finance as finance
from qmann_apps import _page as page

SAID = page.said(__file__)
DATA = page.Data(SAID["demos"], SAID["formats"], SAID["wanted"])
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
    chart = page.outlook(view, levels, _axis(view.name, view.application))
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
    values = [-row[f"VaR {share}"] for share in shares]
    marks = DataFrame({"value": values, "name": [f"Value at risk {share}" for share in shares]})
    past = page.points(view.past.index, view.past, "Daily change so far")
    chart = page.bars(past, marks, ("Value at risk", "Daily change so far"), "Change, %")
    st.altair_chart(chart, alt=f"{label}: daily changes so far, and values at risk")


def _look(prices: finance.Prices, application: Any) -> None:
    """What the data say without any training."""
    name = prices.names[0]
    close = prices.frames[name]["close"].tail(_SHOWN)
    today = page.date(close.index[-1])
    st.header(f"{_label(name)}: {page.number(close.iloc[-1])} on {today}", anchor=False)
    st.markdown("Press **Run** for the answer. Until then, what the data show without a model:")
    table = page.points(close.index, close, "So far")
    st.altair_chart(
        page.lines(table, ["So far"], _axis(name, application), None), alt=f"Closes up to {today}"
    )
    alike = page.attempt(
        lambda: finance.similar(prices.select([name]), k=5, horizon=application.horizon)
    )
    if alike is not None:
        page.evidence(
            alike.to_frame().drop(columns=["case", "weight %"]),
            SAID["names"],
            f"Past days whose last two weeks went most like those before {today}, and how the "
            "price changed afterwards.",
        )


def _label(name: str) -> str:
    return DATA.demos[name][0] if name in DATA.demos else page.plain(name)


def _axis(name: str, application: finance.FinanceConfig) -> str:
    """Of a price, with its unit where that is known."""
    unit = "$" if application.demo == "stocks" else SAID["units"].get(name, "as in the file")
    return f"Price, {unit}"


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
        names=SAID["names"],
    )
)
