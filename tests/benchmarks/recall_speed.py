"""A memory of 2^20 entries beside plain NumPy: does the simulation cost more than a scan?

    uv run python tests/benchmarks/recall_speed.py [--rounds 21] [--entries 1048576]

Keys of 16 float32. "scan" is what NumPy needs for the same answer: dot products of the query with
normalised keys, and the 10 largest squares in order. "recall" is QMatrix.recall(query, k=10): the
same, the exact weights and the search with its counted calls. Both take turns on one thread with a
new query each round; medians of CPU milliseconds. Writing, saving and loading are timed on the
clock of the wall, too, because a disk may make them wait.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

for library in ("OMP", "OPENBLAS", "MKL"):  # read when NumPy is imported
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402

from qmann_core.memory import QMatrix  # noqa: E402

WIDTH, K, WRITTEN = 16, 10, 10**6
RATIO, SECONDS = 1.5, 2.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=2**20)
    parser.add_argument("--rounds", type=int, default=21)
    arguments = parser.parse_args()
    generator = np.random.default_rng(0)
    keys = generator.standard_normal((arguments.entries, WIDTH), dtype=np.float32)
    memory = QMatrix(arguments.entries, WIDTH)
    memory.write(keys)
    held = [
        recalls(memory, keys, arguments.rounds, generator),
        room(keys),
        *storage(memory, keys),
    ]
    sys.exit(not all(held))


def recalls(memory, keys, rounds, generator):
    """The table of recall against scan; whether the first one holds its limit."""
    first, _ = timed(lambda: memory.recall(keys[0], K))
    normalised = keys / np.linalg.norm(keys, axis=1, keepdims=True)
    methods = {
        "scan": lambda query: scan(normalised, query),
        "recall": lambda query: memory.recall(query, K, schedule="known"),
        "recall, BBHT": lambda query: memory.recall(query, K),
        "recall, threshold": lambda query: memory.recall(
            query, K, mode="threshold", threshold=0.6, copies=4, schedule="known"
        ),
    }
    times = {name: [] for name in methods}
    for number in range(rounds + 2):  # the first two are not counted
        query = generator.standard_normal(WIDTH, dtype=np.float32)
        answers = {}
        for name, method in methods.items():  # interleaved: a busy machine slows all alike
            started = time.process_time()
            answers[name] = method(query)
            if number > 1:
                times[name].append(1e3 * (time.process_time() - started))
        check(answers)
    print(f"{len(keys)} entries of {WIDTH} float32, {K} best; medians of {rounds}, one thread\n")
    print(f"{'':<20}{'CPU ms':>10}{'to a scan':>11}{'quartiles, ms':>20}")
    plain = statistics.median(times["scan"])
    ratios = {}
    for name, taken in times.items():
        low, middle, high = statistics.quantiles(taken, n=4)
        ratios[name] = middle / plain
        print(f"{name:<20}{middle:>10.2f}{ratios[name]:>11.2f}{low:>12.2f} - {high:.2f}")
    recalled = answers["recall"]
    print(
        f"\nScan and recall have the same {K} entries in every round; the recall also has their\n"
        f"weights and counts {recalled.oracle_calls} oracle calls, simulated. It is a scan, too: "
        f"{1e3 * recalled.ledger.scan_seconds:.1f} of its {1e3 * recalled.ledger.seconds:.1f} ms\n"
        "on the wall. A ratio below 1 comes from a better top-k than argpartition's.\n"
        f"The first recall after a write encodes the new keys, once: all in {1e3 * first:.0f} ms.\n"
    )
    return verdict("recall to scan", ratios["recall"], RATIO, "")


def scan(normalised, query):
    """Dot products and top-k, as anybody would write it."""
    overlaps = normalised @ (query / np.linalg.norm(query))
    fidelities = overlaps * overlaps
    top = np.argpartition(-fidelities, K)[:K]
    return top[np.argsort(-fidelities[top])]


def check(answers):
    """The same entries; float32 sums may put neighbours the other way round."""
    for name in ("recall", "recall, BBHT"):
        assert set(answers[name].addresses) == set(answers["scan"]), name


def room(keys):
    """Bytes of an entry, once it has been recalled, too."""
    tracemalloc.start()
    memory = QMatrix(len(keys), WIDTH)
    memory.write(keys)
    stored, _ = tracemalloc.get_traced_memory()
    memory.recall(keys[0])
    used, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    each = used / len(keys)
    print(
        f"bytes an entry: {stored / len(keys):.0f} stored, {each:.0f} with the encoded keys that "
        f"a recall reads, {most / len(keys):.0f} at the peak (a key alone: {4 * WIDTH})"
    )
    return True


def storage(memory, keys, rounds=3):
    """Bulk write, save and load; medians."""
    written, saved, loaded = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "memory.safetensors"
        for _ in range(rounds):
            fresh = QMatrix(WRITTEN, WIDTH)
            written.append(timed(lambda fresh=fresh: fresh.write(keys[:WRITTEN])))
            saved.append(timed(lambda: memory.save(place)))
            loaded.append(timed(lambda: QMatrix.load(place)))
        size = place.stat().st_size
        again = QMatrix.load(place).snapshot()
        assert np.array_equal(again.keys, memory.snapshot().keys)
    print(f"\n{'':<28}{'CPU s':>8}{'wall s':>8}")
    rows = {
        f"write {min(WRITTEN, len(keys))}": written,
        f"save {len(keys)}, {size / 2**20:.0f} MiB": saved,
        f"load {len(keys)}, verified": loaded,
    }
    for name, taken in rows.items():
        cpu, wall = (statistics.median(column) for column in zip(*taken, strict=True))
        print(f"{name:<28}{cpu:>8.2f}{wall:>8.2f}")
    print()
    for name, taken in rows.items():
        wall = statistics.median(column for _, column in taken)
        yield verdict(f"{name}, wall", wall, SECONDS, " s")


def timed(work):
    started, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - started, time.perf_counter() - clock


def verdict(name, value, limit, unit):
    holds = value <= limit
    print(f"{name}: {value:.2f}{unit}, limit {limit}{unit}: {'holds' if holds else 'MISSED'}")
    return holds


if __name__ == "__main__":
    main()
