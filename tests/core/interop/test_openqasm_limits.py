"""OpenQASM programs that would become too large: refused before they do."""

import time

import pytest
from refused import refused

from qmann_core.errors import CircuitError
from qmann_core.interop.openqasm import from_openqasm

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def chain(count, call, body="x q;", arguments=""):
    """Gates that call the one before; the last one stands for all."""
    first = f"gate g0{arguments} q {{ {body} }}\n"
    later = (f"gate g{i}{arguments} q {{ {call.format(i - 1)} }}\n" for i in range(1, count))
    return "".join((first, *later))


DOUBLED = "g{0} q; g{0} q;"
SQUARED = chain(60, "g{0}(t*t) q;", "rx(t) q;", "(t)") + "input float x0; qubit q; g59(x0) q;"
WIRES = ", ".join(f"q[{i}]" for i in range(100))
PROGRAMS = {
    "doubled": (chain(60, DOUBLED) + "qubit q; g59 q;", "written out to more than 100000 gates"),
    "doubled nothing": (chain(60, DOUBLED, "") + "qubit q; g59 q;", "written out to more than"),
    "a chain": (chain(5000, "g{0} q;") + "qubit q; g4999 q;", "nested too deeply"),
    "a tower": ("qubit q; rx(9**9**9) q;", "does not fit in 64 bits"),
    "a real tower": ("qubit q; rx(9.0**9.0**9) q;", "is not a finite number"),
    "a product": ("qubit q; rx(" + "*".join(["9999999999"] * 90) + ") q;", "does not fit"),
    "qubits": ("qubit[1000000000] q;", "1000000000 qubits; up to 10000 are read"),
    "many registers": ("".join(f"qubit[999] q{i};" for i in range(20)), "10989 qubits; up to"),
    "physical qubits": ("h $1000000000;", "1000000001 qubits; up to 10000 are read"),
    "long names of them": ("h $" + "9" * 5000 + ";", "line 3: a number of 5000 digits"),
    "digits": ("qubit q; rx(" + "1" * 400 + ") q;", "line 3: a number of 400 digits"),
    "an infinite number": ("qubit q; rx(1e999) q;", "the value inf is not finite"),
    "an array": ("input array[float, 1000000000] x; qubit q;", "array x of length 1000000000"),
    "brackets": ("qubit q; rx(" + "(" * 5000 + "1" + ")" * 5000 + ") q;", "more than 100 brackets"),
    "braces": ("{" * 5000, "line 3: more than 100 brackets"),
    "signs": ("qubit q; rx(" + "-" * 5000 + "1) q;", "nested too deeply"),
    "modifiers": ("qubit q; " + "inv @ " * 5000 + "x q;", "nested too deeply"),
    "powers": ("qubit q; pow(10**15) @ x q;", "written out to more than"),
    "powers of powers": ("qubit q; " + "pow(1000) @ " * 20 + "x q;", "written out to more than"),
    "aliases": ("qubit[2] q; let a = q; let b = a ++ a; let c = b ++ b;", "names a qubit twice"),
    "squares": (SQUARED, "a product of more than 10000 factors"),
    "a polynomial": ("input float x0; qubit q; rx((x0+1)**100000) q;", "a product of more than"),
    "controls": (f"qubit[100] q; ctrl(99) @ x {WIRES};", "99 controls; up to 64 are written out"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_that_are_too_large_are_refused_soon(name, request):
    body, message = PROGRAMS[name]
    begun = time.process_time()
    with pytest.raises(CircuitError, match=message) as caught:
        from_openqasm(HEAD + body)
    assert time.process_time() - begun < 5 or request.config.getoption("shapes")
    assert len(str(caught.value)) <= 300
    assert "\n" not in str(caught.value)


def test_powers_of_what_does_nothing_are_nothing():
    assert from_openqasm(HEAD + "gate g q { } qubit q; pow(10**18) @ g q;").operations == ()


@pytest.mark.parametrize("text", [None, b"OPENQASM 3.0; qubit q;", 3, ["qubit q;"]])
def test_what_is_no_text_is_refused(text):
    with refused(CircuitError, "expected the text of an OpenQASM program"):
        from_openqasm(text)
