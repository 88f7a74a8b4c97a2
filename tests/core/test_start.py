"""Streams that are closed or full, and Ctrl-C in the middle of imports: never a traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")

MODULE = """
import sys
def answer(argv):
    sys.stdout.write("answer\\n")
    sys.stderr.write("note\\n")
    return 0
def slow(argv):
    return 0
print("importing")
if "slow" in sys.argv:
    sys.stdout.flush()
if "slow" in sys.argv:
    import time
    class Held:
        def __del__(self):
            time.sleep(60)
    if "unraisable" in sys.argv:
        Held()
    time.sleep(60)
"""
PROGRAM = "from qmann_core.start import start; start('qmann-x', 'program:answer')"
REFUSED = "could not write the result"


@pytest.fixture
def run(tmp_path):
    (tmp_path / "program.py").write_text(MODULE)

    def shell(redirection):
        command = f'{sys.executable} -c "{PROGRAM}" {redirection}'
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        return subprocess.run(
            ["bash", "-c", f"set -o pipefail; {command}"],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )

    return shell


@pytest.mark.parametrize(
    ("redirection", "status", "out", "err"),
    [
        ("", 0, "importing\nanswer\n", "note\n"),
        ("<&-", 0, "importing\nanswer\n", "note\n"),
        ("2>&-", 0, "importing\nanswer\n", ""),
        ("2>/dev/full", 0, "importing\nanswer\n", ""),
        ("2>&- >/dev/full", 2, "", ""),
        (">&- 2>&-", 2, "", ""),
        ("| head -c 1", 0, "i", "note\n"),
    ],
)
def test_what_is_closed_or_full_is_no_traceback(run, redirection, status, out, err):
    done = run(redirection)
    assert "Traceback" not in done.stderr + done.stdout
    assert (done.stdout, done.stderr, done.returncode) == (out, err, status)


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize("module", ["qmann_drug", "qmann_finance"])
def test_a_result_that_cannot_be_written_is_one_line(redirection, module):
    command = f"{sys.executable} -m {module} --help {redirection}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{module.replace('_', '-')}: {REFUSED}: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("how", ["slow", "slow unraisable"])
def test_ctrl_c_while_something_is_imported_is_one_line(tmp_path, how):
    (tmp_path / "program.py").write_text(MODULE)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *how.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # not as of a job behind
    )
    assert process.stdout.readline() == "importing\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "\nqmann-x: stopped\n")
