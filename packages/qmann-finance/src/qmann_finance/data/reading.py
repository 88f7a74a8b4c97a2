"""From what a run is given to prices."""

from typing import Any

from ..config import FinanceConfig
from .demos import demo_prices
from .loading import load_prices
from .prices import Prices


def read_prices(source: Any, application: FinanceConfig) -> Prices:
    """What a source holds, as a configuration says; its demo where there is none."""
    if source is None:
        return demo_prices(application.demo, tickers=application.tickers)
    if isinstance(source, Prices):
        return source if application.tickers is None else source.select(application.tickers)
    return load_prices(
        source,
        tickers=application.tickers,
        max_gap_days=application.max_gap_days,
        newest_first=True,
        strict=application.strict,
    )
