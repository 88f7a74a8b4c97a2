"""Circuits of PennyLane and Qiskit as layers: drop-ins for their own connectors to PyTorch."""

from .pennylane import PennyLaneLayer as PennyLaneLayer
from .pennylane import from_pennylane as from_pennylane
from .qiskit import QiskitLayer as QiskitLayer
from .qiskit import from_qiskit as from_qiskit
