"""CPU and wall seconds of commands that need no training, each a process of its own, warm.

uv run python tests/benchmarks/shell.py
"""

import compileall
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from qmann_finance import demo_prices

COMMANDS = (
    ("qmann_finance data FILE", 2),
    ("qmann_finance similar FILE", 2),
    ("qmann_drug drug-likeness CCO", 2),
    ("qmann_drug similar CCO", 2),
    ("qmann_drug predict CCO", 4),
)
"""And the CPU seconds, of all threads, that each may take."""
REPEATS = 3
ROOT = Path(__file__).parents[2]


def seconds(command: str, file: Path) -> tuple[float, float]:
    """CPU and wall seconds."""
    program, *words = command.replace("FILE", str(file)).split()
    before, started = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-m", program, *words], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    cpu = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    return cpu, time.perf_counter() - started


def main() -> None:
    """Least of a few repeats, after one that fills every cache."""
    for package in ROOT.glob("packages/*/src"):
        compileall.compile_dir(package, quiet=2)
    compileall.compile_dir(Path(sys.prefix) / "lib", quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "prices.csv"
        demo_prices().to_long().to_csv(file, index=False)
        print(f"{'command':32} {'CPU s':>6} {'wall s':>6} {'most CPU':>8}")
        for command, most in COMMANDS:
            seconds(command, file)
            found = [seconds(command, file) for _ in range(REPEATS)]
            cpu, wall = (min(column) for column in zip(*found, strict=True))
            print(f"{command.replace('_', '-'):32} {cpu:6.2f} {wall:6.2f} {most:8}")


if __name__ == "__main__":
    main()
