"""Circuits as values: what they count, how they compose, and what they refuse."""

from dataclasses import replace

import pytest

from qmann_core.circuits import (
    Circuit,
    Input,
    Observable,
    Operation,
    Projector,
    Weight,
    amplitude,
    angle,
    compose,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError


def circuit(*operations, n_wires=2, observables=()):
    return Circuit(n_wires, operations, observables)


def test_parameters_are_counted_by_their_highest_index():
    made = circuit(
        Operation("RX", (0,), (Input(4),)),
        Operation("Rot", (1,), (Weight(2), 0.5, Weight(6))),
        Operation("RY", (1,), (Input(0),)),
    )
    assert (made.n_inputs, made.n_weights) == (5, 7)
    assert (circuit().n_inputs, circuit().n_weights) == (0, 0)


def test_polynomials_count_what_they_read():
    made = circuit(Operation("CRX", (0, 1), (Input(2) * Weight(5) - Weight(1),)))
    assert (made.n_inputs, made.n_weights) == (3, 6)


def test_equal_circuits_are_one_key():
    first, second = (Circuit(3, compose(angle(3)), z_each(3)) for _ in range(2))
    assert len({first, second}) == 1
    assert first != Circuit(3, compose(angle(3)), z_each(2))


def test_compose_gives_each_block_its_own_weights_and_the_same_inputs():
    block = (Operation("RX", (0,), (Input(1),)), Operation("RY", (0,), (Weight(1),)))
    again = compose(block, block, (), block)
    assert [o.parameters[0] for o in again[::2]] == [Input(1)] * 3
    assert [o.parameters[0] for o in again[1::2]] == [Weight(1), Weight(3), Weight(5)]


def test_compose_shifts_the_weights_of_polynomials():
    block = (Operation("RX", (0,), (Input(1) * Weight(0) + 2 * Weight(1) + 1,)),)
    _, second = compose(block, block)
    assert second.parameters == (Input(1) * Weight(2) + 2 * Weight(3) + 1,)


def test_separable_twin_keeps_weights_and_loses_entangling_gates():
    full = Circuit(4, compose(angle(4), strongly_entangling(4, 2)), z_each(4))
    twin = full.separable()
    assert {len(o.wires) for o in twin.operations} == {1}
    assert [o for o in full.operations if len(o.wires) == 1] == list(twin.operations)
    assert (twin.n_inputs, twin.n_weights) == (full.n_inputs, full.n_weights)


def test_amplitude_encoding_has_no_separable_twin():
    with pytest.raises(CircuitError, match="no separable twin; use an angle encoding"):
        Circuit(2, amplitude(2), z_each(2)).separable()


def test_one_wire_cannot_be_entangled():
    alone = Circuit(1, amplitude(1), z_each(1))
    assert alone.separable() == alone


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (Operation("RXX", (0, 1), (0.1,)), r"operation 1 \(RXX\): unknown gate; known are I, X"),
        (Operation("CNOT", (0,)), r"operation 1 \(CNOT\): acts on 2 wires, got \(0,\)"),
        (Operation("RX", (0,)), r"operation 1 \(RX\): takes 1 parameters, got 0"),
        (Operation("Rot", (0,), (0.1, 0.2)), r"operation 1 \(Rot\): takes 3 parameters, got 2"),
        (Operation("X", (2,)), r"operation 1 \(X\): wire 2 is outside the register 0\.\.1"),
        (Operation("CZ", (0, -1)), r"operation 1 \(CZ\): wire -1 is outside the register"),
        (Operation("SWAP", (1, 1)), r"operation 1 \(SWAP\): a wire is named twice in \(1, 1\)"),
        (Operation("RX", (0,), (Input(-1),)), r"index of Input\(index=-1\) is negative"),
        (Operation("RX", (0,), (Weight(-2),)), r"index of Weight\(index=-2\) is negative"),
        (
            Operation("RX", (0,), (float("nan"),)),
            r"nan is not an Input, a Weight, a Polynomial or a finite",
        ),
        (Operation("RX", (0,), (2 * Weight(-2),)), r"index of Weight\(index=-2\) is negative"),
        (Operation("CRX", (0,), (0.1,)), r"operation 1 \(CRX\): acts on 2 wires, got \(0,\)"),
        (Operation("CRot", (0, 1), (0.1,)), r"operation 1 \(CRot\): takes 3 parameters, got 1"),
        (Operation("Toffoli", (0, 1, 0)), r"operation 1 \(Toffoli\): a wire is named twice"),
        (Operation("CSWAP", (0, 1, 2)), r"operation 1 \(CSWAP\): wire 2 is outside the register"),
        (amplitude(2)[0], r"operation 1 \(AmplitudeEncoding\): .* must be operation 0"),
    ],
)
def test_bad_operation(operation, message):
    with pytest.raises(CircuitError, match=message):
        circuit(Operation("H", (0,)), operation)


@pytest.mark.parametrize(
    ("wires", "parameters", "message"),
    [
        ((0,), (Input(0), Input(1)), r"acts on all 2 wires in order, got \(0,\)"),
        ((1, 0), amplitude(2)[0].parameters, r"acts on all 2 wires in order, got \(1, 0\)"),
        ((0, 1), (), r"2 wires hold 1 to 4 amplitudes, got 0 inputs"),
        ((0, 1), tuple(map(Input, range(5))), r"2 wires hold 1 to 4 amplitudes, got 5 inputs"),
        ((0, 1), (Input(1), Input(0)), r"its parameters are inputs 0\.\.1 in order"),
        ((0, 1), (Input(0), Input(1), 0.5, Weight(0)), r"its parameters are inputs 0\.\.3"),
    ],
)
def test_bad_amplitude_encoding(wires, parameters, message):
    with pytest.raises(CircuitError, match=message):
        circuit(Operation("AmplitudeEncoding", wires, parameters))


def test_what_is_replaced_is_checked_as_well():
    sound = Circuit(2, (Operation("X", (1,)),), z_each(1))
    with pytest.raises(CircuitError, match="wire 1 is outside the register"):
        replace(sound, n_wires=1)
    with pytest.raises(CircuitError, match="wire 2 is outside the register"):
        replace(sound, operations=(*sound.operations, Operation("X", (2,))))
    with pytest.raises(CircuitError, match=r"observable 0 .* wire 2 is outside the register"):
        replace(sound, observables=z_each(3)[2:])


def test_no_wires():
    with pytest.raises(CircuitError, match="at least 1 wire, got n_wires=0"):
        circuit(n_wires=0)


def test_observable_outside_the_register():
    with pytest.raises(CircuitError, match=r"observable 1 \(ZX\): wire 2 is outside the register"):
        circuit(observables=(Observable("Z", (0,)), Observable("ZX", (0, 2))))
    with pytest.raises(CircuitError, match=r"observable 0 \(\|01>\): wire 3 is outside the reg"):
        circuit(observables=(Projector("01", (1, 3)),))
