"""The commands of ``qmann-finance``, as data."""

from collections.abc import Sequence

from qmann_core.cli import Command, Lookup, Option, main

from .presets import FORECAST_PRESETS, VOLATILITY_PRESETS

_FIELDS = ("horizon", "level", "tickers", "strict", "demo")

COMMANDS = (
    Command(
        "forecast",
        "mean and intervals of prices for the next business days",
        "qmann_finance.tasks:FORECAST",
        _FIELDS,
        FORECAST_PRESETS,
        "qmann_finance.data:read_prices",
    ),
    Command(
        "volatility",
        "volatility, value at risk and expected shortfall",
        "qmann_finance.tasks:VOLATILITY",
        _FIELDS,
        VOLATILITY_PRESETS,
        "qmann_finance.data:read_prices",
    ),
)


LOOKUPS = (
    Lookup(
        "similar",
        "the past days most like a given one, and what followed them",
        "forecast",
        "qmann_finance.similarity:similar_days",
        (
            Option("--date", "date", "the day, as 2008-10-10; the newest when left out"),
            Option("--top --cases", "k", "days to show for each series; default: 5"),
            *("window", "horizon", "tickers", "strict", "demo"),
        ),
    ),
    Lookup(
        "portfolio",
        "value at risk of several tickers held together, and what each adds to it",
        "volatility",
        "qmann_finance.portfolios:portfolio_risk",
        (
            Option("--weights", "weights", "of each ticker, as AAPL=.6,MSFT=.4"),
            *("horizon", "level", "strict", "demo"),
        ),
        plot=True,
        trains=True,
    ),
    Lookup(
        "memory",
        "store windows of a series in a quantum memory, recall them in three modes, show the cost",
        "forecast",
        "qmann_finance.memory_demo:recall_windows",
        (
            Option("--window", "window", "days of a key; default: 8"),
            Option("--query", "query", "last day of the query, as 2008-10-10, or its row from 1"),
            Option("--seed", "seed", "of what is measured; default: 0"),
            *("tickers", "strict", "demo"),
        ),
        plot=True,
    ),
)


def run(argv: Sequence[str]) -> int:
    """Run the command line and return the exit status."""
    summary = "Forecasts and volatility of prices with hybrid quantum-classical networks, simulated"
    return main("qmann-finance", summary, COMMANDS, argv, LOOKUPS)
