"""Circuits of Qiskit: converted both ways, and as layers."""

from .convert import from_qiskit as from_qiskit
from .write import to_qiskit as to_qiskit
