"""Series that qmann-core's own commands find, by the entry points ``qmann.series``."""

from pandas import Series

from .demos import demo_prices


def sp500() -> Series:
    """Daily closes of the S&P 500, 1999-2018, by day."""
    return demo_prices("sp500").frames["sp500"]["close"].rename("S&P 500, daily close")
