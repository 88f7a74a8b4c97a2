"""Finance: prices and risk of the next days."""

from dataclasses import replace
from typing import Any

import streamlit as st

import qmann_finance as finance
from qmann_apps import _finance as results
from qmann_apps import _page as page

TASKS = {"forecast": "Price", "volatility": "Risk"}
DEMOS = {
    "sp500": ("S&P 500", "The index, day by day from 1999 to 2018."),
    "nasdaq": ("NASDAQ Composite", "The index, day by day from 1999 to 2018."),
    "wti": ("Crude oil (WTI)", "Spot price in dollars, day by day from 1986 to 2019."),
    "stocks": ("US stocks", "Twenty large companies, day by day from 1990 to 2022."),
}
FORMATS = (
    "Choose a file with one row for each day: a column of dates, and either a column of closing "
    "prices for each ticker, or open, high, low and close of one. At least 500 days."
)


def main() -> None:
    """The page."""
    controls, place = page.heading(
        "Finance", "Where may a price be in a few days, and how much may be lost on the way?"
    )
    with controls:
        task = page.choose_task(TASKS)
        source = page.choose_source(DEMOS, "Daily prices as CSV, CSV.gz or Parquet")
        if source.missing:
            place.info(FORMATS)
            return
        prices = page.attempt(lambda: _prices(source))
        if prices is None:
            return
        names = _series(source, prices)
        horizon, level = _question(task)
        preset, model, seed = page.choose_effort()
        options = {"level": level, "preset": preset, "model": model, "seed": seed}
        chosen = {"task": task, "source": source.key, "series": names, "horizon": horizon}
        run = page.Run("finance", {**chosen, **options}, shared=not source.own)
    prices = prices.select(names)
    with place:
        if not run.show(results.show):
            results.first_look(prices, horizon)
    ask: Any = finance.forecast if task == "forecast" else finance.volatility
    run.go(lambda listener: ask(prices, horizon, progress=listener, **options))


def _prices(source: page.Source) -> finance.Prices:
    """What was chosen, read once."""

    def load() -> finance.Prices:
        if source.upload is None:
            return finance.demo_prices(source.demo)
        prices = page.read(source.upload, finance.load_prices)
        return replace(prices, source=source.upload.name)

    return page.remember("finance-prices", source.key, load)


def _series(source: page.Source, prices: finance.Prices) -> list[str]:
    """Which series to use; there is nothing to choose where there is one."""
    if len(prices.names) == 1:
        return list(prices.names)
    chosen = st.multiselect(
        "Series",
        prices.names,
        default=prices.names[:3],
        max_selections=8,
        key=f"series-{source.key}",
        bind=None if source.own else "query-params",
        help="One model learns from all of them.",
    )
    return chosen or list(prices.names[:1])


def _question(task: str) -> tuple[int, tuple[float, ...]]:
    """How far ahead, and how sure."""
    price = task == "forecast"
    days = st.slider(
        "Business days ahead",
        1,
        60,
        5 if price else 1,
        key="days" if price else "period",
        bind="query-params",
    )
    usual = [80.0, 95.0] if price else [95.0, 99.0]
    level = st.pills(
        "Intervals that hold the price in ... % of cases"
        if price
        else "Loss not exceeded in ... % of cases (value at risk)",
        [50.0, 80.0, 90.0, 95.0, 99.0] if price else [90.0, 95.0, 97.5, 99.0],
        selection_mode="multi",
        default=usual,
        format_func="{:g}".format,
        key="level" if price else "risk",
        bind="query-params",
    )
    return days, tuple(sorted(level or usual))


main()
