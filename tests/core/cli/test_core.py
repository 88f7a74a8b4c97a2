"""The program ``qmann`` as its user meets it."""

import io
import json
import re
import subprocess
import sys
from importlib.metadata import entry_points
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import qmann_core.data.series
from qmann_core.cli import core

MODES = ["hard", "soft", "threshold"]


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def qmann(tmp_path, monkeypatch):
    """Run the program in an empty folder; in a pipe, or on a terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments, terminal=False):
        out, err = Screen() if terminal else io.StringIO(), io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            status = core.run([str(argument) for argument in arguments])
        return SimpleNamespace(status=status, out=out.getvalue(), err=err.getvalue())

    return run


@pytest.fixture
def answer(qmann, prices):
    done = qmann("memory", "demo", prices)
    assert (done.status, done.err) == (0, "")
    return json.loads(done.out)


def test_the_answer_in_a_pipe_has_every_mode_with_its_costs(answer):
    assert answer["source"] == "sp.csv, Close"
    assert answer["simulated"] is True
    assert list(answer["modes"]) == MODES
    assert answer["modes"]["hard"]["found"]
    for mode in answer["modes"].values():
        costs = mode["costs"]
        assert mode["found"] == (mode["matches"] != 0)
        assert costs["schedule"] == "bbht"
        assert costs["keys compared by a scan"] == answer["entries"] == 700 - 2 * 8
        assert costs["loader calls"] >= costs["oracle calls"] >= 0
        assert costs["gates"]["total"] > costs["gates with QRAM"]["total"] > 0
        calls = costs["scan seconds"] / costs["loader calls"]
        assert costs["break-even query seconds"] == pytest.approx(calls)
        assert mode["costs, matches known"]["schedule"] == "known"
        assert len(mode["cases"]) == 5 * mode["found"]
    assert any("sqrt(N / M)" in text for text in answer["may be said"])
    assert any("worse than a scan" in text for text in answer["must be said"])


def test_the_seed_decides_what_is_measured_and_nothing_else(qmann, prices, answer):
    first, again, other = (
        json.loads(qmann("memory", "demo", prices, "--seed", seed).out)["modes"]
        for seed in (0, 0, 7)
    )
    for mode in MODES:
        assert first[mode]["ended in"] == again[mode]["ended in"]
        assert first[mode]["cases"] == other[mode]["cases"] == answer["modes"][mode]["cases"]
    assert any(first[mode]["ended in"] != other[mode]["ended in"] for mode in MODES)


def test_a_terminal_of_80_columns_gets_tables(qmann, prices, answer):
    done = qmann("memory", "demo", prices, terminal=True)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", done.out).splitlines()
    assert done.status == 0
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for title in ("Hard recall: ", "Soft recall: ", "Threshold recall: ", "Ledger of one search"):
        assert title in text
    assert "What may be said:\n- " in text
    assert "What must be said:\n- Simulated: " in text
    for mode in MODES:
        for case in answer["modes"][mode]["cases"]:
            assert any(f"{case['last day']}  {case['days']}" in line for line in lines)
    [matches] = [line.split() for line in lines if line.startswith("that match")]
    assert matches[2] == str(answer["modes"]["hard"]["matches"])


def test_json_on_a_terminal_where_it_is_asked_for(qmann, prices):
    done = qmann("memory", "demo", prices, "--json", terminal=True)
    assert list(json.loads(done.out)["modes"]) == MODES


def test_a_search_that_finds_nothing_says_so(qmann):
    text = qmann("memory", "demo", "--query", "2008-10-10", terminal=True).out
    assert "nothing found; where there is something, this happens at" in text
    mode = json.loads(qmann("memory", "demo", "--query", "2008-10-10").out)["modes"]["threshold"]
    assert (mode["found"], mode["cases"], mode["ended in"], mode["matches"]) == (
        False,
        [],
        None,
        0,
    )
    assert 0 < mode["miss bound"] < 1e-3


@pytest.mark.parametrize("file", ["demo.png", "demo.svg"])
def test_the_picture_is_a_file(qmann, prices, tmp_path, file):
    assert qmann("memory", "demo", prices, "--plot", file).status == 0
    start = (tmp_path / file).read_bytes()[:200]
    assert b"PNG" in start or b"<?xml" in start


def test_without_a_file_an_installed_package_offers_the_series(qmann):
    answer = json.loads(qmann("memory", "demo").out)
    assert answer["source"] == "S&P 500, daily close"
    assert answer["entries"] == 5015


def test_without_file_and_package_the_message_says_what_to_do(qmann, monkeypatch):
    monkeypatch.setattr(qmann_core.data.series, "entry_points", lambda **_: ())
    message = "no FILE was given, and no installed package offers a series.*install qmann-finance"
    assert_one_line(qmann("memory", "demo"), message)


MISTAKES = {
    "file": (["none.csv"], r"none\.csv: no such file\. Expected a file ending in \.csv"),
    "column": (["--column", "Clos"], "sp.csv: no column 'Clos' among 'Open', 'High'"),
    "text": (["text.csv"], "text.csv: column 'price' is not a number at 1 of 3 rows: row 2"),
    "rows": (["short.csv"], r"short\.csv, price: 3 rows; expected at least 32 for windows of 8 d"),
    "later": (["--query", "2030-01-01"], "the query is 2030-01-01: expected a date from 2016-"),
    "earlier": (["--query", "1970-01-01"], "the query is 1970-01-01: expected a date from 2016-"),
    "row": (["--query", "701"], "the query is 701: .* or a row from 32 to 700"),
    "row 0": (["--query", "0"], "the query is 0: .* or a row from 32 to 700"),
    "no date": (["--query", "soon"], "the query is 'soon': expected a date from 2016"),
    "window": (["--window", "1"], "the window is 1 days: expected 2 to 20"),
    "long window": (["--window", "21"], "the window is 21 days: expected 2 to 20"),
    "words": (["--window", "x"], "got --window='x': expected a whole number from 1"),
    "seed": (["--seed", "-1"], "got --seed='-1': expected a whole number from 0"),
    "picture": (["--plot", "out.gif"], "out.gif: expected a name that ends in .png or .svg or"),
    "folder": (["--plot", "none/out.png"], "the folder none does not exist; create it first"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line(qmann, prices, tmp_path, arguments, message):
    (tmp_path / "short.csv").write_text("date,price\n2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n")
    (tmp_path / "text.csv").write_text("date,price\n2020-01-01,1\n2020-01-02,x\n2020-01-03,3\n")
    file = () if arguments[0].endswith(".csv") else (prices,)
    assert_one_line(qmann("memory", "demo", *file, *arguments), message)


def test_a_column_is_of_a_file(qmann):
    message = "--column names the prices of FILE: give a FILE, or leave --column out"
    assert_one_line(qmann("memory", "demo", "--column", "close"), message)


def assert_one_line(done, message):
    assert (done.status, done.out) == (2, "")
    assert re.fullmatch(rf"qmann: .*{message}.*\n", done.err), done.err


def test_a_column_can_be_chosen(qmann, tmp_path):
    days = pd.bdate_range("2020-01-01", periods=200)
    walk = np.exp(np.random.default_rng(0).normal(0, 0.01, (2, 200)).cumsum(axis=1))
    frame = pd.DataFrame({"day": days, "date": days, "close": walk[0], "other": walk[1]})
    frame.to_csv(tmp_path / "two.csv", index=False)
    one, two = (
        json.loads(qmann("memory", "demo", "two.csv", *choice).out)
        for choice in ((), ("--column", "OTHER"))
    )
    assert (one["source"], two["source"]) == ("two.csv, close", "two.csv, other")
    expected = 100 * np.diff(np.log(walk[1]))[-8:]
    np.testing.assert_allclose(two["query"]["changes %"], expected)
    assert one["query"]["changes %"] != two["query"]["changes %"]


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from qmann_core.cli.core import make_parser; make_parser().format_help(); "
        "print(*{'torch', 'numpy', 'pandas', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


@pytest.mark.parametrize("arguments", [["--help"], ["memory", "--help"], ["memory", "demo", "-h"]])
def test_help_says_what_there_is(qmann, arguments, capsys):
    with pytest.raises(SystemExit, match="0"):
        core.run(arguments)
    assert "memory" in capsys.readouterr().out


def test_the_program_is_installed():
    [program] = entry_points(group="console_scripts", name="qmann")
    assert program.load() is core.main
