"""Other people's circuits in and out: the only files that import a vendor's SDK."""

from .openqasm import from_openqasm as from_openqasm
from .openqasm import to_openqasm as to_openqasm
from .pennylane.layer import PennyLaneLayer as PennyLaneLayer
from .qiskit.layer import QiskitLayer as QiskitLayer
