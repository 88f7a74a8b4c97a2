"""OpenQASM 2: what is read has Qiskit's matrix, and what is not there is named with its line."""

import math

import numpy as np
import pytest
import qiskit.qasm2
import torch
from matrices import assert_same, matrix, qiskit_matrix
from qiskit.circuit.random import random_circuit

from qmann_core.circuits import Observable
from qmann_core.errors import CircuitError
from qmann_core.interop.openqasm import from_openqasm
from qmann_core.simulation import compile_circuit

HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'


def loads(text):
    return qiskit.qasm2.loads(text, custom_instructions=qiskit.qasm2.LEGACY_CUSTOM_INSTRUCTIONS)


GATES = {
    **dict.fromkeys(("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "id"), (0, 1)),
    **dict.fromkeys(("rx", "ry", "rz", "u1", "p"), (1, 1)),
    **dict.fromkeys(("cx", "CX", "cy", "cz", "ch", "swap", "csx"), (0, 2)),
    **dict.fromkeys(("crx", "cry", "crz", "cu1", "cp", "rxx", "rzz"), (1, 2)),
    "u2": (2, 1),
    "u3": (3, 1),
    "u": (3, 1),
    "U": (3, 1),
    "cu3": (3, 2),
    "cu": (4, 2),
    "ccx": (0, 3),
    "cswap": (0, 3),
    "rccx": (0, 3),
    "rc3x": (0, 4),
    "c3x": (0, 4),
    "c3sqrtx": (0, 4),
    "c4x": (0, 5),
}


@pytest.mark.parametrize("gate", GATES)
def test_gates_of_qelib_have_qiskits_matrix(gate):
    n_angles, n_wires = GATES[gate]
    angles = "(" + ", ".join(f"pi/{k + 3}" for k in range(n_angles)) + ")" if n_angles else ""
    names = ", ".join(f"q[{wire}]" for wire in reversed(range(n_wires)))
    text = f"{HEAD}qreg q[{n_wires}];\n{gate}{angles} {names};\n"
    assert_same(matrix(from_openqasm(text)), qiskit_matrix(loads(text)))


@pytest.mark.parametrize(
    "expression",
    [
        "1/2", "pi*1/2", "-pi/2", "3*pi/4 - 1", "2^3", "2^3^2/100", "-2^2", "-(2)^2", "ln(2)",
        "sin(1)+cos(pi/3)*tan(0.2)", "exp(-1)", "sqrt(2)", "1e-1", ".5", "1.", "(1+2)*3/(4-5)",
        "7", "2.5e+1/7", "2^-1", "1-2-3", "8/2/2",
    ],
)  # fmt: skip
def test_arithmetic_is_that_of_real_numbers(expression):
    text = f"{HEAD}qreg q[1];\nrx({expression}) q[0];\n"
    (operation,) = from_openqasm(text).operations
    assert operation.parameters[0] == pytest.approx(float(loads(text).data[0].operation.params[0]))


@pytest.mark.parametrize("seed", range(12))
def test_programs_that_qiskit_writes_are_read(seed):
    circuit = random_circuit(4, 5, max_operands=3, seed=seed)
    text = qiskit.qasm2.dumps(circuit)
    assert_same(matrix(from_openqasm(text)), qiskit_matrix(circuit))


def test_definitions_registers_and_measurements():
    text = f"""{HEAD}
    // a comment with "quotes" and ;
    gate twice(a, input) qubit, b {{ rx(a/2) qubit; barrier qubit, b; u1(-input) b; cx b, qubit; }}
    qreg q[2]; qreg let[1]; creg c[2]; creg in[1];
    h q; twice(1, pi/2) q[1], let[0]; cx q[0], let[0];
    barrier q; measure q -> c; measure let[0] -> in[0];
    """
    circuit = from_openqasm(text)
    assert circuit.observables == tuple(Observable("Z", (wire,)) for wire in range(3))
    theirs = loads(text)
    theirs.remove_final_measurements()
    assert_same(matrix(circuit), qiskit_matrix(theirs))


@pytest.mark.parametrize(
    ("text", "n_wires"),
    [
        ("\ufeffOPENQASM 2.0;\nqreg q[3]; U(0, 0, pi/2) q[0]; CX q[0], q[1];", 3),
        ("OPENQASM 2;\nqreg q[1];", 1),
        ('include "qelib1.inc"; qreg q[2]; rx(1/2) q[0];', 2),
        ("// made by hand\n\nOPENQASM   2.0 ;\nqreg q[1];\r\n", 1),
    ],
)
def test_heads(text, n_wires):
    assert from_openqasm(text).n_wires == n_wires


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("opaque g a;", "line 5: an opaque gate has no definition"),
        ("if (c == 1) x q[0];", "line 5: an if cannot be compiled"),
        ("reset q[0];", "line 5: a reset cannot be compiled"),
        ("measure q[0] -> c[0];\nx q[0];", r"line 6: x on q\[0\] after its measurement in line 5"),
        ("foo q[0];", "line 5: the gate foo is neither defined nor in"),
        ("qreg q[2];", "line 5: q is declared twice, first in line 3"),
        ("x q[5];", r"line 5: index 5 is outside the register's 0\.\.1"),
        ("rx(1/0) q[0];", "line 5: a division by 0"),
        ("rx(9^9^9) q[0];", "is not a finite number"),
        ("x q[0]", "not OpenQASM 2: line"),
        ('include "other.inc";', "line 5: include 'other.inc': no files are read"),
        ("qreg r[1000000000];", "up to 10000 are read"),
    ],
)
def test_what_can_not_be_read_is_named_with_its_line(body, message):
    with pytest.raises(CircuitError, match=message):
        from_openqasm(f"{HEAD}qreg q[2];\ncreg c[2];\n{body}")


def test_the_measured_values_are_those_of_the_state():
    text = HEAD + "qreg q[2]; creg c[2]; ry(0.3) q[0]; cx q[0], q[1]; measure q -> c;"
    plan = compile_circuit(from_openqasm(text))
    found = plan(torch.zeros(0, dtype=torch.float64), torch.zeros(0, dtype=torch.float64))
    np.testing.assert_allclose(found, [math.cos(0.3)] * 2, atol=1e-12)
