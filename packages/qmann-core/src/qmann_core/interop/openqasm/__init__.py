"""OpenQASM 3 in and out."""

from .reader import from_openqasm as from_openqasm
from .writer import to_openqasm as to_openqasm
