"""Mutated OpenQASM programs: a circuit or an error of ours, in one line, soon."""

import os
import random
import time

import pytest

from qmann_core.errors import CircuitError
from qmann_core.interop.openqasm import from_openqasm

COUNT = int(os.environ.get("QMANN_FUZZ", "20"))
SEEDS = (
    """OPENQASM 3.0;
include "stdgates.inc";
const int n = 3;
input float x0; input array[float, 2] w;
gate g(a, b) q, r { rz(a*b - 1) q; ctrl @ inv @ sx q, r; barrier q, r; gphase(a); }
qubit[n] q; qubit r; bit[2] c;
let a = q[0:1] ++ q[2];
h q; g(2*x0, w[1]**2) a[0], r; ctrl(2) @ rx(pi/2) q[0], q[1], r; pow(2) @ s r;
negctrl @ U(0.1, x0, -1e-2) q[2], r; cx q[0], q[1];
c[0] = measure q[0]; measure r -> c[1];
""",
    """OPENQASM 2.0;
include "qelib1.inc";
gate g(t) a, b { u3(t/2, 0, -pi) a; cx a, b; u1(sin(t)^2 + ln(2)) b; }
qreg q[3]; creg c[3];
h q; g(1/3) q[0], q[2]; ccx q[0], q[1], q[2]; c3x q[0], q[1], q[2], q[0]; barrier q;
rzz(0.5) q[1], q[2]; measure q -> c;
""",
)
PIECES = [
    *"()[]{};,.@*/+-^=\"\\#$\n\0é\ufeff", "**", "->", "++", "//", "/*", "*/", "0", "9**9**9",
    "1e999", "q[0]", "x0", "pi", "ctrl @ ", "inv @ ", "pow(9999) @ ", "ctrl(9) @ ",
    "gate g a { g a; }", "qubit[99999999] z;", "if (c == 1) ", "for int i in [0:9] { ", "opaque",
    "input", "let", "0x", "im", "ns", "measure", "OPENQASM 3.0;", "OPENQASM 2.0;", "((((((((",
    "1" * 40,
]  # fmt: skip


def mutated(rng):
    text = rng.choice(SEEDS)
    for _ in range(rng.randint(1, 6)):
        first = rng.randrange(len(text) + 1)
        last = min(len(text), first + rng.choice((0, 1, 1, 5, 40)))
        other = rng.randrange(len(text) + 1)
        insert = rng.choice((rng.choice(PIECES), text[other : other + rng.choice((1, 8, 60))], ""))
        text = text[:first] + insert * rng.choice((1, 1, 1, 2, 200)) + text[last:]
    return text


def complaint(text):
    """The error that a program ends in; empty if it is read."""
    try:
        from_openqasm(text)
    except CircuitError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("part", range(5))
def test_mutated_programs_end_in_a_circuit_or_in_an_error_of_ours(part):
    for number in range(part, COUNT, 5):
        text = mutated(random.Random(number))
        begun = time.process_time()
        message = complaint(text)
        assert time.process_time() - begun < 5, number
        assert len(message) <= 300, (number, message)
        assert "\n" not in message, (number, message)
