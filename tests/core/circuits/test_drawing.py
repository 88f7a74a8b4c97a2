"""Drawings: the whole text of small circuits, and what a picture holds."""

import sys
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
from qmann_core.circuits.drawing import draw, picture
from qmann_core.circuits.drawing.labels import parameter_label
from qmann_core.errors import CircuitError

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


# Pictures


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_a_picture_has_a_box_for_every_gate_and_observable(tmp_path):
    circuit = Circuit(3, compose(angle(3), strongly_entangling(3, 1)), z_each(3))
    path = tmp_path / "circuit.png"
    figure = picture(circuit, path)
    found = texts(figure)
    assert (found.count("RY"), found.count("Rot"), found.count("⟨Z⟩")) == (3, 3, 3)
    assert "$w_{3}$, $w_{4}$, $w_{5}$" in found
    assert [text for text in found if text.startswith(("reads", "fixed", "measured"))] == [
        "reads inputs x",
        "reads weights w",
        "fixed",
        "measured",
    ]
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_picture_goes_on_in_another_row_where_it_is_too_wide():
    circuit = Circuit(2, compose(angle(2), chen_v0(2, 20)), z_each(2))
    wide, narrow = picture(circuit, width=40.0), picture(circuit, width=6.0)
    assert wide.get_size_inches()[0] > narrow.get_size_inches()[0] <= 6.0
    assert texts(wide).count("0") == 1
    assert texts(narrow).count("0") > 3
    assert texts(wide).count("RY") == texts(narrow).count("RY") == 42


def test_neighbouring_boxes_of_one_gate_are_one():
    circuit = Circuit(3, (*amplitude(3), on("ISWAP", 0, 2)), probabilities((0, 1)))
    found = texts(picture(circuit))
    assert [found.count(name) for name in ("Amplitudes", "iSWAP", "Probs")] == [1, 2, 1]


def test_every_gate_is_pictured():
    assert "S†" in texts(picture(every_gate()))


def test_a_picture_without_matplotlib_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(CircuitError, match=r"pip install 'qmann-core\[plot\]'"):
        picture(Circuit(1, angle(1), z_each(1)))
