"""What becomes of operations: start, layers, permutations, and a last one for the read-out."""

import numpy as np

from qmann_core.circuits import (
    Circuit,
    Input,
    Operation,
    Weight,
    amplitude,
    angle,
    chen_v0,
    compose,
    hadamard_angle,
    strongly_entangling,
    z_each,
)
from qmann_core.simulation.lowering.lower import lower
from qmann_core.simulation.lowering.permutations import SignedPermutation


def kinds(lowered):
    return ["P" if isinstance(s, SignedPermutation) else "L" for s in lowered.stages]


def test_ring_of_cnots_is_one_permutation_and_the_last_ring_is_read_out():
    lowered = lower(Circuit(4, compose(angle(4), strongly_entangling(4, 3)), z_each(4)))
    assert kinds(lowered) == ["L", "P", "L", "P", "L"]
    assert (lowered.n_start, lowered.n_staged) == (4, 24)
    assert [operation.gate for operation in lowered.last.operations] == ["CNOT"] * 4


def test_gates_go_into_the_earliest_stage_that_their_wires_allow():
    ladder = tuple(
        operation
        for wire in range(3)
        for operation in (
            Operation("RY", (wire,), (Weight(wire),)),
            Operation("CZ", (wire, wire + 1)),
            Operation("RX", (3 - wire,), (Weight(3 + wire),)),
        )
    )
    lowered = lower(Circuit(4, ladder, z_each(4)))
    first, permutation, *_ = lowered.stages
    assert [len(wire.angles) for wire in first.wires] == [1, 0, 0, 1]
    assert [operation.wires for operation in permutation.operations] == [(0, 1)]


def test_only_what_acts_on_zero_without_weights_starts():
    operations = (
        Operation("RX", (0,), (Input(0),)),
        Operation("RY", (1,), (Weight(0),)),
        Operation("RZ", (1,), (Input(1),)),  # after a weight
        Operation("CNOT", (0, 1)),
        Operation("RX", (0,), (Input(2),)),  # after an entangling gate
        Operation("H", (2,)),
    )
    lowered = lower(Circuit(3, operations, z_each(3)))
    assert lowered.start.angles == [Input(0)]
    assert lowered.n_start == 2
    assert [layer.reads_inputs for layer in lowered.layers] == [False, True, True]


def test_more_angles_than_a_layer_takes_go_on_in_the_next():
    five = tuple(Operation("RX", (0,), (Input(i),)) for i in range(5))
    lowered = lower(Circuit(1, five, z_each(1)))
    assert [len(layer.angles) for layer in (lowered.start, *lowered.layers)] == [3, 2]


def test_real_circuits_are_recognised():
    real = compose(hadamard_angle(4), chen_v0(4, 2))
    assert lower(Circuit(4, real, z_each(4))).is_real
    assert lower(Circuit(2, compose(amplitude(2), chen_v0(2, 2)), z_each(2))).is_real
    assert not lower(Circuit(4, (*real, Operation("S", (2,))), z_each(4))).is_real
    assert not lower(Circuit(4, compose(angle(4, axis="X"), chen_v0(4, 1)), z_each(4))).is_real


def test_wire_matrix_folds_constants_into_the_angles():
    lowered = lower(Circuit(1, hadamard_angle(1), z_each(1)))
    (wire,) = lowered.start.wires
    cosine, sine = wire.column
    half = 0.35  # RY(0.7) H |0>
    turned = np.cos(half) * cosine + np.sin(half) * sine
    np.testing.assert_allclose(turned, [np.cos(half + np.pi / 4), np.sin(half + np.pi / 4)])
