"""What an adapter makes of a foreign circuit: a Circuit, and how its values become outputs."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..circuits import Circuit
from ..circuits.observables import Observable, Projector
from ..errors import CircuitError

Row = Mapping[Observable | Projector, float]
"""One output: a real linear combination of observables."""


@dataclass(frozen=True, eq=False)
class ImportedCircuit:
    """A circuit, what goes in, and what comes out.

    outputs = combination @ expectations, times the squared norm of the amplitudes if they are not
    ``normalised``.
    """

    circuit: Circuit
    wires: tuple[Hashable, ...]
    """The vendor's label of every wire."""
    combination: NDArray[np.float64] | None
    """(output, observable); None: the observables are the outputs."""
    columns: tuple[int | float, ...] | None = None
    """For every input of the circuit a column of the data, or a constant; None: as they are."""
    n_amplitudes: int = 0
    """Leading inputs that are amplitudes, taken as they are rather than normalised."""
    variances: tuple[int, ...] = ()
    """Outputs that are <O^2>, from which <O>^2 is taken: <O> comes after all outputs, in order."""
    sizes: tuple[int, ...] = ()
    """Number of outputs of every measurement."""
    layout: Literal["single", "list", "tuple"] = "list"
    """In what the vendor's function returned its measurements."""


def combined(
    rows: Sequence[Row],
) -> tuple[tuple[Observable | Projector, ...], NDArray[np.float64] | None]:
    """The observables that ``rows`` need, each once, and the matrix that makes the rows of them."""
    places: dict[Observable | Projector, int] = {}
    for row in rows:
        for observable in row:
            places.setdefault(observable, len(places))
    matrix = np.zeros((len(rows), len(places)))
    for number, row in enumerate(rows):
        for observable, coefficient in row.items():
            matrix[number, places[observable]] = coefficient
    is_identity = len(rows) == len(places) and np.array_equal(matrix, np.eye(len(rows)))
    return tuple(places), None if is_identity else matrix


def summed(terms: Iterable[tuple[Any, Observable | Projector]], where: str) -> Row:
    """The sum of observables, each with its coefficient.

    Raises:
        CircuitError: a coefficient is not a finite real number.
    """
    row: dict[Observable | Projector, float] = {}
    for coefficient, observable in terms:
        number = complex(coefficient)
        if not isfinite(number.real) or abs(number.imag) > 1e-12 * max(abs(number), 1.0):
            raise CircuitError(
                f"{where}: coefficient {number} is not real; observables are Hermitian"
            )
        row[observable] = row.get(observable, 0.0) + number.real
    return row


def pauli_word(letters: Mapping[int, str]) -> Observable:
    """The word with these letters on these wires; without any, the identity on wire 0."""
    kept = {wire: letters[wire] for wire in sorted(letters) if letters[wire] != "I"} or {0: "I"}
    return Observable("".join(kept.values()), tuple(kept))
