"""Circuits as text and as pictures."""

from .picture import picture as picture
from .text import draw as draw
