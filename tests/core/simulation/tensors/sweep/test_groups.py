"""Groups of wires, and the moves that a circuit's layers become."""

import pytest

from qmann_core.circuits import (
    Circuit,
    Input,
    Operation,
    Weight,
    compose,
    strongly_entangling,
    z_each,
)
from qmann_core.simulation.lowering.lower import lower
from qmann_core.simulation.tensors.sweep.gatewise import SweepProgram
from qmann_core.simulation.tensors.sweep.groups import groups


@pytest.mark.parametrize("n_wires", range(1, 22))
@pytest.mark.parametrize("size", [3, 4])
def test_groups_are_as_equal_as_can_be(n_wires, size):
    made = groups(n_wires, size)
    assert [wire for group in made for wire in group] == list(range(n_wires))
    sizes = [len(group) for group in made]
    assert max(sizes) <= size
    assert max(sizes) - min(sizes) <= 1
    assert sizes == sorted(sizes, reverse=True)


def moves(n_wires, *operations):
    circuit = Circuit(n_wires, compose(*operations), z_each(n_wires))
    program = SweepProgram(lower(circuit), circuit.n_inputs, circuit.n_weights, undoes=False)
    return [type(move).__name__ for move in program._moves]


def test_first_layer_makes_the_product_state_and_last_permutation_is_read_out():
    assert moves(8, strongly_entangling(8, 1)) == []
    assert moves(8, strongly_entangling(8, 3)) == ["Permute", "Turn", "Turn"] * 2


def test_a_gate_alone_leaves_the_other_wires_where_they_are():
    alone = Operation("RY", (0,), (Weight(0),))
    assert moves(8, (Operation("CNOT", (0, 7)), alone)) == ["Permute", "Local"]


def test_matrices_of_samples_need_samples_first():
    every = tuple(Operation("RX", (wire,), (Input(wire),)) for wire in range(6))
    ring = strongly_entangling(6, 1)
    made = moves(6, ring, ring, every)
    assert made == ["Permute", "Turn", "Turn", "Permute", "SamplesFirst", "PerSample", "PerSample"]
