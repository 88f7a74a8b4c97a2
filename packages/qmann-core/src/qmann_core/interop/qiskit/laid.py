"""A circuit as Qiskit's transpiler laid it out on a device, as ours."""

from dataclasses import replace
from typing import Any

from ...circuits import Circuit, Input
from ...circuits.circuit import with_symbols
from .convert import from_qiskit


def laid_out(circuit: Circuit, laid: Any) -> tuple[Circuit, tuple[int, ...]]:
    """``circuit`` in the gates of a device, and the qubit of the device that each wire is.

    Args:
        circuit: what `to_qiskit` was given; without weights.
        laid: what the transpiler made of that.

    Raises:
        CircuitError: a gate of the device that has no unitary definition.
    """
    ends = laid.layout.final_index_layout()
    read = "".join("Z" if qubit in ends else "I" for qubit in reversed(range(laid.num_qubits)))
    given = list(laid.parameters)
    found = from_qiskit(laid, given, observables=read)
    qubits = tuple(int(str(each)) for each in found.wires)
    places = {wire: qubits.index(end) for wire, end in enumerate(ends)}
    observables = tuple(
        replace(each, wires=tuple(places[wire] for wire in each.wires))
        for each in circuit.observables
    )
    operations = with_symbols(
        found.circuit.operations, lambda symbol: Input(given[symbol.index].index)
    )
    return Circuit(len(qubits), operations, observables), qubits
