"""Drawings: the whole text of small circuits."""

from math import pi

import pytest

from qmann_core.circuits import (
    GATES,
    Circuit,
    Input,
    Operation,
    Weight,
    amplitude,
    angle,
    chen_v0,
    compose,
    pauli,
    probabilities,
    projector,
    strongly_entangling,
    z_each,
)
from qmann_core.circuits.drawing import draw, parameter_label

x, w = Input, Weight


def on(gate, *wires, at=()):
    return Operation(gate, wires, at)


def lines(circuit, **options):
    return draw(circuit, **options).splitlines()


def test_a_layer_of_strongly_entangling():
    circuit = Circuit(3, compose(angle(3), strongly_entangling(3, 1)), z_each(3))
    assert lines(circuit) == [
        "0: ──RY(x0)──Rot(w0, w1, w2)──╭●──────╭X──┤ <Z>",
        "1: ──RY(x1)──Rot(w3, w4, w5)──╰X──╭●──│───┤ <Z>",
        "2: ──RY(x2)──Rot(w6, w7, w8)──────╰X──╰●──┤ <Z>",
    ]


def test_gates_on_several_wires_are_joined():
    operations = (
        on("H", 0),
        on("CRX", 2, 0, at=(w(0),)),
        on("Toffoli", 0, 2, 1),
        on("CSWAP", 1, 0, 2),
        on("Adjoint(S)", 1),
        on("IsingXX", 0, 2, at=(0.5 * w(1),)),
        on("CZ", 0, 1),
        on("ISWAP", 1, 2),
    )
    assert lines(Circuit(3, operations, ())) == [
        "0: ──H──╭RX(w0)──╭●──╭x──────╭XX(0.5 w1)──╭●──────────┤",
        "1: ─────│────────├X──├●──S†──│────────────╰Z──╭iSWAP──┤",
        "2: ─────╰●───────╰●──╰x──────╰XX(0.5 w1)──────╰iSWAP──┤",
    ]


def test_gates_move_to_the_left_as_far_as_they_can():
    operations = (on("X", 0), on("Y", 0), on("Z", 1), on("CNOT", 0, 2), on("H", 1))
    assert lines(Circuit(3, operations, ())) == [
        "0: ──X──Y──╭●─────┤",
        "1: ──Z─────│───H──┤",
        "2: ────────╰X─────┤",
    ]


def test_observables_stand_at_the_end():
    observables = (
        *probabilities((0, 1)),
        projector("01", (2, 0)),
        pauli("XYZ"),
        pauli("Z", (1,)),
    )
    assert lines(Circuit(3, (), observables)) == [
        "0: ──┤ ╭Probs ╭P(1) ╭<X>",
        "1: ──┤ ╰Probs │     ├<Y> <Z>",
        "2: ──┤        ╰P(0) ╰<Z>",
    ]


def test_an_amplitude_encoding_is_one_block():
    assert lines(Circuit(2, amplitude(2), z_each(2, 1))) == [
        "0: ──╭Amplitudes(x0..x3)──┤ <Z>",
        "1: ──╰Amplitudes(x0..x3)──┤",
    ]


def test_long_lines_go_on_in_another_block():
    circuit = Circuit(11, compose(angle(11), chen_v0(11, 4)), z_each(11))
    blocks = [block.splitlines() for block in draw(circuit, width=40).split("\n\n")]
    assert len(blocks) > 1
    assert all(len(line) <= 40 for block in blocks for line in block)
    assert all(
        line.startswith(f"{wire:2d}: ") for block in blocks for wire, line in enumerate(block)
    )
    rows = zip(*([row[4:] for row in block] for block in blocks), strict=True)
    joined = ["".join(pieces) for pieces in rows]
    assert joined == [line[4:] for line in lines(circuit, width=10**6)]


def test_a_gate_wider_than_the_page_stands_alone():
    circuit = Circuit(1, (on("H", 0), on("RX", 0, at=(w(0) * x(1) - 0.125,)), on("H", 0)), ())
    assert lines(circuit, width=12) == ["0: ──H", "", "0: ──RX(x1 w0 - 0.125)", "", "0: ──H──┤"]


@pytest.mark.parametrize(
    ("parameter", "label"),
    [
        (x(0), "x0"),
        (w(12), "w12"),
        (2 * x(0) * x(1), "2 x0 x1"),
        (-x(0) * w(1), "-x0 w1"),
        (0.5 - w(3) * w(3), "-w3^2 + 0.5"),
        (pi * x(0) - 3 * pi / 4, "π x0 - 3π/4"),
        (-pi / 2, "-π/2"),
        (pi, "π"),
        (0.0, "0"),
        (2.0, "2"),
        (0.123456, "0.1235"),
        (-1e-7, "-1e-07"),
    ],
)
def test_parameters_in_words(parameter, label):
    assert parameter_label(parameter) == label


def every_gate():
    operations = [
        Operation(gate, tuple(range(its.n_wires)), tuple(map(w, range(its.n_parameters))))
        for gate, its in GATES.items()
    ]
    return Circuit(3, tuple(operations), z_each(3))


def test_every_gate_is_drawn():
    drawn = draw(every_gate(), width=10**6)
    assert all(f"{name}(w0" in drawn for name in ("RX", "PhaseShift", "Rot", "U3", "YY", "ZZ"))
    assert (
        drawn.count("●") == sum(gate.startswith("C") for gate in GATES) + drawn.count("├●") + 1
    )  # Toffoli has two controls
    assert len({len(line.rstrip("<Z> ┤")) for line in drawn.splitlines()}) == 1
