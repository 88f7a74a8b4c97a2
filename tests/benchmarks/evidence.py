"""What the evidence costs: the forecast command with and without its memory, in turns.

uv run python tests/benchmarks/evidence.py
"""

import statistics
import subprocess
import sys
import time

RUNS = 5
COMMAND = ("-m", "qmann_finance", "forecast", "--quiet", "--set")


def seconds(kind: str) -> float:
    """Wall time of one run of the command."""
    begun = time.perf_counter()
    arguments = [sys.executable, *COMMAND, f"memory.kind={kind}"]
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    times: dict[str, list[float]] = {"none": [], "evidence": []}
    for _ in range(RUNS):
        for kind, found in times.items():
            found.append(seconds(kind))
    middle = {kind: statistics.median(found) for kind, found in times.items()}
    for kind, found in times.items():
        print(f"memory.kind={kind:<9} {middle[kind]:6.2f} s ({min(found):.2f} to {max(found):.2f})")
    print(f"ratio {middle['evidence'] / middle['none']:.3f}, limit 1.2; medians of {RUNS} runs")


if __name__ == "__main__":
    main()
