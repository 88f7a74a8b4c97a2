"""What the engine must reach, beside what was measured."""

from dataclasses import dataclass
from typing import Literal

from engine_peers.methods import METHODS, PEERS
from engine_peers.workloads import DEEP, SEQUENCES, W1, W2, W3, WIDE


@dataclass(frozen=True)
class Target:
    name: str
    measured: float | None
    """None: not measured in this run."""
    bound: Literal["at least", "at most"]
    limit: float
    unit: str = "times"

    @property
    def verdict(self):
        if self.measured is None:
            return "not measured"
        if self.bound == "at least":
            return "PASS" if self.measured >= self.limit else "miss"
        return "PASS" if self.measured <= self.limit else "miss"


def targets(times, memory, planning):
    """All targets; ``times`` are cells by workload and method, the others numbers."""
    yield from _recurrent(times)
    for workload in W1:
        yield from _layer(times, workload)
    yield Target(
        f"{W3.name}: PennyLane default.qubit / QMANN",
        ratio(times, W3, ["pennylane"], ["qmann"]),
        "at least",
        12,
    )
    for workload, limit in ((DEEP, 200), (WIDE, 500)):
        found = memory.get(workload.name, {}).get("qmann")
        yield Target(f"memory, {workload.name}", found, "at most", limit, "MB")
    slowest = max(planning.values(), default=None)
    yield Target("planning, 16 qubits and 10 layers, slowest", slowest, "at most", 50, "ms")


def _recurrent(times):
    for method, against, bound, limit in (
        ("qmann", "lstm", "at most", 0.5),
        ("qmann", "pennylane", "at least", 1500),
        ("qmann-torch", "lstm", "at most", 6),
        ("qmann-torch", "pennylane", "at least", 120),
        ("qmann-compiled", "lstm", "at most", 2.5),
    ):
        pair = (method, against) if bound == "at most" else (against, method)
        label = " / ".join(METHODS[name].label for name in pair)
        measured = ratio(times, W2, *([name] for name in pair))
        yield Target(f"{W2.name}: {label}", measured, bound, limit)
    for n_wires, limit in ((4, 2), (5, 2), (6, 2), (8, 6)):
        ratios = [
            ratio(times, workload, ["qmann"], ["lstm"])
            for workload in SEQUENCES
            if workload.n_wires == n_wires
        ]
        worst = max((r for r in ratios if r is not None), default=None)
        name = f"50 steps, {n_wires} qubits, worst hidden size: QMANN / torch.nn.LSTM"
        yield Target(name, worst, "at most", limit)


def _layer(times, workload):
    torch_native = [name for name in PEERS if METHODS[name].kind == "torch"]
    jax = [name for name in PEERS if METHODS[name].kind == "jax"]
    name, ours = workload.name, ["qmann"]
    faster = ratio(times, workload, ["pennylane"], ours)
    yield Target(f"{name}: PennyLane default.qubit / QMANN", faster, "at least", 20)
    fastest = ratio(times, workload, torch_native, ours)
    yield Target(f"{name}: fastest PyTorch-native peer / QMANN", fastest, "at least", 7)
    if workload.n_wires <= 8:
        measured = ratio(times, workload, ours, jax)
        yield Target(f"{name}: QMANN / fastest pure JAX", measured, "at most", 1)
    else:
        fastest = ratio(times, workload, PEERS, ours)
        yield Target(f"{name}: fastest peer of any framework / QMANN", fastest, "at least", 7)


def ratio(times, workload, upper, lower):
    """Fastest of ``upper`` over fastest of ``lower``; None where one was not measured."""
    fastest = [
        min((m for m in medians(times, workload, names) if m is not None), default=None)
        for names in (upper, lower)
    ]
    return None if None in fastest else fastest[0] / fastest[1]


def medians(times, workload, names):
    cells = times.get(workload.name, {})
    return [cells[name].median if name in cells else None for name in names]
