"""Other people's circuits in and out: the only files that convert them."""

from .cirq import from_cirq as from_cirq
from .cirq import to_cirq as to_cirq
from .imported import ImportedCircuit as ImportedCircuit
from .openqasm import from_openqasm as from_openqasm
from .openqasm import to_openqasm as to_openqasm
from .pennylane import from_pennylane as from_pennylane
from .pennylane import to_pennylane as to_pennylane
from .pennylane.layer import PennyLaneLayer as PennyLaneLayer
from .qiskit import from_qiskit as from_qiskit
from .qiskit import to_qiskit as to_qiskit
from .qiskit.layer import QiskitLayer as QiskitLayer
