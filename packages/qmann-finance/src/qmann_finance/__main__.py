"""The command line ``qmann-finance``."""

import sys

from qmann_core.cli import Command, Lookup, Option
from qmann_core.cli import main as run

_SOURCE = (
    Option("--tickers", "application.tickers", "series to use; all when left out", many=True),
    Option("--demo", "application.demo", "without FILE: sp500, nasdaq, wti or stocks"),
)
_HORIZON = Option("--horizon", "application.horizon", "business days ahead")

COMMANDS = (
    Command(
        "forecast",
        "mean and intervals of prices for the next business days",
        "qmann_finance.tasks:FORECAST",
        (
            _HORIZON,
            Option("--level", "application.level", "intervals in percent, as 80,95", many=True),
            *_SOURCE,
        ),
    ),
    Command(
        "volatility",
        "volatility, value at risk and expected shortfall",
        "qmann_finance.tasks:VOLATILITY",
        (
            _HORIZON,
            Option(
                "--level", "application.level", "values at risk in percent, as 95,99", many=True
            ),
            *_SOURCE,
        ),
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
            Option("--cases", "k", "days to show for each series; default: 5"),
            Option("--window", "application.window", "days that are compared; default: 10"),
            _HORIZON,
            *_SOURCE,
        ),
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
            *_SOURCE,
        ),
        plot=True,
    ),
)


def main() -> None:
    """Entry point."""
    summary = "Forecasts and volatility of prices with hybrid quantum-classical networks, simulated"
    sys.exit(run("qmann-finance", summary, COMMANDS, sys.argv[1:], LOOKUPS))


if __name__ == "__main__":
    main()
