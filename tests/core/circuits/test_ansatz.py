"""Ansätze against the libraries that define them and the paper's script."""

import numpy as np
import pennylane as qml
import pytest

from qmann_core.circuits import (
    ANSATZE,
    Circuit,
    Operation,
    Weight,
    angle,
    basic_entangler,
    chen_v0,
    compose,
    hardware_efficient,
    pauli,
    qaoa,
    simplified_two_design,
    strongly_entangling,
    tree_tensor_network,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.simulation.reference import expectations, state

SIZES = [(1, 2), (2, 3), (3, 2), (5, 2)]


def pairs(operations):
    return [operation.wires for operation in operations if len(operation.wires) > 1]


def prepared(n_wires, operations):
    """Our state after an encoding of fixed data, and the weights that it had."""
    circuit = Circuit(n_wires, compose(angle(n_wires), operations), ())
    weights = np.random.default_rng(7).uniform(-3, 3, circuit.n_weights)
    return state(circuit, features(n_wires), weights), weights


def features(n_wires):
    return np.linspace(-0.7, 1.3, n_wires)


def pennylanes(n_wires, template):
    tape = qml.tape.QuantumScript(
        [qml.AngleEmbedding(features(n_wires), range(n_wires), "Y"), template], [qml.state()]
    )
    return qml.execute([tape], qml.device("default.qubit", wires=n_wires))[0]


@pytest.mark.parametrize(("n_wires", "n_layers"), SIZES)
def test_strongly_entangling_is_pennylanes(n_wires, n_layers):
    amplitudes, weights = prepared(n_wires, strongly_entangling(n_wires, n_layers))
    template = qml.StronglyEntanglingLayers(weights.reshape(n_layers, n_wires, 3), range(n_wires))
    np.testing.assert_allclose(amplitudes, pennylanes(n_wires, template), atol=1e-13)


@pytest.mark.parametrize(("n_wires", "n_layers"), SIZES)
def test_basic_entangler_is_pennylanes(n_wires, n_layers):
    amplitudes, weights = prepared(n_wires, basic_entangler(n_wires, n_layers))
    template = qml.BasicEntanglerLayers(weights.reshape(n_layers, n_wires), range(n_wires))
    np.testing.assert_allclose(amplitudes, pennylanes(n_wires, template), atol=1e-13)


@pytest.mark.parametrize(("n_wires", "n_layers"), SIZES[1:])
def test_simplified_two_design_is_pennylanes(n_wires, n_layers):
    amplitudes, weights = prepared(n_wires, simplified_two_design(n_wires, n_layers))
    first, rest = weights[:n_wires], weights[n_wires:].reshape(n_layers, n_wires - 1, 2)
    template = qml.SimplifiedTwoDesign(first, rest, range(n_wires))
    np.testing.assert_allclose(amplitudes, pennylanes(n_wires, template), atol=1e-13)


@pytest.mark.parametrize(("n_wires", "n_layers"), [(2, 1), (4, 2), (8, 1)])
def test_tree_tensor_network_is_pennylanes(n_wires, n_layers):
    def block(weights, wires):
        for first, second in weights.reshape(n_layers, 2):
            qml.RY(first, wires[0])
            qml.RY(second, wires[1])
            qml.CNOT(wires)

    amplitudes, weights = prepared(n_wires, tree_tensor_network(n_wires, n_layers))
    shaped = weights.reshape(n_wires - 1, 2 * n_layers)
    template = qml.TTN(range(n_wires), 2, block, 2 * n_layers, shaped)
    np.testing.assert_allclose(amplitudes, pennylanes(n_wires, template), atol=1e-13)


@pytest.mark.parametrize(("n_wires", "n_layers"), SIZES)
def test_qaoa_is_pennylanes(n_wires, n_layers):
    amplitudes, weights = prepared(n_wires, qaoa(n_wires, n_layers))
    shaped = weights.reshape(n_layers, -1)
    template = qml.QAOAEmbedding(features(n_wires), shaped, range(n_wires))
    np.testing.assert_allclose(amplitudes, pennylanes(n_wires, template), atol=1e-13)


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
    ("n_wires", "tree"),
    [
        (3, [(0, 1), (1, 2)]),
        (5, [(0, 1), (2, 3), (1, 3), (3, 4)]),
        (6, [(0, 1), (2, 3), (4, 5), (1, 3), (3, 5)]),
    ],
)
def test_a_tree_of_any_number_of_wires_is_rooted_in_the_last(n_wires, tree):
    assert pairs(tree_tensor_network(n_wires, 1)) == tree


@pytest.mark.parametrize("n_wires", range(1, 8))
def test_the_root_of_the_tree_sees_every_input(n_wires):
    operations = compose(angle(n_wires), tree_tensor_network(n_wires, 1))
    circuit = Circuit(n_wires, operations, (pauli("Z", (n_wires - 1,)),))
    weights = 0.3 + 0.1 * np.arange(circuit.n_weights)
    at = features(n_wires)
    slopes = [expectations(circuit, at + step, weights) for step in 1e-3 * np.eye(n_wires)]
    assert np.abs(np.array(slopes) - expectations(circuit, at, weights)).min() > 1e-7


@pytest.mark.parametrize(
    ("name", "n_wires", "n_layers", "n_weights"),
    [
        ("strongly_entangling", 4, 2, 24),
        ("basic_entangler", 4, 3, 12),
        ("hardware_efficient", 4, 2, 24),
        ("simplified_two_design", 5, 2, 5 + 2 * 4 * 2),
        ("tree_tensor_network", 6, 3, 5 * 3 * 2),
        ("qaoa", 4, 3, 24),
        ("qaoa", 2, 3, 9),
        ("chen_v0", 6, 5, 30),  # four gates and a dense layer of 6: the published 126
        ("chen_v0", 6, 2, 12),  # and 54
        ("strongly_entangling", 1, 3, 9),
        ("tree_tensor_network", 1, 3, 0),
        ("hardware_efficient", 1, 0, 2),
        ("qaoa", 1, 3, 3),
    ],
)
def test_number_of_weights(name, n_wires, n_layers, n_weights):
    operations = ANSATZE[name](n_wires, n_layers)
    used = [p for each in operations for p in each.parameters if isinstance(p, Weight)]
    assert [p.index for p in used] == list(range(n_weights))


@pytest.mark.parametrize("name", ANSATZE)
def test_one_wire_has_nothing_to_entangle(name):
    assert pairs(ANSATZE[name](1, 3)) == []


@pytest.mark.parametrize("name", ANSATZE)
def test_separable_twin_is_a_product_of_the_same_turns(name):
    full = Circuit(4, compose(angle(4), ANSATZE[name](4, 2)), z_each(4))
    twin = full.separable()
    weights = np.random.default_rng(3).uniform(-3, 3, full.n_weights)
    alone = [
        Circuit(1, tuple(Operation(o.gate, (0,), o.parameters) for o in turns), z_each(1))
        for turns in ([o for o in full.operations if o.wires == (wire,)] for wire in range(4))
    ]
    expected = [expectations(each, features(4), weights)[0] for each in alone]
    np.testing.assert_allclose(expectations(twin, features(4), weights), expected, atol=1e-13)
    assert twin.n_weights == full.n_weights


@pytest.mark.parametrize("name", ANSATZE)
def test_a_negative_number_of_layers(name):
    with pytest.raises(CircuitError, match="n_layers is 0 or more, got -1"):
        ANSATZE[name](3, -1)
