"""The program ``qmann`` as its user meets it."""

import subprocess
import sys
from importlib.metadata import entry_points

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
