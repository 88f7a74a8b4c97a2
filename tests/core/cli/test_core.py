"""The program ``qmann`` as its user meets it."""

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, entry_points

from qmann_core.backends import registry
from qmann_core.cli import core


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from qmann_core.cli.core import make_parser; make_parser().format_help(); "
        "print(*{'torch', 'numpy', 'pandas', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_the_program_is_installed():
    [program] = entry_points(group="console_scripts", name="qmann")
    assert program.load() is core.main


def test_backends_are_listed(monkeypatch, capsys):
    def version(package):
        if package == "cirq-core":
            raise PackageNotFoundError
        return "1.0"

    monkeypatch.setattr(registry, "version", version)
    assert core.run(["backends"]) == 0  # into a pipe
    rows = {row["back end"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["exact"]["gradients"], rows["aer"]["version"]) == (True, "1.0")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    assert core.run(["backends"]) == 0
    shown = capsys.readouterr().out
    assert "pennylane: default.qubit, " in shown
    assert "cirq: pip install 'qmann-core[cirq]'" in shown


def test_backends_import_nothing_of_the_vendors():
    code = (
        "import sys; from qmann_core.backends import backends_frame; backends_frame(); "
        "print(*{'qiskit', 'qiskit_aer', 'pennylane', 'cirq'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
