"""``qmann mitigate``: a program, its noisy values, and these corrected."""

import json

import pytest

from qmann_core.cli.core import run

PROGRAM = """OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
h q[0];
cx q[0], q[1];
cx q[1], q[2];
rx(0.3) q[2];
"""


@pytest.fixture
def program(tmp_path):
    file = tmp_path / "ghz.qasm"
    file.write_text(PROGRAM)
    return file


def asked(file, *arguments):
    return run(["mitigate", str(file), *arguments])


@pytest.mark.parametrize("stages", ["auto", "readout,linear"])
def test_values_come_nearer_to_the_exact_ones_stage_by_stage(program, capsys, tmp_path, stages):
    picture = tmp_path / "stages.png"
    words = ("--observable", "ZZI", "--observable", "IZZ", "--plot", str(picture))
    assert asked(program, *words, "--noise", "fake_manila", "--mitigation", stages) == 0
    found = json.loads(capsys.readouterr().out)
    values = [row["value"] for row in found["stages"] if row["observable"] == "Z0 Z1"]
    errors = [1 - value for value in values]
    assert errors[0] > 3 * abs(errors[-1])
    assert found["notes"][0].startswith("Readout + ZNE on aer with noise of fake_manila")
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_shots_are_those_of_all_circuits_together(program, capsys):
    words = ("--observable", "ZZI", "--noise", "0.01", "--shots", "5000", "--seed", "3")
    outputs = []
    for _ in range(2):
        assert asked(program, *words) == 0
        outputs.append(json.loads(capsys.readouterr().out))
    assert outputs[0]["stages"] == outputs[1]["stages"]
    assert "4 circuits, 4,99" in outputs[0]["notes"][0]
    assert all(row["lo-95"] < row["value"] < row["hi-95"] for row in outputs[0]["stages"])


def test_a_dry_run_counts_what_is_sent(program, capsys):
    words = ("--observable", "ZZI", "--observable", "IXX", "--noise", "fake_manila")
    counted, spent = [], []
    for stages in ("readout,linear", "readout,cdr"):
        how = ("--shots", "5000", "--mitigation", stages)
        assert asked(program, *words, *how, "--dry-run") == 0
        counted.append(json.loads(capsys.readouterr().out)["table"][0])
        assert asked(program, *words, *how) == 0
        spent.append(json.loads(capsys.readouterr().out)["notes"][0])
    for cost, note in zip(counted, spent, strict=True):
        assert f"{cost['circuits']:,} circuits, {cost['shots']:,} shots" in note
    assert counted[0]["two_wire_gates"] == 3 * 2  # of the fold, in the gates of the device


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--observable", "ZZ"], "got observable ZZ: expected 3 letters, one for each wire"),
        (["--observable", "ZZQ"], "a Pauli word has letters I, X, Y, Z; got 'ZZQ'"),
        (["--observable", "III"], "the identity alone is no observable"),
        (["--observable", "ZZI", "--mitigation", "magic"], "unknown mitigation 'magic'"),
        (["--observable", "ZZI", "--shots", "20"], "got 20 shots: expected at least"),
        (["--observable", "ZZI", "--noise", "1.5"], "got 1.5"),
        (["--observable", "ZZI", "--seed", "x"], "got --seed='x': expected a whole number"),
    ],
)
def test_mistakes_are_a_line(program, capsys, arguments, message):
    assert asked(program, *arguments) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert message in said.err


def test_a_program_with_free_inputs_is_refused(tmp_path, capsys):
    file = tmp_path / "free.qasm"
    file.write_text("OPENQASM 3.0;\ninput float x0;\nqubit[1] q;\nrx(x0) q[0];\n")
    assert asked(file, "--observable", "Z") == 2
    assert "got a program with free inputs" in capsys.readouterr().err
