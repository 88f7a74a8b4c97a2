"""Windows of real prices in a memory: what recall finds, and what it costs."""

from .demonstration import Demonstration as Demonstration
from .demonstration import recall_windows as recall_windows
