"""What circuits run on, as typed: it is checked before any work, and its results are shown."""

import json
import re
import sys

import pytest

from qmann_core.cli import main
from qmann_finance.__main__ import COMMANDS

DEVICES = {
    "no back end": (["--backend", "qasm"], "unknown back end 'qasm'; use one of exact, aer, penny"),
    "no device": (["--backend", "aer:gpu"], "aer has no device 'gpu'; use one of automatic, state"),
    "no fake device": (["--backend", "aer", "--noise", "fake_x"], "unknown fake device 'fake_x'"),
    "noise alone": (["--noise", "fake_manila"], "got noise=fake_manila: .* a back end that knows"),
    "noise": (["--noise", "1.5"], r"got noise=1\.5: expected a probability, such as 0\.01"),
    "no price": (["--dry-run"], "got no back end: expected one, such as backend=aer, for what it"),
    "shots": (["--shots", "0"], "got --shots='0': expected a whole number from 1"),
    "rows": (["--rows", "-1"], "got --rows='-1': expected a whole number from 0"),
}


@pytest.fixture
def untrained(monkeypatch):
    """No network may be trained: mistakes on the line are found first."""

    def work(*_args, **_options):
        raise AssertionError("work was done before the mistake was found")

    monkeypatch.setattr("qmann_core.tasks.answer", work)


@pytest.mark.parametrize(("arguments", "message"), DEVICES.values(), ids=DEVICES)
@pytest.mark.usefixtures("untrained")
def test_a_device_that_cannot_be_is_a_line_before_any_work(run, prices, arguments, message):
    done = run("forecast", prices, *arguments)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert re.match(f"qmann-finance: {message}", done.err), done.err


@pytest.mark.usefixtures("untrained")
def test_a_missing_library_is_a_line_that_names_its_extra(run, prices, monkeypatch):
    monkeypatch.setitem(sys.modules, "cirq", None)
    done = run("forecast", prices, "--backend", "cirq")
    assert (done.status, done.out) == (2, "")
    assert done.err.endswith("install it with pip install 'qmann-core[cirq]'\n")


def test_results_of_a_back_end_stand_beside_the_answer(run, prices, answer):
    values = json.loads(run("forecast", prices, "--backend", "exact", "--rows", "0").out)
    device = values["device"]
    assert values["prediction"] == answer["prediction"]
    assert device["title"] == "Exact, and circuits simulated by exact"
    exact, there = device["table"][:5], device["table"][5:]
    for row, asked, ours in zip(there, exact, answer["prediction"], strict=True):
        assert (row["circuits"], asked["circuits"]) == ("run there", "exact")
        assert {key: asked[key] for key in ours} == ours
        assert row["mean"] == pytest.approx(ours["mean"], rel=1e-3)
    assert "figures" not in device
    assert device["notes"][-1].startswith("on a device: ")


NOISE = {
    ("--noise", "0.01"): "simulated with 1.00% depolarising noise after each gate",
    (
        "--backend",
        "aer",
        "--noise",
        "0.01",
    ): "simulated by aer with 1.00% depolarising noise after each",
    ("--backend", "aer", "--noise", "fake_manila", "--shots", "100"): (
        "simulated by aer with the noise of fake_manila and 100 shots for each value"
    ),
}


@pytest.mark.parametrize(("arguments", "words"), NOISE.items())
def test_noise_is_a_chance_or_a_device(run, prices, model, arguments, words):
    values = json.loads(run("predict", model, prices, *arguments, small=False).out)
    (note,) = (each for each in values["warnings"] if "not adapted" in each)
    assert note.startswith(f"circuits {words}")


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "words"), NOISE.items())
def test_noise_stands_beside_the_answer(run, prices, arguments, words):
    device = json.loads(run("forecast", prices, *arguments, "--rows", "20").out)["device"]
    assert device["title"].startswith(f"Exact, and circuits {words}")
    rows = [[row["circuits"], row["test rows"]] for row in device["figures"]]
    assert rows == [["exact", 20], ["run there", 20], ["adapted", 20]]


def test_a_dry_run_says_what_it_takes_and_is_written(run, prices, tmp_path):
    arguments = ("--backend", "aer", "--shots", "10", "--rows", "0", "--dry-run")
    done = run("forecast", prices, *arguments, "--output", "price.json")
    values = json.loads(done.out)
    (row,) = values["table"]
    assert row["shots"] == 10 * (row["circuits"] - 9) > 0  # what 3 blocks say of nothing is exact
    assert (
        values["title"] == "What it takes: circuits simulated by aer with 10 shots for each value"
    )
    assert json.loads((tmp_path / "price.json").read_text()) == values


@pytest.mark.parametrize("verb", ["forecast", "predict"])
def test_help_names_what_circuits_run_on(verb, capsys):
    with pytest.raises(SystemExit, match="0"):
        main("qmann-finance", "Prices", COMMANDS, [verb, "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for option in ("--backend NAME", "--shots N", "--noise P"):
        assert option in shown
    for option in ("--rows N", "--dry-run"):
        assert (option in shown) == (verb == "forecast")
    assert "qmann backends lists them" in shown
