"""Other people's circuits in and out: the only files that import a vendor's SDK."""

from .openqasm import from_openqasm as from_openqasm
from .openqasm import to_openqasm as to_openqasm
from .pennylane.layer import PennyLaneLayer as PennyLaneLayer
from .pennylane.layer import from_pennylane as from_pennylane
from .qiskit.layer import QiskitLayer as QiskitLayer
from .qiskit.layer import from_qiskit as from_qiskit
