"""From a circuit to the arrays that compiled kernels run.

Gates on one wire between two-wire gates are one run; runs and two-wire gates are placed as early as
their wires allow, so that a circuit becomes: runs on |0...0> (a product state), then in turn a
permutation of amplitudes (all CNOT, CZ and SWAP of a layer) and a layer of runs. The last
permutation is carried into the observables.
"""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...circuits import (
    Circuit,
    Input,
    Observable,
    Operation,
    Projector,
)
from ..lowering.factors import PAULI, Rotation, factors
from ..lowering.permutations import SignedPermutation, word

_AXES = {"X": 0, "Y": 1, "Z": 2}
_FIXED = 3
MAX_SERIES = 5  # inputs, that is 243 products; measured in QuantumLSTM: beyond, states win


@dataclass
class _Layer:
    """Runs on single wires, then two-wire gates."""

    runs: dict[int, list[NDArray[np.complex128] | Rotation]] = field(default_factory=dict)
    permutation: list[Operation] = field(default_factory=list)


class KernelProgram:
    """A circuit of elementary gates with plain parameters, as arrays.

    Args:
        circuit: gates of `ELEMENTARY` and at most one amplitude encoding, at the start; parameters
            are inputs, weights and numbers.
        n_inputs: columns of the inputs.
        n_weights: columns of the weights.
    """

    def __init__(self, circuit: Circuit, n_inputs: int, n_weights: int) -> None:
        self.n_wires = circuit.n_wires
        self.n_amplitudes = circuit.n_amplitudes
        layers = _layers(circuit)
        words = [o for o in circuit.observables if isinstance(o, Observable)]
        folded: list[Operation] = []
        if len(words) == len(circuit.observables):  # a permutation takes words to words
            folded, layers[-1].permutation = layers[-1].permutation, []
        self.n_folded = len(folded)
        last = SignedPermutation(tuple(folded), circuit.n_wires)
        self._build(layers)
        self.observables = np.array(
            [_observable_row(o, last) for o in circuit.observables], np.int64
        )
        self.shape = np.array(
            [
                circuit.n_wires,
                n_inputs,
                n_weights,
                self.is_real,
                self.n_amplitudes,
                self.reads_angles,
            ],
            np.int64,
        )

    def _build(self, layers: list[_Layer]) -> None:
        rows: list[tuple[int, int]] = []
        constants: list[NDArray[np.float64]] = []
        segments: list[tuple[int, int, int]] = []
        runs: list[tuple[int, int]] = []
        stages: list[tuple[int, int, int]] = []
        sources: list[NDArray[np.int32]] = []
        signs: list[NDArray[np.int8]] = []
        known: dict[tuple[Operation, ...], int] = {}

        def add(run: list[NDArray[np.complex128] | Rotation]) -> None:
            first = len(segments)
            for steered, group in groupby(run, _is_steered):
                begin = len(rows)
                for factor in group:
                    row, numbers = _factor(factor)
                    if steered:
                        segments.append((*row, 0))
                    else:
                        rows.append(row)
                        constants.append(numbers)
                if not steered:
                    segments.append((_FIXED, begin, len(rows)))
            runs.append((first, len(segments)))

        start = {} if self.n_amplitudes else layers[0].runs
        for wire in range(self.n_wires):
            add(start.get(wire, []))
        self.steps = [_start_step(start, self.n_amplitudes, self.n_wires)]
        for number, layer in enumerate(layers):
            if number or self.n_amplitudes:
                self.steps += _run_steps(layer)
                for wire, run in sorted(layer.runs.items()):
                    add(run)
                    stages.append((int(_reads_inputs(run)), wire, len(runs) - 1))
            if layer.permutation:
                key = tuple(layer.permutation)
                if key not in known:
                    known[key] = len(sources)
                    made = SignedPermutation(key, self.n_wires)
                    sources.append(made.source)
                    signs.append(made.sign)
                signed = any(operation.gate == "CZ" for operation in key)
                stages.append((2 + signed, known[key], 0))
                self.steps.append(("permutation", len(layer.permutation), "one gather"))
        self.factors = np.array(rows, np.int64).reshape(-1, 2)
        self.constants = np.array(constants).reshape(-1, 17)
        self.segments = np.array(segments, np.int64).reshape(-1, 3)
        self.runs = np.array(runs, np.int64)
        self.stages = np.array(stages, np.int64).reshape(-1, 3)
        self.sources = np.array(sources, np.int32).reshape(len(sources), 2**self.n_wires)
        self.signs = np.array(signs, np.int8).reshape(len(signs), 2**self.n_wires)
        steered = self.segments[self.segments[:, 0] != _FIXED]
        self.reads_angles = len(steered) > 0
        self.is_real = bool((steered[:, 0] == _AXES["Y"]).all()) and all(
            _is_real(row, numbers) for row, numbers in zip(rows, constants, strict=True)
        )

    def explain(self) -> list[str]:
        """A table of what the operations became: step, operations, and how it is done."""
        words = "expectation values of the final state"
        if self.n_folded:
            words = "carried into the observables"
        rows = [*self.steps, ("read-out", self.n_folded, words)]
        numbers = "real" if self.is_real else "complex"
        return [
            f"{'step':<14}{'gates':>6}  how",
            *(f"{step:<14}{count:>6}  {how}" for step, count, how in rows),
            f"amplitudes are {numbers}; gradients by undoing the steps from the final state",
        ]

    @cached_property
    def is_series(self) -> bool:
        """Whether every input turns exactly one gate, by itself, and they are few."""
        steered = self.segments[self.segments[:, 0] != _FIXED, 1].tolist()
        n_inputs = int(self.shape[1])
        return (
            not self.n_amplitudes
            and n_inputs <= MAX_SERIES
            and sorted(steered) == list(range(n_inputs))
        )

    @property
    def work(self) -> int:
        """Amplitudes touched per sample and gate, roughly."""
        return int((len(self.stages) + 2) * 2**self.n_wires)

    @cached_property
    def codes(self) -> dict[type[np.floating[Any]], Any]:
        """The arrays as the kernels take them, by precision."""
        from ...kernels.code import Code

        return {
            kind: Code(
                self.shape,
                self.factors,
                self.constants.astype(kind),
                self.segments,
                self.runs,
                self.stages,
                self.sources,
                self.signs,
                self.observables,
            )
            for kind in (np.float32, np.float64)
        }


def _layers(circuit: Circuit) -> list[_Layer]:
    """Every operation as early as its wires allow."""
    layers = [_Layer()]
    alone = [0] * circuit.n_wires  # the layer that the next one-wire gate may join
    paired = [0] * circuit.n_wires  # and the next two-wire gate
    for operation in circuit.operations[circuit.n_amplitudes > 0 :]:
        if len(operation.wires) == 1:
            wire = operation.wires[0]
            if alone[wire] == len(layers):
                layers.append(_Layer())
            paired[wire] = alone[wire]
            layers[alone[wire]].runs.setdefault(wire, []).extend(factors(operation))
        else:
            at = max(paired[wire] for wire in operation.wires)
            layers[at].permutation.append(operation)
            for wire in operation.wires:
                alone[wire], paired[wire] = at + 1, at
    return layers


def _start_step(
    start: dict[int, list[NDArray[np.complex128] | Rotation]], n_amplitudes: int, n_wires: int
) -> tuple[str, int, str]:
    if n_amplitudes:
        return "start", 1, f"{n_amplitudes} inputs, normalised, as {2**n_wires} amplitudes"
    return "start", sum(map(len, start.values())), "a product state, one vector per wire"


def _run_steps(layer: _Layer) -> list[tuple[str, int, str]]:
    """One row for what all samples share, one for what differs from sample to sample."""
    kinds = {False: "one 2x2 matrix per wire", True: "one 2x2 matrix per wire and sample"}
    steps = []
    for per_sample, how in kinds.items():
        runs = [run for run in layer.runs.values() if _reads_inputs(run) == per_sample]
        if runs:
            count = sum(map(len, runs))
            steps.append(("rotations", count, f"{how}, {len(runs)} wires"))
    return steps


def _reads_inputs(run: list[NDArray[np.complex128] | Rotation]) -> bool:
    return any(map(_is_steered, run))


def _is_steered(factor: NDArray[np.complex128] | Rotation) -> bool:
    return isinstance(factor, Rotation) and isinstance(factor.angle, Input)


def _factor(
    factor: NDArray[np.complex128] | Rotation,
) -> tuple[tuple[int, int], NDArray[np.float64]]:
    """Axis and parameter; or the 2x2 matrix of a fixed gate and how it turns the Bloch sphere."""
    if isinstance(factor, Rotation):
        return (_AXES[factor.axis], factor.angle.index), np.zeros(17)
    matrix = np.ascontiguousarray(factor).view(np.float64).reshape(8)
    turned = [
        np.trace(PAULI[j] @ factor @ PAULI[k] @ factor.conj().T).real / 2
        for j in "XYZ"
        for k in "XYZ"
    ]
    return (_FIXED, 0), np.concatenate([matrix, turned])


def _is_real(row: tuple[int, int], numbers: NDArray[np.float64]) -> bool:
    return row[0] == _AXES["Y"] or (row[0] == _FIXED and not numbers[1:8:2].any())


def _observable_row(
    observable: Observable | Projector, last: SignedPermutation
) -> tuple[int, int, int, int]:
    """``(kind, flips, signs, power of i)``; of a projector ``(kind, mask, bits, 0)``."""
    if isinstance(observable, Projector):
        places = [last.n_wires - 1 - wire for wire in observable.wires]
        bits = sum(int(bit) << place for bit, place in zip(observable.bits, places, strict=True))
        return 2, sum(1 << place for place in places), bits, 0
    flips, signs, power = word(observable, last)
    if flips == 0:
        return 0, 0, signs, power // 2
    return 1, flips, signs, power
