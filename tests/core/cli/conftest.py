"""The command line of qmann-finance, on few rows of real prices and one epoch a fit."""

import gzip
import importlib.util
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

SMALL = (
    "application.test_days=50",
    "application.refit_every=50",
    "hybrid.epochs=1",
    "hybrid.refit_epochs=1",
    "quantum.n_blocks=3",
)


class Stream(io.StringIO):
    """A stream that says of itself whether it is a terminal."""

    def __init__(self, *, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.fixture(scope="session")
def small():
    """Settings that make training cheap."""
    return SMALL


@pytest.fixture(scope="session")
def prices(tmp_path_factory):
    """The last 700 rows of the S&P 500 that arch ships."""
    package = Path(importlib.util.find_spec("arch").origin).parent
    with gzip.open(package / "data" / "sp500" / "sp500.csv.gz", "rt", encoding="utf-8") as file:
        header, *rows = file.read().splitlines()
    place = tmp_path_factory.mktemp("prices") / "sp.csv"
    place.write_text("\n".join([header, *rows[-700:]]) + "\n", encoding="utf-8")
    return place


def execute(*arguments, small=True, terminal=False):
    """Run the program here; return its status, standard output and standard error."""
    from qmann_core.cli import main
    from qmann_finance.__main__ import COMMANDS, LOOKUPS

    settings = [part for setting in SMALL for part in ("--set", setting)] if small else []
    streams = Stream(terminal=terminal), Stream(terminal=terminal)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", streams[0])
        patch.setattr(sys, "stderr", streams[1])
        first, *rest = map(str, arguments)
        # settings before the others, so that later ones win
        status = main("qmann-finance", "Prices", COMMANDS, [first, *settings, *rest], LOOKUPS)
    out, err = (stream.getvalue() for stream in streams)
    return SimpleNamespace(status=status, out=out, err=err)


@pytest.fixture
def run(prices, tmp_path, monkeypatch):
    """Run the program in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return execute


@pytest.fixture(scope="session")
def answer(prices):
    """What ``forecast FILE`` prints in a pipe."""
    done = execute("forecast", prices)
    assert (done.status, done.err) == (0, "")
    return json.loads(done.out)


@pytest.fixture(scope="session")
def model(prices, tmp_path_factory):
    """A folder that ``fit forecast`` wrote."""
    folder = tmp_path_factory.mktemp("fitted") / "model"
    done = execute("fit", "forecast", prices, "--output", folder)
    assert (done.status, done.err) == (0, f"saved to {folder}\n")
    return folder


@pytest.fixture
def shown(monkeypatch):
    """Call something and return what it writes to standard output, a wide terminal or a pipe."""

    def call(function, *arguments, terminal=True):
        monkeypatch.setenv("COLUMNS", "120")
        stream = Stream(terminal=terminal)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", stream)
            function(*arguments)
        return stream.getvalue()

    return call
