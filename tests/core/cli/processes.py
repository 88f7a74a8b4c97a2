"""The program in processes of its own: run by tests as a script.

One process imports what the programs need and forks them, which is far quicker than importing torch
for each. It runs on one thread (OMP_NUM_THREADS=1), so that it may fork after running tensor code.
"""

import contextlib
import io
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from qmann_core.cli import main
from qmann_finance.__main__ import COMMANDS

SETTINGS = (
    "classical.controller=lstm",  # which takes its time, and keeps its progress
    "application.test_days=50",
    "application.refit_every=25",
    "hybrid.epochs=3",
    "hybrid.refit_epochs=2",
    "hybrid.samples_per_epoch=64",
)
_ENDED = os.WEXITED | os.WNOHANG | os.WNOWAIT


def program(arguments: Sequence[str]) -> int:
    return main("qmann-finance", "Prices", COMMANDS, arguments)


class Process:
    """A program that runs, with what it writes in files, or its output somewhere else."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        stdout: int | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self._files = [os.memfd_create(name) for name in ("out", "err")]
        self.pid = os.fork()
        if self.pid == 0:
            os.dup2(self._files[0] if stdout is None else stdout, 1)
            os.dup2(self._files[1], 2)
            status = 1
            try:
                if prepare is not None:
                    prepare()
                status = program(arguments)
                sys.stdout.flush()
            finally:
                if status == 1:  # what the interpreter would do
                    traceback.print_exc()
                sys.stderr.flush()
                os._exit(status)

    def wait(self) -> dict[str, object]:
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        texts = []
        for file in self._files:
            os.lseek(file, 0, os.SEEK_SET)
            with os.fdopen(file, encoding="utf-8") as stream:
                texts.append(stream.read())
        return {"status": status, "out": texts[0], "err": texts[1]}


def interrupted(arguments: Sequence[str], ready: Callable[[], bool]) -> dict[str, object]:
    """Run the program and press Ctrl-C once it is ready; of one that ends before, its results."""
    process = Process(arguments)
    while not ready() and os.waitid(os.P_PID, process.pid, _ENDED) is None:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGINT)
    return process.wait()


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))


def main_script(prices: str, folder: Path) -> dict[str, object]:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore it
    options = [word for setting in SETTINGS for word in ("--set", setting)]
    forecast = ["forecast", prices, *options]
    results: dict[str, object] = {}
    output = io.StringIO()  # run here, so that all that the programs need is imported
    with contextlib.redirect_stdout(output):
        status = program([*forecast, "--plot", str(folder / "whole.png")])
    results["whole"] = {"status": status, "out": output.getvalue(), "err": ""}

    progress = folder / "progress"
    resumable = [*forecast, "--checkpoint", str(progress), "--output", str(folder / "out.json")]
    for name, place in (("first", "hybrid/fit-1"), ("second", "classical/fit-0")):
        results[name] = interrupted(resumable, (progress / place).exists)
    results["resumed"] = Process(resumable).wait()

    model = str(folder / "model")
    fit = ["fit", "forecast", prices, *options, "--twin", "classical", "--output", model]
    results["fit"] = Process(fit).wait()
    predict = ["predict", model, prices]

    reader, writer = os.pipe()
    os.close(reader)
    results["nobody reads"] = Process(predict, stdout=writer).wait()
    with Path("/dev/full").open("wb") as full:
        results["full"] = Process(predict, stdout=full.fileno()).wait()

    older = folder / "older.json"
    older.write_text("older")
    results["limited"] = Process([*predict, "--output", str(older)], prepare=limited).wait()
    results["limited plot"] = Process(
        [*predict, "--plot", str(folder / "fan.png")], prepare=limited
    ).wait()
    refused = [word if word != model else str(folder / "refused") for word in fit]
    results["limited fit"] = Process(refused, prepare=limited).wait()
    return results


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main_script(sys.argv[1], Path(sys.argv[2]))))
