"""Windows of a real series in a memory: what recall finds, and what it costs."""

from .demonstration import Demonstration as Demonstration
from .demonstration import demonstrate as demonstrate
