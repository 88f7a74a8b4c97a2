"""What becomes of a circuit before kernels run it."""

import pytest

from qmann_core.circuits import (
    Circuit,
    angle,
    compose,
    pauli,
    probabilities,
    strongly_entangling,
    z_each,
)
from qmann_core.simulation.cpu.program import MAX_SERIES, KernelProgram


def program(circuit):
    return KernelProgram(circuit, circuit.n_inputs, circuit.n_weights)


def test_gates_are_placed_as_early_as_their_wires_allow():
    n = 16
    layered = program(Circuit(n, compose(angle(n), strongly_entangling(n, 10)), z_each(n)))
    assert len(layered.stages) == 9 * (1 + n)  # the first layer is in the start
    assert layered.n_folded == n  # and the last ring in the observables


def test_only_words_carry_the_last_permutation():
    gates = compose(angle(3), strongly_entangling(3, 1))
    assert program(Circuit(3, gates, (pauli("XYZ"),))).n_folded == 3
    assert program(Circuit(3, gates, probabilities((0, 1)))).n_folded == 0


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (angle(3), True),
        (compose(angle(3), angle(3)), False),
        (compose(angle(3), strongly_entangling(3, 2)), True),
        (angle(MAX_SERIES + 1), False),
    ],
)
def test_a_series_needs_each_input_once(operations, expected):
    n = 1 + max(wire for operation in operations for wire in operation.wires)
    assert program(Circuit(n, operations, z_each(n))).is_series == expected


def test_real_gates_give_real_amplitudes():
    assert program(Circuit(2, angle(2), z_each(2))).is_real
    assert not program(Circuit(2, angle(2, axis="X"), z_each(2))).is_real
