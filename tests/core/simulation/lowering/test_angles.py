"""Polynomial angles become plain ones before a circuit runs."""

import torch

from qmann_core.circuits import Circuit, Input, Operation, Polynomial, Weight, z_each
from qmann_core.simulation.lowering.angles import PlainCircuit


def plain(*operations):
    return PlainCircuit(Circuit(2, operations, z_each(2)))


def test_polynomials_of_weights_become_weights():
    found = plain(Operation("RX", (0,), (2 * Weight(0) * Weight(1) - 1,)))
    weights = torch.tensor([[3.0, 5.0], [0.5, 2.0]])
    torch.testing.assert_close(found.weights(weights)[:, 2], torch.tensor([29.0, 1.0]))
    assert (found.n_weights, found.n_inputs, found.is_mixed) == (3, 0, False)


def test_polynomials_of_inputs_become_inputs():
    found = plain(Operation("RX", (0,), (Input(0) * Input(0) * Input(1) + 0.5,)))
    inputs = torch.tensor([[3.0, 5.0]])
    torch.testing.assert_close(found.inputs(inputs, inputs[0]), torch.tensor([[3.0, 5.0, 45.5]]))


def test_what_reads_both_becomes_an_input():
    found = plain(Operation("RX", (0,), (Input(0) * Weight(1) + Weight(0),)))
    weights = torch.tensor([2.0, 7.0])
    inputs = torch.tensor([[3.0], [1.0]])
    expected = torch.tensor([[3.0, 23.0], [1.0, 9.0]])
    torch.testing.assert_close(found.inputs(inputs, weights), expected)
    assert found.is_mixed


def test_equal_polynomials_are_worked_out_once():
    angle = 2 * Input(0)
    found = plain(Operation("RX", (0,), (angle,)), Operation("RY", (1,), (angle,)))
    assert found.n_inputs == 2


def test_no_gate_reads_both_kinds():
    found = plain(
        Operation("Rot", (0,), (Input(0), Weight(0), 0.3)),
        Operation("CRY", (0, 1), (Input(1),)),
    )
    for operation in found.circuit.operations:
        kinds = {type(p) for p in operation.parameters}
        assert not {Input, Weight} <= kinds
        assert Polynomial not in kinds
