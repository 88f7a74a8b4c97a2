"""PennyLane's QNodes as circuits: traced once, recovered exactly, checked at further points."""

from .convert import from_pennylane as from_pennylane
from .write import to_pennylane as to_pennylane
