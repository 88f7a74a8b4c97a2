import pytest

from qmann_finance import Prices, demo_prices


@pytest.fixture(scope="session")
def sp500() -> Prices:
    return demo_prices("sp500")
