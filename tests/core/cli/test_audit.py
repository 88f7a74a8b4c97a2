"""``audit`` on the command line: what it prints, draws, keeps and refuses."""

import csv
import json
import re

import pytest

from qmann_core.evaluation import Audit
from qmann_finance import VOLATILITY

QUICK = ("--seeds", 1, "--trials", 1, "--workers", 1)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("audit")


@pytest.fixture
def audited(run, prices, place):
    """Run it; the trainings are kept for the next test."""

    def call(*options, terminal=False):
        asked = ("audit", "volatility", prices, *QUICK, "--checkpoint", place / "progress")
        done = run(*asked, *options, terminal=terminal)
        assert done.status == 0, done.err
        return done

    return call


@pytest.mark.slow
def test_a_pipe_gets_the_audit_as_json(audited):
    done = audited()
    audit = Audit.from_dict(json.loads(done.out))
    assert json.loads(done.out)["verdict"] == audit.verdict
    assert audit.verdict.startswith("No evidence that the quantum part helps: by QLIKE, ")
    assert [rival.name for rival in audit.networks] == ["classical", "separable"]
    assert [rival.name for rival in audit.baselines] == list(VOLATILITY.baselines)
    assert done.err == ""


def test_a_terminal_gets_tables_and_the_verdict(audited, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = re.sub(r"\x1b\[\d*m", "", audited("--quiet", terminal=True).out)  # bold titles
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines[0] == "volatility, simulated: 1 seed, 50 test samples"
    assert "fixed ones are never trained" in " ".join(lines)
    assert lines[1].startswith("QLIKE of the hybrid less")
    assert [line.split()[0] for line in lines[3:6]] == ["classical", "separable", "linear"]
    assert "No evidence that the quantum part helps: by QLIKE, no evidence" in out
    assert "Nothing can be shown with so few seeds: with 1," in out
    assert max(map(len, lines)) <= 80


def test_files_are_written(audited, tmp_path):
    audited("--output", tmp_path / "audit.csv", "--plot", tmp_path / "audit.png")
    with (tmp_path / "audit.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["model"] for row in rows][:2] == ["hybrid", "classical"]
    assert float(rows[1]["difference"]) == pytest.approx(
        float(rows[0]["loss"]) - float(rows[1]["loss"])
    )
    assert (tmp_path / "audit.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--seeds", "many"), "--seeds"),
        (("--seeds", 0), "seeds"),
        (("--trials", 99), "got trials=99: expected 1, for none, to 7"),
        (("--workers", 0), "workers"),
        (("--output", "audit.txt"), "audit.txt: expected a name that ends in .csv or .json"),
        (("--preset", "huge"), "got preset 'huge'"),
    ],
)
def test_mistakes_are_one_line(run, prices, options, told):
    done = run("audit", "volatility", prices, *options)
    assert done.status == 2
    assert told in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_progress_of_other_settings_is_refused(run, audited, prices, place):
    audited()
    done = run(
        *("audit", "volatility", prices, *QUICK, "--checkpoint", place / "progress"),
        *("--set", "hybrid.epochs=2"),
    )
    assert done.status == 2
    assert "belongs to another audit: hybrid.epochs is 1 there and 2 here" in done.err
