"""``qmann memory``: parse, one call, show."""

import argparse
from pathlib import Path
from typing import Any

from ..data.numbers import whole
from ..errors import ConfigError
from . import show
from .verbs import check_places


def add_commands(topics: Any) -> None:
    """Add the commands about the memory to those of a parser."""
    about = "a content-addressable quantum memory, simulated exactly"
    topic = topics.add_parser("memory", help=about, description=f"{about.capitalize()}.")
    verbs = topic.add_subparsers(title="commands", metavar="COMMAND", required=True)
    text = "store windows of real prices, recall them in three modes, and show the cost"
    verb = verbs.add_parser("demo", help=text, description=f"{text.capitalize()}.")
    verb.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="CSV or Parquet with dates and prices; those of an installed package when left out",
    )
    verb.add_argument("--column", metavar="NAME", help="of FILE: the prices")
    verb.add_argument("--window", metavar="N", default="8", help="days of a key; default: 8")
    verb.add_argument(
        "--query", metavar="DAY", help="last day of the query, as 2008-10-10, or its row from 1"
    )
    verb.add_argument("--seed", metavar="N", default="0", help="of what is measured; default: 0")
    verb.add_argument("--json", action="store_true", help="JSON, also on a terminal")
    verb.add_argument("--plot", type=Path, metavar="PNG", help="picture of the recall")
    verb.set_defaults(run=demo)


def demo(arguments: argparse.Namespace) -> None:
    """Recall windows like one of a series, and say what that costs."""
    check_places(arguments)
    window = whole("--window", arguments.window)
    seed = whole("--seed", arguments.seed, least=0)
    if arguments.file is None and arguments.column is not None:
        raise ConfigError("--column names the prices of FILE: give a FILE, or leave --column out")
    from ..data.series import installed_series, read_series
    from ..memory.demo import demonstrate

    if arguments.file is None:
        series = installed_series()
    else:
        series = read_series(arguments.file, arguments.column)
    result = demonstrate(series, window=window, query=arguments.query, seed=seed)
    if arguments.plot is not None:
        show.picture(arguments.plot, result.plot())
    show.tables(result.tables(), result.to_dict(), [result.notes()], arguments)
