"""``qmann lint`` on real files: the published circuits, and what cannot be read."""

import io
import json
import sys
from types import SimpleNamespace

import pytest

from qmann_core.circuits import Circuit, angle, chen_v0, compose, hadamard_angle, z_each
from qmann_core.cli import core
from qmann_core.interop import to_openqasm
from qmann_core.lint import lint

BLIND = """OPENQASM 3.0;
include "stdgates.inc";
input float x0;
input float w0;
qubit[2] q;
h q;
rx(x0) q[0];
ry(w0) q[1];
"""


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def qmann(tmp_path, monkeypatch):
    """Lint a program, in a pipe or on a terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(content, *options, terminal=False):
        if content is not None:
            (tmp_path / "circuit.qasm").write_bytes(content)
        out, err = Screen() if terminal else io.StringIO(), io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            status = core.run(["lint", "circuit.qasm", *options])
        return SimpleNamespace(status=status, out=out.getvalue(), err=err.getvalue())

    return run


def test_findings_are_those_of_the_circuit(qmann):
    done = qmann(BLIND.encode())
    answer = json.loads(done.out)
    assert (done.status, done.err, answer["file"]) == (0, "", "circuit.qasm")
    (finding,) = answer["findings"]
    assert (finding["code"], finding["subjects"]) == ("blind-input", [0])
    assert "its gates give the state that they act on a phase at most" in finding["message"]


def test_a_terminal_gets_a_table(qmann):
    shown = qmann(BLIND.encode(), terminal=True)
    assert "Weak in circuit.qasm" in shown.out
    assert all(text in shown.out for text in ("code", "subjects", "message", "blind-input"))
    assert json.loads(qmann(BLIND.encode(), "--json", terminal=True).out)["findings"]


def test_what_we_write_is_linted_as_what_we_mean(qmann):
    circuit = Circuit(3, compose(angle(3, axis="Z"), chen_v0(3, 1)), z_each(3))
    answer = json.loads(qmann(to_openqasm(circuit).encode()).out)
    assert [(f["code"], tuple(f["subjects"]), f["message"]) for f in answer["findings"]] == [
        (f.code, f.subjects, f.message) for f in lint(circuit)
    ]


def test_nothing_found_is_said(qmann):
    circuit = Circuit(2, compose(hadamard_angle(2), chen_v0(2, 1)), z_each(2))
    program = to_openqasm(circuit).encode()
    assert json.loads(qmann(program).out)["findings"] == []
    shown = qmann(program, terminal=True)
    assert (shown.status, shown.out) == (0, "circuit.qasm: nothing weak was found\n")


def test_names_can_be_given(qmann):
    program = BLIND.replace("x0", "theta").encode()
    refused = qmann(program)
    assert refused.status == 2
    assert "line 3: input theta is neither x<number> nor w<number>" in refused.err
    answer = json.loads(qmann(program, "--input-names", "theta").out)
    assert [finding["code"] for finding in answer["findings"]] == ["blind-input"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "qmann: circuit.qasm: cannot be read ("),
        (b"\xff\xfe", "qmann: circuit.qasm: cannot be read ("),
        (b"qubit q;\nfoo q;", "qmann: circuit.qasm: line 2: the gate foo is neither defined"),
        (b"OPENQASM 3.0;\nrx(0.1 q;", "qmann: circuit.qasm: the text is not OpenQASM 3: line 2"),
    ],
    ids=["absent", "binary", "unknown gate", "no program"],
)
def test_what_cannot_be_linted_is_one_line(qmann, content, message):
    done = qmann(content)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(message)
    assert done.err.count("\n") == 1
