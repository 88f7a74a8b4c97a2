"""How fast a monitor is, what memory it needs, and whether kills lose or double an alarm.

    uv run python tests/benchmarks/industrial_monitor.py
    uv run python tests/benchmarks/industrial_monitor.py --rows 1000000 --kills 100

On one core, with the 52 sensors of Tennessee Eastman's normal test run, again and again: rows a
second of a CSV file that is behind, of dicts in blocks of 256, and of dicts one by one; resident
memory after a tenth of the rows and after all; and a file with an alarm in every 60 rows, whose
monitor is killed (SIGKILL) at random moments. Rows a second are by the clock and by the time of
the processor, which other programs on the machine disturb less.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from itertools import chain, cycle, islice
from pathlib import Path

import numpy as np
import torch

sys.path.append(str(Path(__file__).parents[1] / "support"))

from kills import events_despite_kills

from qmann_core.tasks import Fitted
from qmann_industrial import fit, monitor, tennessee_eastman


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    given = parser.parse_args()
    torch.set_num_threads(1)
    table = tennessee_eastman()
    model: Fitted = fit("anomalies", table, progress=False)
    normal = table[table["run"] == "d00_te"].drop(columns=["run", "row", "fault"])
    rows = normal.to_dict("records")
    list(monitor(model, rows[:100]))  # compiles
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        many = normal.iloc[np.arange(20_000) % len(normal)]
        many.to_csv(folder / "behind.csv", index=False)
        how = {"follow": False, "state": folder / "state"}
        said("a file that is behind", monitor(model, folder / "behind.csv", **how), len(many))
        said("dicts, one by one", monitor(model, islice(cycle(rows), 2000)), 2000)
        few = given.rows // 10
        stream = cycle(rows)
        parts = [islice(stream, few), marked(), islice(stream, given.rows - few), marked()]
        said("dicts, blocks of 256", monitor(model, chain(*parts), block=256), given.rows)
        faulty = normal.iloc[np.arange(300 * given.kills) % len(normal)].copy()
        deviation = normal["XMEAS(9)"].std()
        for start in range(30, len(faulty), 60):
            faulty.iloc[start : start + 12, normal.columns.get_loc("XMEAS(9)")] += 15 * deviation
        faulty.to_csv(folder / "faulty.csv", index=False)
        rng = np.random.default_rng(0)
        plain, killed, kills, wrote = events_despite_kills(
            model, folder / "faulty.csv", folder, given.kills, rng
        )
    alarms, expected = (text.count('"alarm"') for text in (killed, plain))
    print(
        f"{kills} kills, {wrote} of them after new events: {alarms} alarms, {expected} without "
        f"kills, {'the same' if plain == killed else 'OTHER'} text"
    )


def marked():
    """No rows, but what memory the process has when they are asked for."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"resident memory: {pages * os.sysconf('SC_PAGE_SIZE') / 2**20:.1f} MB, at most {most:.1f}"
    )
    yield from ()


def said(name, events, n):
    clock, processor = time.perf_counter(), time.process_time()
    kinds = [event.kind for event in events]
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    print(f"{name}: {n / clock:.0f} rows a second, {n / processor:.0f} of processor time", end="; ")
    print(f"{n} rows, {kinds.count('alarm')} alarms", flush=True)


if __name__ == "__main__":
    main()
