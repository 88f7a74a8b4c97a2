import pytest


@pytest.fixture(scope="session")
def sp500():
    from qmann_finance import demo_prices

    return demo_prices("sp500")
