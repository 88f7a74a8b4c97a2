"""PennyLane's measurements as linear combinations of our observables."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import shorten
from typing import Any

import numpy as np
from torch import Tensor

from ...circuits.observables import Observable, Projector, probabilities
from ...errors import CircuitError
from ..imported import Row, pauli_word, summed
from ..sdk import sdk

MAX_MATRIX_WIRES = 4  # an observable given as a matrix becomes up to 4**wires Pauli words


def rows(measurement: Any, position: int, places: Mapping[Any, int]) -> list[Row]:
    """The outputs of one measurement; ``places`` says which of our wires a label is.

    Raises:
        CircuitError: neither an expectation value, a variance (of which this is the mean square,
            see `mean`) nor probabilities of wires; an observable that is trainable, not Hermitian,
            or not known; the message names the measurement.
    """
    qml = sdk("pennylane")
    where = f"measurement {position} ({shorten(repr(measurement), 80)})"
    if isinstance(measurement, qml.measurements.ProbabilityMP) and measurement.obs is None:
        wires = tuple(places[label] for label in measurement.wires or places)
        return [{outcome: 1.0} for outcome in probabilities(wires)]
    if isinstance(measurement, qml.measurements.ExpectationMP) and measurement.obs is not None:
        _refuse_trainable(measurement.obs, where)
        return [summed(_terms(measurement.obs, where, places), where)]
    if _is_variance(measurement):
        _refuse_trainable(measurement.obs, where)
        if measurement.obs.name == "Projector":  # it is its own square
            return [summed(_terms(measurement.obs, where, places), where)]
        return [summed(_terms(qml.prod(measurement.obs, measurement.obs), where, places), where)]
    raise CircuitError(
        f"{where}: the engine returns expectation values (qml.expval), variances (qml.var) and "
        "probabilities of wires (qml.probs(wires=...)); use one of them"
    )


def mean(measurement: Any, position: int, places: Mapping[Any, int]) -> Row | None:
    """What is squared and taken from the mean square of a variance; None of other measurements."""
    if not _is_variance(measurement):
        return None
    where = f"measurement {position} ({shorten(repr(measurement), 80)})"
    return summed(_terms(measurement.obs, where, places), where)


def _is_variance(measurement: Any) -> bool:
    kind = sdk("pennylane").measurements.VarianceMP
    return isinstance(measurement, kind) and measurement.obs is not None


def _terms(
    observable: Any, where: str, places: Mapping[Any, int]
) -> Iterator[tuple[Any, Observable | Projector]]:
    qml = sdk("pennylane")
    if observable.pauli_rep is not None:
        for word, coefficient in observable.pauli_rep.items():
            yield coefficient, pauli_word({places[label]: word[label] for label in word})
    elif isinstance(observable, qml.ops.Sum | qml.ops.SProd):
        coefficients, parts = observable.terms()
        for factor, part in zip(coefficients, parts, strict=True):
            for coefficient, each in _terms(part, where, places):
                yield factor * coefficient, each
    elif observable.name == "Projector" and len(observable.parameters[0]) == len(observable.wires):
        bits = "".join(str(int(bit)) for bit in observable.parameters[0])
        yield 1.0, Projector(bits, tuple(places[label] for label in observable.wires))
    elif observable.has_matrix and len(observable.wires) <= MAX_MATRIX_WIRES:
        labels = list(observable.wires)
        matrix = np.asarray(qml.matrix(observable, wire_order=labels))
        yield from _terms(qml.pauli_decompose(matrix, wire_order=labels), where, places)
    else:
        raise CircuitError(
            f"{where}: observable {observable.name} on {len(observable.wires)} wires is unknown; "
            f"use Pauli words, their sums, projectors, or matrices on {MAX_MATRIX_WIRES} wires"
        )


def _refuse_trainable(observable: Any, where: str) -> None:
    values: Sequence[Any] = observable.data
    if any(isinstance(value, Tensor) and value.requires_grad for value in values):
        raise CircuitError(
            f"{where}: the observable depends on inputs or weights; measure its terms and combine "
            "them behind the layer"
        )
