"""Ctrl-C, pipes and full disks, in real processes: see processes.py, which runs them all."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("processes")


@pytest.fixture(scope="module")
def results(prices, folder):
    command = [sys.executable, Path(__file__).with_name("processes.py"), prices, folder]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def without_clock(text):
    values = json.loads(text)
    del values["evaluation"]["seconds"]
    return values


@pytest.mark.parametrize("name", ["first", "second"])
def test_ctrl_c_says_how_to_go_on(results, folder, name):
    done = results[name]
    assert (done["status"], done["out"]) == (130, "")
    hint = f"qmann-finance: stopped; the same command goes on from {folder / 'progress'}"
    assert done["err"].strip() == hint


def test_after_ctrl_c_the_same_command_ends_with_the_same_result(results, folder):
    resumed = results["resumed"]
    assert (resumed["status"], resumed["err"]) == (0, "")
    assert without_clock(resumed["out"]) == without_clock(results["whole"]["out"])
    assert (folder / "out.json").read_text() == resumed["out"]


def test_a_reader_that_has_gone_is_no_error(results):
    """As in ``qmann-finance predict ... | head -1``."""
    assert results["nobody reads"] == {"status": 0, "out": "", "err": ""}


def test_a_full_disk_behind_the_output_is_one_line(results):
    done = results["full"]
    assert done["status"] == 2
    expected = "qmann-finance: could not write the result: [Errno 28] No space left on device\n"
    assert done["err"] == expected


def test_an_output_that_cannot_be_written_leaves_the_older_one(results, folder):
    done = results["limited"]
    assert (done["status"], done["out"]) == (2, "")
    assert done["err"].startswith(f"qmann-finance: could not write {folder / 'older.json'}: ")
    assert done["err"].endswith(
        "File too large; nothing was changed. Free some space, or choose another folder\n"
    )
    assert (folder / "older.json").read_text() == "older"


def test_a_picture_that_cannot_be_written_leaves_nothing(results, folder):
    done = results["limited plot"]
    assert (done["status"], done["out"]) == (2, "")
    assert done["err"].startswith(f"qmann-finance: could not write {folder / 'fan.png'}: ")


def test_a_model_that_cannot_be_written_leaves_nothing(results, folder):
    assert results["fit"]["status"] == 0
    done = results["limited fit"]
    assert (done["status"], done["out"]) == (2, "")
    assert "File too large" in done["err"]
    assert done["err"].count("\n") == 1


def test_nothing_half_written_is_left_anywhere(results, folder):
    assert {p.name for p in folder.iterdir()} == {
        "whole.png",
        "progress",
        "out.json",
        "model",
        "older.json",
    }
    assert not [p for p in folder.rglob("*") if p.name.startswith(".")]
