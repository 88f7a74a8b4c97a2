"""Tables of units over time: read from every layout, checked, and handed on by unit."""

from .panel import Panel as Panel
from .panel import read_panel as read_panel
from .schema import PanelSchema as PanelSchema
