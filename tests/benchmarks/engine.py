"""The engine beside its peers: CPU time, memory and planning, and whether the targets hold.

    uv run python tests/benchmarks/engine.py [--quick] [--output FOLDER]

Makes an environment of its own for the peers, with this checkout's qmann-core in it. Each method
runs in its own process on one thread; outputs and gradients are compared with PennyLane's
default.qubit in double precision before anything is timed; then the methods take turns, and the
figures are medians of CPU milliseconds for a forward and a backward pass, with gradients by inputs
and by weights. About fifteen minutes; two with --quick.
"""

import argparse
import json
import platform
import sys
import time
from pathlib import Path

from engine_bench import show
from engine_bench.environment import ROOT, install, versions
from engine_bench.measure import Bench, Effort
from engine_bench.targets import targets
from engine_bench.workers import MethodError, once
from engine_peers.methods import METHODS, PEERS
from engine_peers.workloads import DEEP, SEQUENCES, W1, W2, W3, WIDE

FAMILIES = ("W1", "W2", "W3", "sequences", "memory", "planning")
QUICK = Effort(rounds=2, seconds=0.15, most=20, cap=1.0, patience=60.0)
PATIENCE_S = 150.0


def main():
    arguments = parse()
    folder = arguments.environment.resolve()
    say(f"environment: {folder}")
    python, failed = install(folder)
    started = time.perf_counter()
    ours = ["qmann", "qmann-torch"] + ["qmann-compiled"] * arguments.compile
    methods = [*ours, *(name for name in PEERS if name in arguments.peers)]
    times = measure_times(python, arguments, methods)
    memory = measure_memory(python, arguments, methods)
    planning = measure_planning(python, arguments)
    say(f"{time.perf_counter() - started:.0f} s")
    report(arguments.output, about(python), times, memory, planning)
    for requirement, reason in failed.items():
        print(f"FAILED: {requirement} does not install: {reason}")
    notes = [cell.note for cells in times.values() for cell in cells.values()]
    sys.exit(bool(failed) or any(note.startswith("FAILED") for note in notes))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few repeats, small sizes")
    parser.add_argument("--compile", action="store_true", help="also ours through torch.compile")
    for name, known in (("peers", PEERS), ("workloads", FAMILIES)):
        some = f"comma-separated, of {', '.join(known)}"
        parser.add_argument(f"--{name}", type=names_of(known), default=known, help=some)
    parser.add_argument("--output", type=Path, default=ROOT / ".benchmarks" / "results")
    parser.add_argument("--environment", type=Path, default=ROOT / ".benchmarks" / "environment")
    return parser.parse_args()


def names_of(known):
    def read(text):
        names = text.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return names

    return read


def measure_times(python, arguments, methods):
    """Cells by workload and method."""
    quick, families = arguments.quick, arguments.workloads
    layers = W1[:1] if quick else W1
    sequences = SEQUENCES[::8] if quick else SEQUENCES
    alone = [m for m in methods if METHODS[m].kind == "ours" and m != "qmann-compiled"] + ["lstm"]
    plan = [(w, methods, "pennylane") for w in layers if "W1" in families]
    plan += [(W2, [*methods, "lstm"], "pennylane")] * ("W2" in families)
    plan += [(W3, methods, "pennylane")] * ("W3" in families)
    plan += [(w, alone, "qmann-torch") for w in sequences if "sequences" in families]
    bench = Bench(python, QUICK if quick else Effort(), say)
    times = {workload.name: bench.run(workload, *rest) for workload, *rest in plan}
    bench.close()
    return times


def measure_memory(python, arguments, methods):
    """Megabytes by workload and method, or why there are none."""
    if "memory" not in arguments.workloads:
        return {}
    crowd = (
        ["qmann"]
        if arguments.quick
        else [m for m in methods if W1[-1].name not in METHODS[m].lacks]
    )
    plan = {DEEP.name: ["qmann"], WIDE.name: ["qmann"], W1[-1].name: crowd}
    memory = {}
    for workload, names in plan.items():
        say(f"memory, {workload}: {', '.join(names)}")
        memory[workload] = {name: megabytes(python, name, workload) for name in names}
    return memory


def megabytes(python, method, workload):
    try:
        return float(once(python, "memory", method, workload, seconds=PATIENCE_S))
    except MethodError as error:
        return str(error)


def measure_planning(python, arguments):
    if "planning" not in arguments.workloads:
        return {}
    say("planning")
    return json.loads(once(python, "planning", seconds=PATIENCE_S))


def about(python):
    packages = ["torch", "jax", "numba", *(METHODS[name].package for name in PEERS)]
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": versions(python, dict.fromkeys(packages)),
    }


def report(folder, about, times, memory, planning):
    found = list(targets(times, memory, planning))
    show.print_times(times)
    show.print_sequences(times)
    for workload, row in memory.items():
        labels = {METHODS[name].label: value for name, value in row.items()}
        show.print_numbers(f"peak memory above the import, {workload}", "MB", labels)
    show.print_numbers("planning, 16 qubits and 10 layers", "ms", planning)
    show.print_targets(found)
    print("\n" + ", ".join(f"{name} {version}" for name, version in about["versions"].items()))
    folder.mkdir(parents=True, exist_ok=True)
    show.write_json(folder / "engine.json", about, times, memory, planning, found)
    show.draw(folder / "engine.png", times)
    print(f"{folder / 'engine.json'} and engine.png written")


def say(line):
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
