"""Initialisations: their distributions, and blocks that are the identity at the start."""

import math
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
import torch

from qmann_core.circuits import (
    ANSATZE,
    Circuit,
    Input,
    Operation,
    Weight,
    amplitude,
    angle,
    chen_v0,
    compose,
    hadamard_angle,
    hardware_efficient,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.nn.initialise import Initialisation, initial_weights
from qmann_core.nn.mirrored import mirrored
from qmann_core.simulation.reference import expectations, operation_matrix, state

CIRCUIT = Circuit(4, compose(angle(4), strongly_entangling(4, 2)), z_each(4))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def unitary(operations, n_wires, weights):
    """The product of the operations' matrices, from the reference."""
    full = np.eye(2**n_wires, dtype=complex)
    for operation in operations:
        values = [
            float(weights[p.index]) if isinstance(p, Weight) else p for p in operation.parameters
        ]
        full = operation_matrix(operation, values, n_wires) @ full
    return full


def assert_identity_up_to_phase(matrix):
    np.testing.assert_allclose(matrix / matrix[0, 0], np.eye(len(matrix)), atol=1e-12)
    assert abs(matrix[0, 0]) == pytest.approx(1)


def test_uniform_angles_fill_the_circle():
    angles = initial_weights("uniform", CIRCUIT, seeded(), gates=(500,), dtype=torch.float64)
    assert angles.shape == (500, 24)
    assert 0 <= angles.min() < 0.01
    assert 2 * math.pi - 0.01 < angles.max() < 2 * math.pi
    assert angles.mean() == pytest.approx(math.pi, abs=0.05)
    assert angles.var() == pytest.approx((2 * math.pi) ** 2 / 12, rel=0.03)


@pytest.mark.parametrize("n_layers", [1, 4])
def test_small_angles_have_the_inverse_of_the_number_of_weights_as_variance(n_layers):
    circuit = Circuit(3, compose(angle(3), chen_v0(3, n_layers)), z_each(3))
    angles = initial_weights("small_angles", circuit, seeded(), gates=(4000,), dtype=torch.float64)
    assert angles.mean() == pytest.approx(0, abs=0.03)
    assert angles.var() == pytest.approx(1 / (3 * n_layers), rel=0.05)


@pytest.mark.parametrize("name", sorted(set(ANSATZE) - {"qaoa"}))  # qaoa reads inputs
@pytest.mark.parametrize("n_wires", [2, 4])
def test_a_mirrored_ansatz_is_the_identity_at_the_start(name, n_wires):
    block = mirrored(ANSATZE[name](n_wires, 1))
    circuit = Circuit(n_wires, compose(angle(n_wires), block, block), z_each(n_wires))
    for weights in initial_weights(
        "identity_blocks", circuit, seeded(), gates=(2,), dtype=torch.float64
    ):
        assert_identity_up_to_phase(unitary(circuit.operations[n_wires:], n_wires, weights))
        assert len(weights.abs().unique()) == len(weights) / 2  # one half is free, and random


def test_blocks_between_encodings_are_identities_too():
    block = mirrored(chen_v0(3, 2))
    encoding = hadamard_angle(3)
    circuit = Circuit(3, compose(encoding, block, encoding, block), z_each(3))
    weights = initial_weights("identity_blocks", circuit, seeded(), dtype=torch.float64).numpy()
    twice = Circuit(3, encoding + encoding, z_each(3))
    inputs = np.array([0.3, -0.8, 1.1])
    np.testing.assert_allclose(
        expectations(circuit, inputs, weights),
        expectations(twice, inputs, np.empty(0)),
        atol=1e-12,
    )


def test_an_amplitude_encoding_is_no_part_of_a_block():
    circuit = Circuit(2, compose(amplitude(2), mirrored(strongly_entangling(2, 2))), z_each(2))
    weights = initial_weights("identity_blocks", circuit, seeded(), dtype=torch.float64).numpy()
    inputs = np.array([0.1, 0.5, -0.7, 0.2])
    found = state(circuit, inputs, weights)
    expected = inputs / np.linalg.norm(inputs)
    assert abs(np.vdot(found, expected)) == pytest.approx(1)


GATE_BLOCK = (
    *(Operation(gate, (0,)) for gate in ("S", "T", "SX", "H", "Adjoint(S)", "Adjoint(T)")),
    Operation("Rot", (0,), (Weight(0), Weight(1), Weight(2))),
    Operation("U3", (1,), (Weight(3), Weight(4), Weight(5))),
    Operation("CRot", (0, 1), (Weight(6), Weight(7), Weight(8))),
    Operation("CRY", (1, 2), (Weight(9),)),
    Operation("IsingXX", (2, 0), (Weight(10),)),
    Operation("ControlledPhaseShift", (2, 1), (Weight(11),)),
    Operation("Toffoli", (0, 1, 2)),
    Operation("CSWAP", (2, 1, 0)),
    Operation("CH", (1, 0)),
    Operation("RX", (1,), (0.7,)),
    Operation("PhaseShift", (2,), (Weight(12),)),
)


def test_every_gate_with_an_inverse_is_mirrored():
    block = mirrored(GATE_BLOCK)
    weights = initial_weights(
        "identity_blocks", Circuit(3, block, z_each(3)), seeded(), dtype=torch.float64
    )
    assert_identity_up_to_phase(unitary(block, 3, weights))


def test_weights_of_a_mirrored_block_are_negatives_of_the_first_half():
    block = mirrored(strongly_entangling(3, 2))
    weights = initial_weights("identity_blocks", Circuit(3, block, z_each(3)), seeded())
    torch.testing.assert_close(weights[18:], -weights[:18])


def test_commuting_wires_may_be_written_in_any_order():
    block = tuple(
        Operation("RY", (wire,), (Weight(k),)) for k, wire in enumerate([0, 1, 2, 0, 2, 1])
    )
    weights = initial_weights(
        "identity_blocks", Circuit(3, block, z_each(3)), seeded(), dtype=torch.float64
    )
    assert_identity_up_to_phase(unitary(block, 3, weights))


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (hardware_efficient(3, 2), r"operation 0 \(RY on \(0,\)\): no later operation undoes it"),
        (strongly_entangling(3, 2), r"operation 0 \(Rot on \(0,\)\)"),
        (chen_v0(2, 1), r"operation 0 \(CNOT on \(0, 1\)\)"),
        (
            (Operation("RX", (0,), (Weight(0),)), Operation("RX", (0,), (Weight(0),))),
            r"operation 0 \(RX on \(0,\)\)",
        ),
        (
            (Operation("RX", (0,), (Weight(0),)), Operation("RY", (0,), (Weight(1),))),
            r"build the circuit of mirrored",
        ),
    ],
)
def test_operations_that_nothing_undoes_are_named(operations, message):
    n = 1 + max(wire for operation in operations for wire in operation.wires)
    with pytest.raises(CircuitError, match=message):
        initial_weights("identity_blocks", Circuit(n, operations, z_each(n)), seeded())


def test_a_weight_and_its_written_negative_need_no_second_weight():
    operations = (
        Operation("RX", (0,), (Weight(0),)),
        Operation("RX", (0,), (-Weight(0),)),
    )
    assert initial_weights(
        "identity_blocks", Circuit(1, operations, z_each(1)), seeded()
    ).shape == (1,)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (Operation("RX", (0,), (Input(0),)), r"operation 1 \(RX on \(0,\)\) reads Input"),
        (Operation("RX", (0,), (2 * Weight(0),)), r"operation 1 \(RX on \(0,\)\) reads Poly"),
        (Operation("ISWAP", (0, 1)), r"operation 1 \(ISWAP on \(0, 1\)\): no gate undoes it"),
    ],
)
def test_what_cannot_be_mirrored_is_named(operation, message):
    with pytest.raises(CircuitError, match=message):
        mirrored((Operation("H", (0,)), operation))


@pytest.mark.parametrize("name", get_args(Initialisation))
def test_the_generator_decides_and_the_global_state_is_untouched(name):
    circuit = Circuit(2, mirrored(chen_v0(2, 1)), z_each(2))
    before = torch.get_rng_state()
    drawn = [initial_weights(name, circuit, seeded(seed), gates=(2,)) for seed in (0, 0, 1)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert drawn[0].dtype == torch.float32
    assert torch.equal(before, torch.get_rng_state())
    assert all(d.shape == (2, circuit.n_weights) for d, _ in pairwise(drawn))
