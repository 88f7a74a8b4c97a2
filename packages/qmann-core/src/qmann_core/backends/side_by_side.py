"""Copies of a narrow circuit on wires of their own, which a wide device runs at once."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from ..circuits import Circuit, Input, Operation, Symbol
from ..circuits.circuit import with_symbols


def repeated(circuit: Circuit, copies: int) -> Circuit:
    """So many copies: copy c is on wires ``c * n_wires ...`` and reads inputs ``c * n_inputs ...``.

    They share the weights. Observables come copy by copy, in as many settings as those of one:
    copies have no wire in common, so that each observable goes where it goes in the first copy.

    Args:
        circuit: of gates alone; see `measured.gates_alone`.
        copies: at least 1.

    Raises:
        CircuitError: amplitudes are encoded, by an operation that acts on all wires.
    """
    return Circuit(
        copies * circuit.n_wires,
        tuple(step for copy in range(copies) for step in _moved(circuit, copy)),
        tuple(
            replace(each, wires=_shifted(each.wires, copy * circuit.n_wires))
            for copy in range(copies)
            for each in circuit.observables
        ),
    )


def packed(
    rows: Float[np.ndarray, "row number"], copies: int
) -> Float[np.ndarray, "wide_row numbers"]:
    """Rows for the copies, ``copies`` of them one after the other; zeros where there is none."""
    n_wide = -(-len(rows) // copies)
    padded = np.pad(rows, ((0, n_wide * copies - len(rows)), (0, 0)))
    return padded.reshape(n_wide, copies * rows.shape[1])


def unpacked(
    values: Float[np.ndarray, "wide_row values"], copies: int, n_rows: int
) -> Float[np.ndarray, "row value"]:
    """The way back: what each of ``n_rows`` rows gave."""
    return values.reshape(len(values) * copies, -1)[:n_rows]


def _moved(circuit: Circuit, copy: int) -> tuple[Operation, ...]:
    def own(symbol: Symbol) -> Symbol:
        is_input = isinstance(symbol, Input)
        return Input(symbol.index + copy * circuit.n_inputs) if is_input else symbol

    return tuple(
        replace(each, wires=_shifted(each.wires, copy * circuit.n_wires))
        for each in with_symbols(circuit.operations, own)
    )


def _shifted(wires: tuple[int, ...], by: int) -> tuple[int, ...]:
    return tuple(wire + by for wire in wires)
