"""Prices: read, checked, and handed on as one daily frame for each series."""

from .demos import DEMOS as DEMOS
from .demos import Demo as Demo
from .demos import demo_prices as demo_prices
from .loading import load_prices as load_prices
from .prices import Prices as Prices
from .prices import row_of_date as row_of_date
from .reading import read_prices as read_prices
