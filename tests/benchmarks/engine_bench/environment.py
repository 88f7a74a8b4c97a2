"""An environment for the peers: their pins must not hold back the project's lock."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
REQUIREMENTS = HERE / "engine_peers" / "requirements.txt"


def install(folder):
    """Make or complete the environment; returns its Python and what did not install, and why."""
    python = folder / "bin" / "python"
    if not python.exists():
        uv("venv", "--quiet", "--python", sys.executable, str(folder), check=True)
    own = ("--editable", str(ROOT / "packages" / "qmann-core"))
    together = add(python, "-r", str(REQUIREMENTS), *own)
    if together.returncode == 0:
        return python, {}
    add(python, *own, check=True)
    failed = {}
    for requirement in requirements():  # one by one, to keep the others and to name the culprit
        alone = add(python, requirement)
        if alone.returncode:
            failed[requirement] = last_line(alone.stderr)
    return python, failed


def requirements():
    lines = (line.partition("#")[0].strip() for line in REQUIREMENTS.read_text().splitlines())
    return [line for line in lines if line]


def versions(python, packages):
    """Installed versions, by package; those that are not installed are left out."""
    listed = uv("pip", "freeze", "--python", str(python), check=True).stdout.splitlines()
    pinned = dict(line.split("==") for line in listed if "==" in line)
    return {package: pinned[package] for package in packages if package in pinned}


def add(python, *arguments, check=False):
    return uv("pip", "install", "--quiet", "--python", str(python), *arguments, check=check)


def uv(*arguments, check=False):
    command = [os.environ.get("UV") or shutil.which("uv"), *arguments]
    return subprocess.run(command, check=check, capture_output=True, text=True, cwd=ROOT)


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
