"""Ansätze against the libraries that define them and the paper's script."""

import numpy as np
import pytest

from qmann_core.circuits import (
    ANSATZE,
    Circuit,
    Weight,
    angle,
    chen_v0,
    compose,
    hardware_efficient,
    pauli,
    strongly_entangling,
    z_each,
)
from qmann_core.simulation.reference import expectations


def pairs(operations):
    return [operation.wires for operation in operations if operation.gate == "CNOT"]


def test_strongly_entangling_is_pennylanes():
    # AngleEmbedding(x, "Y"), StronglyEntanglingLayers(0.1 * arange(18)), PennyLane 0.45
    observables = (*z_each(3), pauli("YX", (0, 2)))
    circuit = Circuit(3, compose(angle(3), strongly_entangling(3, 2)), observables)
    values = expectations(circuit, np.array([0.3, -0.7, 1.1]), 0.1 * np.arange(18))
    pennylane = [-0.16353809391136742, -0.21791167550426127, -0.6327555931250926, -0.46677783039271]
    np.testing.assert_allclose(values, pennylane, atol=1e-12)


def test_hardware_efficient_is_qiskits_efficient_su2():
    # efficient_su2(3, entanglement="linear", reps=1) at 0.2 + 0.1 * arange(12), Qiskit 2.6
    circuit = Circuit(3, hardware_efficient(3, 1), (*z_each(3), pauli("YX", (0, 2))))
    values = expectations(circuit, np.zeros(0), 0.2 + 0.1 * np.arange(12))
    qiskit = [0.6523139363196844, 0.5251044681963881, 0.215320955642744, 0.0074353007016663974]
    np.testing.assert_allclose(values, qiskit, atol=1e-12)


def test_reach_of_the_ring_grows_and_starts_again():
    assert pairs(strongly_entangling(3, 3)) == [
        *[(0, 1), (1, 2), (2, 0)],
        *[(0, 2), (1, 0), (2, 1)],
        *[(0, 1), (1, 2), (2, 0)],
    ]


def test_chen_v0_is_bricks_of_cnots_then_ry():
    layer = chen_v0(6, 1)
    assert pairs(layer) == [(0, 1), (2, 3), (4, 5), (1, 2), (3, 4)]
    assert [o.gate for o in layer] == ["CNOT"] * 5 + ["RY"] * 6
    assert [o.parameters for o in layer[5:]] == [(Weight(i),) for i in range(6)]


@pytest.mark.parametrize(
    ("name", "n_wires", "n_layers", "n_weights"),
    [
        ("strongly_entangling", 4, 2, 24),
        ("hardware_efficient", 4, 2, 24),
        ("chen_v0", 6, 5, 30),  # four gates and a dense layer of 6: the published 126
        ("chen_v0", 6, 2, 12),  # and 54
        ("strongly_entangling", 1, 3, 9),
        ("hardware_efficient", 1, 0, 2),
    ],
)
def test_number_of_weights(name, n_wires, n_layers, n_weights):
    operations = ANSATZE[name](n_wires, n_layers)
    used = [p for operation in operations for p in operation.parameters]
    assert used.count(Weight(0)) == 1
    assert {p.index for p in used} == set(range(n_weights))


@pytest.mark.parametrize("name", ANSATZE)
def test_one_wire_has_nothing_to_entangle(name):
    assert pairs(ANSATZE[name](1, 3)) == []
