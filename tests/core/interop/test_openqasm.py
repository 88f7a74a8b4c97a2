"""OpenQASM 3: what is written is read back, Qiskit agrees, and refusals name the line."""

import sys
import warnings
from math import pi
from random import Random

import numpy as np
import pytest
import qiskit
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import assert_same, matrix, qiskit_matrix

from qmann_core.circuits import (
    ANSATZE,
    GATES,
    Circuit,
    Input,
    Observable,
    Operation,
    Weight,
    amplitude,
    angle,
    compose,
    probabilities,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.interop.openqasm import from_openqasm, to_openqasm
from qmann_core.simulation.reference import gate_matrix, state

x, w = Input, Weight
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def on(gate, *wires, at=()):
    return Operation(gate, wires, at)


def read(body, **options):
    return from_openqasm(HEAD + body, **options)


def operations(body, **options):
    return read(body, **options).operations


def overlap(first, second, n_inputs=3, n_weights=4):
    """|<psi|phi>| of two circuits at one random point."""
    rng = np.random.default_rng(0)
    point = rng.normal(size=n_inputs), rng.normal(size=n_weights)
    return abs(np.vdot(state(first, *point), state(second, *point)))


# Out and in again


def random_circuit(seed):
    rng = Random(seed)
    n_wires = rng.randint(1, 4)
    fitting = [gate for gate, its in GATES.items() if its.n_wires <= n_wires]
    made = []
    for gate in rng.choices(fitting, k=8):
        wires = tuple(rng.sample(range(n_wires), GATES[gate].n_wires))
        angles = tuple(random_parameter(rng) for _ in range(GATES[gate].n_parameters))
        made.append(Operation(gate, wires, angles))
    return Circuit(n_wires, tuple(made), z_each(n_wires))


def random_parameter(rng):
    product = rng.choice([1.0, -1.0, 0.5, -2.5e-5]) * w(rng.randint(0, 3)) * x(rng.randint(0, 2))
    shifted = product + rng.choice([0.0, -0.3, w(1)])
    return rng.choice([x(rng.randint(0, 2)), w(rng.randint(0, 3)), rng.uniform(-3, 3), shifted])


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_back(seed):
    circuit = random_circuit(seed)
    rng = np.random.default_rng(seed)
    inputs, weights = rng.normal(size=circuit.n_inputs), rng.normal(size=circuit.n_weights)
    expected = state(circuit, inputs, weights)
    for given_inputs, given_weights in ((None, None), (inputs, None), (inputs, weights)):
        again = from_openqasm(to_openqasm(circuit, given_inputs, given_weights))
        assert (again.n_wires, again.observables) == (circuit.n_wires, circuit.observables)
        assert abs(np.vdot(expected, state(again, inputs, weights))) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", sorted(set(ANSATZE) - {"qaoa"}))  # its IsingZZ is written out
def test_ansatze_come_back_as_the_same_value(name):
    circuit = Circuit(3, compose(angle(3), ANSATZE[name](3, 2)), z_each(3))
    assert from_openqasm(to_openqasm(circuit)) == circuit


def test_every_gate_with_a_name_comes_back_as_itself():
    without_name = {
        "IsingXX",
        "IsingYY",
        "IsingZZ",
        "ISWAP",
        "CRot",
    }  # their definitions are written out
    for gate in set(GATES) - without_name:
        its = GATES[gate]
        made = on(gate, *range(its.n_wires), at=tuple(map(w, range(its.n_parameters))))
        circuit = Circuit(3, (made,), z_each(3))
        assert from_openqasm(to_openqasm(circuit)) == circuit


def test_the_text():
    made = (
        on("RY", 0, at=(x(0),)),
        on("RX", 1, at=(2 * x(0) * w(1) - w(0) * w(0) - 0.5,)),
        on("Rot", 0, at=(w(0), 0.25, -x(0))),
        on("CNOT", 0, 1),
        on("IsingZZ", 1, 0, at=(w(1),)),
    )
    assert to_openqasm(Circuit(2, made, z_each(2))).splitlines() == [
        "OPENQASM 3.0;",
        'include "stdgates.inc";',
        "gate rzz(t) a, b { cx a, b; rz(t) b; cx a, b; }",
        "input float[64] x0;",
        "input float[64] w0;",
        "input float[64] w1;",
        "qubit[2] q;",
        "ry(x0) q[0];",
        "rx(2.0 * x0 * w1 - w0 * w0 - 0.5) q[1];",
        "u3(0.25, -x0, w0) q[0];",
        "cx q[0], q[1];",
        "rzz(w1) q[1], q[0];",
    ]
    bound = to_openqasm(Circuit(2, made[:1], z_each(2)), inputs=[0.5])
    assert bound.splitlines()[2:] == ["qubit[2] q;", "ry(0.5) q[0];"]


@pytest.mark.parametrize("n_amplitudes", [1, 3, 8])
def test_amplitudes_are_written_as_the_gates_that_prepare_them(n_amplitudes):
    inputs = np.random.default_rng(1).normal(size=n_amplitudes)
    circuit = Circuit(3, (*amplitude(3, n_amplitudes), on("CNOT", 0, 2)), z_each(3))
    again = from_openqasm(to_openqasm(circuit, inputs))
    np.testing.assert_allclose(
        state(again, np.zeros(0), np.zeros(0)), state(circuit, inputs, np.zeros(0)), atol=1e-12
    )


@pytest.mark.parametrize(
    ("circuit", "numbers", "message"),
    [
        (Circuit(2, angle(2), ()), {"inputs": [0.1]}, r"inputs has shape \(1,\); .* 2 inputs"),
        (Circuit(1, (), ()), {"weights": [1.0]}, r"weights has shape \(1,\); .* 0 weights"),
        (Circuit(1, angle(1), ()), {"inputs": [np.nan]}, "inputs are finite numbers"),
        (Circuit(1, amplitude(1), ()), {}, "give inputs= to write the state"),
        (Circuit(1, amplitude(1), ()), {"inputs": [0.0, 0.0]}, "the amplitudes are all 0"),
    ],
)
def test_what_cannot_be_written(circuit, numbers, message):
    with pytest.raises(CircuitError, match=message):
        to_openqasm(circuit, **numbers)


# Qiskit


def from_qiskit(circuit):
    """Qiskit's state with wire 0 as the highest bit."""
    statevector = pytest.importorskip("qiskit.quantum_info").Statevector
    amplitudes = statevector(circuit).data.reshape((2,) * circuit.num_qubits)
    return amplitudes.transpose().reshape(-1)


def test_programs_that_qiskit_writes():
    qiskit = pytest.importorskip("qiskit")
    vector = pytest.importorskip("qiskit.circuit").ParameterVector
    inputs, weights = vector("x", 2), vector("w", 3)
    made = qiskit.QuantumCircuit(3)
    made.h(0)
    made.rx(inputs[0], 0)
    made.cu(weights[0], weights[1], 0.3, 0.7, 0, 1)
    made.rzz(2 * inputs[1] * weights[2] - 0.5, 0, 2)
    made.u(weights[0], weights[1], weights[2], 1)
    made.ccx(0, 1, 2)
    made.cswap(0, 1, 2)
    made.iswap(0, 1)
    made.sxdg(2)
    made.ryy(0.4, 1, 2)
    made.r(0.1, 0.2, 0)
    made.crz(weights[1] / 2, 2, 0)
    made.ecr(0, 2)
    made.csx(0, 2)
    made.mcp(0.3, [0, 1], 2)
    made.barrier()
    rng = np.random.default_rng(0)
    values = rng.normal(size=2), rng.normal(size=3)
    circuit = from_openqasm(pytest.importorskip("qiskit.qasm3").dumps(made))
    assert (circuit.n_inputs, circuit.n_weights) == (2, 3)
    bound = made.assign_parameters({inputs: values[0], weights: values[1]})
    assert abs(np.vdot(from_qiskit(bound), state(circuit, *values))) == pytest.approx(1, abs=1e-10)


def test_qiskit_reads_what_we_write():
    qasm3 = pytest.importorskip("qiskit.qasm3")
    circuit = Circuit(3, compose(angle(3), ANSATZE["strongly_entangling"](3, 2)), z_each(3))
    rng = np.random.default_rng(0)
    point = rng.normal(size=3), rng.normal(size=18)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Qiskit calls its own reader experimental
        theirs = qasm3.loads_experimental(to_openqasm(circuit, *point))
    assert abs(np.vdot(from_qiskit(theirs), state(circuit, *point))) == pytest.approx(1, abs=1e-10)


# Parameters that are read


@pytest.mark.parametrize(
    ("expression", "parameter"),
    [
        ("x0", x(0)),
        ("-x0", -x(0)),
        ("2*x0 - pi/2", 2 * x(0) - pi / 2),
        ("x0*w1/4 + 1", 0.25 * x(0) * w(1) + 1),
        ("(x0 + w1)**2", x(0) * x(0) + 2 * x(0) * w(1) + w(1) * w(1)),
        ("x0**0", 1.0),
        ("tau", 2 * pi),
        ("π", pi),
        ("sin(0.5)*2", 2 * np.sin(0.5)),
        ("sqrt(2)", np.sqrt(2)),
        ("6/3", 2.0),
        ("1.0/2", 0.5),
        ("2**-1.0", 0.5),
        ("half*x0", 0.5 * x(0)),
        ("n*half", 1.5),
        ("float[64](3)", 3.0),
        ("twice", 2 * x(0)),
    ],
)
def test_arithmetic(expression, parameter):
    body = f"""
    const int n = 3; const float half = 0.5;
    input float[64] x0; input angle w1;
    float twice = 2*x0;
    qubit q;
    rx({expression}) q;
    """
    ((made,),) = [operation.parameters for operation in operations(body)]
    assert made == pytest.approx(parameter) if isinstance(parameter, float) else made == parameter


def test_inputs_go_by_their_names():
    body = "input float x_1; input float _w_0_; input float w2; qubit q; U(x_1, _w_0_, w2) q;"
    assert operations(body) == (on("U3", 0, at=(x(1), w(0), w(2))),)


def test_inputs_go_by_the_names_that_are_given():
    body = "input float theta; input array[float[64], 2] v; input float w0; qubit q;"
    body += "U(theta, v[1], w0) q; rx(v[-2]) q;"
    turns = (on("U3", 0, at=(x(0), x(2), w(0))), on("RX", 0, at=(x(1),)))
    assert operations(body, input_names=("theta", "v")) == turns
    turns = (on("U3", 0, at=(w(3), w(2), w(0))), on("RX", 0, at=(w(1),)))
    assert operations(body, weight_names=("w0", "v", "theta")) == turns


def test_arrays_called_x_and_w_need_no_names():
    body = "input array[float, 2] x; input array[angle[8], 3] w; qubit q; rx(x[1]*w[2]) q;"
    assert operations(body) == (on("RX", 0, at=(x(1) * w(2),)),)


# Qubits that are read


def test_registers_follow_one_another():
    body = "qubit[2] a; qubit b; qreg c[2]; cx a[1], b; cx c[0], c[-1];"
    circuit = read(body)
    assert circuit.n_wires == 5
    assert circuit.operations == (on("CNOT", 1, 2), on("CNOT", 3, 4))


@pytest.mark.parametrize(
    ("body", "wires"),
    [
        ("h a;", [(0,), (1,), (2,)]),
        ("cx a, b;", [(0, 3), (1, 4), (2, 5)]),
        ("cx a[1], b;", [(1, 3), (1, 4), (1, 5)]),
        ("cx a[0:1], b[1:2];", [(0, 4), (1, 5)]),
        ("h a[0:2:2];", [(0,), (2,)]),
        ("h a[2:-1:0];", [(2,), (1,), (0,)]),
        ("h a[{2, 0}];", [(2,), (0,)]),
        ("let c = a[1:2] ++ b; h c;", [(1,), (2,), (3,), (4,), (5,)]),
        ("let c = a[1]; h c;", [(1,)]),
    ],
)
def test_registers_slices_and_aliases(body, wires):
    assert [made.wires for made in operations(f"qubit[3] a; qubit[3] b; {body}")] == wires


def test_physical_qubits_are_wires():
    circuit = read("h $2; cx $0, $2;")
    assert (circuit.n_wires, circuit.operations) == (3, (on("H", 2), on("CNOT", 0, 2)))


# Gates that are read


def test_definitions_are_written_out():
    body = """
    gate inner(a) q { rz(a) q; }
    gate outer(a, b) q, r { inner(2*a) r; barrier q, r; inv @ s q; cx r, q; ry(a*b - 1) q; }
    input float x0;
    qubit[2] q;
    outer(x0, 3) q[1], q[0];
    """
    assert operations(body) == (
        on("RZ", 0, at=(2 * x(0),)),
        on("Adjoint(S)", 1),
        on("CNOT", 0, 1),
        on("RY", 1, at=(3 * x(0) - 1,)),
    )


def test_a_definition_goes_before_the_standard_gate():
    assert operations("gate h q { x q; } qubit q; h q;") == (on("X", 0),)


@pytest.mark.parametrize(
    ("modified", "expected"),
    [
        ("inv @ t q[0];", [on("Adjoint(T)", 0)]),
        ("inv @ inv @ sx q[0];", [on("SX", 0)]),
        ("inv @ u3(1, 2, 3) q[0];", [on("Rot", 0, at=(-2.0, -1.0, -3.0))]),
        ("inv @ U(1, 2, 3) q[0];", [on("U3", 0, at=(-1.0, -3.0, -2.0))]),
        ("ctrl @ x q[1], q[0];", [on("CNOT", 1, 0)]),
        ("ctrl(2) @ x q[2], q[1], q[0];", [on("Toffoli", 2, 1, 0)]),
        ("ctrl @ swap q[1], q[0], q[2];", [on("CSWAP", 1, 0, 2)]),
        ("ctrl @ inv @ rx(0.5) q[1], q[0];", [on("CRX", 1, 0, at=(-0.5,))]),
        ("negctrl @ x q[1], q[0];", [on("X", 1), on("CNOT", 1, 0), on("X", 1)]),
        ("pow(3) @ h q[0];", [on("H", 0)] * 3),
        ("pow(-2) @ s q[0];", [on("Adjoint(S)", 0)] * 2),
        ("pow(0) @ s q[0];", []),
        ("gphase(0.3);", []),
        ("ctrl @ gphase(0.5) q[2];", [on("PhaseShift", 2, at=(0.5,))]),
        ("ctrl @ id q[0], q[1];", []),
    ],
)
def test_modifiers(modified, expected):
    assert list(operations(f"qubit[3] q; {modified}")) == expected


CONTROLLED = {
    "s": [on("S", 1)],
    "inv @ t": [on("Adjoint(T)", 1)],
    "sx": [on("SX", 1)],
    "inv @ sx": [on("Adjoint(SX)", 1)],
    "p(0.3)": [on("PhaseShift", 1, at=(0.3,))],
    "rz(0.3)": [on("RZ", 1, at=(0.3,))],
    "u3(0.3, 0.5, 0.7)": [on("Rot", 1, at=(0.7, 0.3, 0.5))],
}


@pytest.mark.parametrize("gate", CONTROLLED)
def test_a_control_keeps_the_phase(gate):
    inner = np.eye(2)
    for step in CONTROLLED[gate]:
        inner = gate_matrix(step.gate, list(step.parameters)) @ inner
    expected = np.block([[np.eye(2), np.zeros((2, 2))], [np.zeros((2, 2)), inner]])
    made = matrix(read(f"qubit[2] q; ctrl @ {gate} q[0], q[1];"))
    np.testing.assert_allclose(made / made[0, 0], expected, atol=1e-12)


def test_u_has_the_phase_of_the_specification():
    theta, phi, lam = 0.3, 0.5, 0.7
    plus, minus = 1 + np.exp(1j * theta), 1 - np.exp(1j * theta)
    u = 0.5 * np.array(
        [
            [plus, -1j * np.exp(1j * lam) * minus],
            [1j * np.exp(1j * phi) * minus, np.exp(1j * (phi + lam)) * plus],
        ]
    )
    made = matrix(read(f"qubit[2] q; ctrl @ U({theta}, {phi}, {lam}) q[0], q[1];"))
    np.testing.assert_allclose(made[2:, 2:] / made[0, 0], u, atol=1e-12)


@pytest.mark.parametrize(("gate", "angles"), [("z", ""), ("p", "(0.3)")])
def test_two_controls_on_a_phase(gate, angles):
    made = matrix(read(f"qubit[3] q; ctrl(2) @ {gate}{angles} q[0], q[1], q[2];"))
    phase = -1 if gate == "z" else np.exp(0.3j)
    np.testing.assert_allclose(made, np.diag([1.0] * 7 + [phase]), atol=1e-12)


INNER = {
    **dict.fromkeys(("x", "y", "z", "h", "s", "t", "sx", "inv @ sx", "pow(2) @ t", "id"), 1),
    **dict.fromkeys(("rx(0.3)", "ry(0.3)", "rz(0.3)", "p(0.3)", "U(0.3, 0.5, 0.7)"), 1),
    **dict.fromkeys(("swap", "cx", "cz", "cy", "ch", "crx(0.3)", "cry(0.3)", "crz(0.3)"), 2),
    **dict.fromkeys(("cp(0.3)", "cu(0.3, 0.5, 0.7, 0.9)", "ctrl @ x", "negctrl @ h"), 2),
    "u3(0.3, 0.5, 0.7)": 1,
    "gphase(0.3)": 0,
    "ccx": 3,
    "cswap": 3,
}


@pytest.mark.parametrize("n_controls", [2, 3, 4])
@pytest.mark.parametrize("gate", INNER)
def test_any_number_of_controls(gate, n_controls):
    def under(count):
        wires = count + INNER[gate]
        names = ", ".join(f"q[{wire}]" for wire in range(wires))
        return matrix(read(f"qubit[{wires}] q; ctrl({count}) @ {gate} {names};"))

    one = under(1)
    size = len(one) // 2
    expected = np.eye(2**n_controls * size, dtype=complex)
    expected[-size:, -size:] = one[size:, size:] / one[0, 0]
    made = under(n_controls)
    np.testing.assert_allclose(made / made[0, 0], expected, atol=1e-10)


@pytest.mark.parametrize(
    ("text", "name", "angles"),
    [
        ("x", "XGate", ()),
        ("h", "HGate", ()),
        ("sx", "SXGate", ()),
        ("p(0.3)", "PhaseGate", (0.3,)),
        ("rx(0.3)", "RXGate", (0.3,)),
        ("rz(0.3)", "RZGate", (0.3,)),
        ("swap", "SwapGate", ()),
    ],
)
@pytest.mark.parametrize("n_controls", [3, 5])
def test_many_controls_have_qiskits_matrix(text, name, angles, n_controls):
    import qiskit.circuit.library as gates

    gate = getattr(gates, name)(*angles)
    wires = n_controls + gate.num_qubits
    theirs = qiskit.QuantumCircuit(wires)
    theirs.append(gate.control(n_controls, annotated=False), range(wires))
    names = ", ".join(f"q[{wire}]" for wire in range(wires))
    made = matrix(read(f"qubit[{wires}] q; ctrl({n_controls}) @ {text} {names};"))
    assert_same(made, qiskit_matrix(theirs))


def test_controls_may_read_inputs():
    circuit = read("input float x0; qubit[4] q; ctrl(3) @ rx(2*x0) q[3], q[1], q[0], q[2];")
    for value in (0.4, -1.3):
        body = f"qubit[4] q; ctrl(3) @ rx({2 * value}) q[3], q[1], q[0], q[2];"
        bound = read(body)
        start = [on("RY", wire, at=(1.0 + wire,)) for wire in range(4)]
        states = [
            state(Circuit(4, (*start, *each.operations), z_each(4)), np.array([value]), np.zeros(0))
            for each in (circuit, bound)
        ]
        assert abs(np.vdot(*states)) == pytest.approx(1)


def test_a_controlled_gate_can_be_undone_and_controlled_again():
    body = """
    gate g a, b, c, d { ctrl(3) @ U(0.3, 0.5, 0.7) a, b, c, d; }
    qubit[5] q;
    ctrl @ g q; inv @ ctrl @ g q; ctrl(4) @ U(0.3, 0.5, 0.7) q; ctrl @ inv @ g q;
    """.replace("g q;", "g q[0], q[1], q[2], q[3], q[4];").replace(
        "0.7) q;", "0.7) q[0], q[1], q[2], q[3], q[4];"
    )
    assert_same(matrix(read(body)), np.eye(32))


# What is measured


def test_the_qubits_measured_at_the_end_give_the_observables():
    body = "qubit[3] q; bit[2] c; h q; c[0] = measure q[2]; measure q[0] -> c[1];"
    assert read(body).observables == (Observable("Z", (2,)), Observable("Z", (0,)))
    assert read("qubit[2] q; bit[2] c = measure q;").observables == z_each(2)
    assert read("qubit[2] q; h q;").observables == z_each(2)


def test_observables_can_be_given():
    body = "qubit[2] q; bit c; h q; c = measure q[0];"
    assert read(body, observables=probabilities((0,))).observables == probabilities((0,))


# Refusals


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "h q[0];\nc[0] = measure q[0];\nx q[0];",
            r"line 7: x on q\[0\] after its measurement in l",
        ),
        ("reset q;", "line 5: a reset cannot be compiled; a circuit has gates, and measurements"),
        ("if (c[0]) { x q[0]; }", "line 5: an if cannot be compiled"),
        ("for int i in [0:1] { x q[i]; }", "line 5: a for loop cannot be compiled"),
        ("while (c[0]) { x q[0]; }", "line 5: a while loop cannot be compiled"),
        ("c[0] = 1;", "line 5: an assignment cannot be compiled"),
        ("def f(qubit a) { x a; }", r"line 5: a subroutine \(def\) cannot be compiled"),
        ("delay[10ns] q;", "line 5: a delay cannot be compiled"),
        ("box { x q[0]; }", "line 5: a box cannot be compiled"),
        ("end;", "line 5: an end cannot be compiled"),
        ("defcal x $0 { }", "line 5: a defcal cannot be compiled"),
        ("\nfoo q[0];", "line 6: the gate foo is neither defined nor in stdgates.inc"),
        ("rx q[0];", "line 5: rx takes 1 angles, got 0"),
        ("cx q[0];", "line 5: cx takes 2 qubits, got 1"),
        ("cx q[0], q[0];", "line 5: cx acts twice on the same qubit"),
        ("cx q, q[0:0];", "line 5: cx on registers of 1 and 2 qubits"),
        ("h r;", "line 5: the qubits 'r' are not declared"),
        ("h q[2];", r"line 5: index 2 is outside the register's 0\.\.1"),
        ("h q[0:2];", r"line 5: index 2 is outside the register's 0\.\.1"),
        ("h q[0.5];", "line 5: an index is a whole number, got 0.5"),
        ("h q[0:0:1];", "line 5: a range with step 0"),
        ("h q[0, 1];", "line 5: a register has one index, got 2"),
        ("let a = q[0]; h a[0];", "line 5: a single qubit has no index"),
        ("h $0;", r"line 5: \$0 beside declared qubits"),
        ("qubit[0] r;", "line 5: register r has 0 qubits"),
        ("ctrl @ crx(0.1) q[0], q[1], q[0];", "line 5: crx acts twice"),
        ("ctrl(3) @ x q[0], q[1];", "line 5: 3 controls of 2 qubits"),
        ("pow(0.5) @ x q[0];", "line 5: the power of x is a whole number, got 0.5"),
        ("x[10ns] q[0];", "line 5: x has a duration"),
        ("gate g a { g a; }\ng q[0];", "line 5: the gate g calls itself"),
        ("gate g a { x a; }\ng q[0], q[1];", "line 6: g takes 1 qubits, got 2"),
        ("gate g a { x b; }\ng q[0];", "line 5: a gate's body acts on the qubits of the gate"),
        ("qubit q;", "line 5: q is declared twice, first in line 3; use two names"),
        ("qubit c;", "line 5: c is declared twice, first in line 4"),
        ("gate g a { x a; }\ngate g a { h a; }", "line 6: g is declared twice, first in line 5"),
        ("gate q a { x a; }", "line 5: q is declared twice"),
        ("let q = q[0:1];", "line 5: q is declared twice"),
        ("const int n = 1;\nconst int n = 2;", "line 6: n is declared twice"),
        ("input float x0;\ninput float x0;", "line 6: x0 is declared twice"),
        ("gate g a, a { x a; }", "line 5: a is declared twice"),
        ("let a = q ++ q;", "line 5: the alias a names a qubit twice"),
        ('include "other.inc";', "line 5: include 'other.inc': no files are read"),
        ("complex[float] z = 1.0;", "line 5: z is a ComplexType; int, uint, float and angle"),
    ],
)
def test_what_cannot_be_compiled_is_named_with_its_line(body, message):
    with pytest.raises(CircuitError, match=message):
        read(f"qubit[2] q;\nbit[2] c;\n{body}")


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("sin(x0)", "sin of x0 is not a polynomial; compute it outside the circuit and pass it"),
        ("1/x0", "a division by x0 is not a polynomial"),
        ("2**x0", "an exponent x0 is not a number"),
        ("x0**0.5", r"x0\*\*0.5 is not a polynomial"),
        ("(-1.0)**0.5", r"-1.0\*\*0.5 is not a real number"),
        ("1/2", "1/2 of whole numbers is rounded to 0 in OpenQASM; write 1.0/2"),
        ("1.0/0", "a division by 0"),
        ("sqrt(-1)", r"sqrt\(-1\) is not a real number"),
        ("exp(1000)", r"exp\(1000\) is not a real number"),
        ("exp(1, 2)", "exp takes 1 argument, got 2"),
        ("foo(1)", "the function foo is unknown; sin, cos"),
        ("y", "'y' is not declared"),
        ("v", "'v' is an array; name one element"),
        ("v[2]", r"index 2 is outside 0\.\.1"),
        ("x0[0]", "only an element of an input array can be indexed"),
        ("3 % 2", "the operator % is not supported"),
        ("1e308*10", "the value inf is not finite"),
        ("1.5im", "ImaginaryLiteral is not arithmetic of real numbers"),
    ],
)
def test_arithmetic_that_is_no_polynomial(expression, message):
    body = f"input float x0; input array[float, 2] v; qubit q;\nrx({expression}) q;"
    with pytest.raises(CircuitError, match="line 4: " + message):
        read(body, input_names=("x0", "v"))


@pytest.mark.parametrize(
    ("declared", "names", "message"),
    [
        ("input float theta;", {}, "line 3: input theta is neither x<number> nor w<number>; say"),
        ("input float x0;", {"input_names": ()}, "line 3: input x0 is neither"),
        ("input int x0;", {}, "line 3: input x0 is a float, an angle or an array .* got IntType"),
        (
            "input float x0; input float x_0;",
            {},
            r"the inputs x0 and x_0 are both Input\(index=0\)",
        ),
        ("input float a;", {"input_names": ("a", "a")}, "input_names has 'a' twice"),
        (
            "input float x0;",
            {"weight_names": ("theta",)},
            "weight_names has 'theta', which the program does not declare as an input; .* x0",
        ),
    ],
)
def test_inputs_that_are_not_clear(declared, names, message):
    with pytest.raises(CircuitError, match=message):
        read(f"{declared} qubit q;", **names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("OPENQASM 3.0;\nqubit q;\nrx(0.1 q;", "not OpenQASM 3: line 3, column 8: unexpected 'q'"),
        ("qubit q;\n@@", "not OpenQASM 3: line 2"),
        ("\0", "not OpenQASM 3: L1:C0: token recognition error"),
        ("OPENQASM 2.0; qubit q;", "line 1: the qubits 'q' are not declared"),
        ("OPENQASM 4.0; qubit q;", "OpenQASM 2 and 3 are read, the program says 4.0"),
        ("OPENQASM 3.0;", "the program declares no qubit"),
        ("", "the text is empty or all comments"),
        (" \n\ufeff\t", "the text is empty or all comments|token recognition"),
        ("\ufeff// nothing yet\n/* nor\nhere */", "the text is empty or all comments"),
    ],
)
def test_texts_that_are_no_program(text, message, capsys):
    with pytest.raises(CircuitError, match=message):
        from_openqasm(text)
    assert capsys.readouterr().err == ""


def test_reading_without_the_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "openqasm3.parser", None)
    with pytest.raises(CircuitError, match=r"pip install 'qmann-core\[openqasm\]'"):
        from_openqasm("qubit q;")
