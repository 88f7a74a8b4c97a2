"""Demo data: real prices read from installed packages, without importing those packages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qmann_core.config import nearest
from qmann_core.data import installed_file, list_names, read_table
from qmann_core.errors import DataError

from .loading import load_prices
from .prices import Prices


@dataclass(frozen=True)
class Demo:
    """Where prices lie inside an installed package."""

    about: str
    """What the data are."""
    package: str
    """Distribution that ships the data; named as it is imported."""
    path: str
    """File inside the package."""
    column: str = ""
    """Column of closing prices where it is not named as such."""
    holidays: bool = False
    """Whether the file has rows without a price, for days without trade."""
    notes: tuple[str, ...] = ()
    """What a reader must know about the data."""


DEMOS: Mapping[str, Demo] = {
    "sp500": Demo(
        "S&P 500 index, daily open, high, low, close, 1999-2018",
        package="arch",
        path="data/sp500/sp500.csv.gz",
    ),
    "nasdaq": Demo(
        "NASDAQ Composite index, daily open, high, low, close, 1999-2018",
        package="arch",
        path="data/nasdaq/nasdaq.csv.gz",
    ),
    "wti": Demo(
        "West Texas Intermediate crude oil, daily spot price in dollars (FRED), 1986-2019",
        package="arch",
        path="data/wti/wti.csv.gz",
        column="DCOILWTICO",
        holidays=True,
    ),
    "stocks": Demo(
        "20 large stocks of the S&P 500, daily adjusted closes, 1990-2022",
        package="skfolio",
        path="datasets/data/sp500_dataset.csv.gz",
        notes=(
            "survivorship bias: stocks that were chosen because they lasted flatter every return",
        ),
    ),
}


def demo_prices(name: str = "sp500", *, tickers: Sequence[str] | None = None) -> Prices:
    """Read one of ``DEMOS`` from the package that ships it.

    Raises:
        DataError: The name is unknown, or the package or its file is not there.
    """
    if name not in DEMOS:
        raise DataError(
            f"no demo data {name!r}. Expected one of {list_names(list(DEMOS))}, or prices of your "
            f"own{nearest(name, DEMOS)}"
        )
    demo = DEMOS[name]
    about = f"the demo data: {demo.about}"
    table = read_table(installed_file(demo.package, demo.path, about=about))
    if demo.holidays:
        table = table[table[demo.column].notna()]
    table = table.rename(columns={demo.column: "close"})
    prices = load_prices(table, tickers=tickers, called=name)
    return replace(prices, notes=(*demo.notes, *prices.notes))
