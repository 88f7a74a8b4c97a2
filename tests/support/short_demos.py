"""Demo prices that are short enough for tests; as a program, the server of the pages with them."""

from dataclasses import replace

ROWS = 520


def shorten(put=setattr):
    """From now on, or until ``put`` is undone, demos of prices are their latest rows."""
    from qmann_finance.data import reading

    whole = reading.demo_prices

    def latest(*args, **options):
        prices = whole(*args, **options)
        return replace(prices, frames={k: f.tail(ROWS) for k, f in prices.frames.items()})

    put(reading, "demo_prices", latest)


if __name__ == "__main__":
    from qmann_apps.__main__ import run

    shorten()
    run()
