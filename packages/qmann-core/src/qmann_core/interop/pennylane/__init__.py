"""PennyLane's QNodes as circuits: traced once, recovered exactly, checked at further points."""

from .convert import import_qnode as import_qnode
