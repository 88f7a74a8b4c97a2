"""Correctness first, then interleaved times."""

import statistics
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from engine_peers.methods import METHODS, OURS

from .workers import MethodError, Worker

TOLERANCE = 1e-5  # ours, single precision against double
PEER_TOLERANCE = 1e-4  # theirs sum in single precision; some lose a digit at 16 qubits
REFERENCE = "pennylane"


@dataclass(frozen=True)
class Effort:
    """How long is measured."""

    rounds: int = 5
    seconds: float = 0.4
    """Of each method in each round."""
    most: int = 60
    """Steps of each method in each round."""
    cap: float = 12.0
    """Seconds of a method at a workload, after which it sits out the remaining rounds."""
    patience: float = 150.0
    """Seconds in which a method must answer, compilation included."""


@dataclass
class Cell:
    """One method at one workload."""

    times: list[float] = field(default_factory=list)
    error: float | None = None
    """Largest relative error of outputs and gradients; None where there is nothing to compare."""
    note: str = ""
    """Why there are no times, or why they do not count."""

    @property
    def median(self):
        return statistics.median(self.times) if self.times and not self.note else None


class Bench:
    """The workers of a run, kept from workload to workload."""

    def __init__(self, python, effort, say):
        self.python, self.effort, self.say = python, effort, say
        self._workers, self._broken = {}, {}

    def run(self, workload, methods, reference=REFERENCE):
        """A `Cell` for each method."""
        self.say(f"{workload.name}: {', '.join(methods)}")
        with tempfile.TemporaryDirectory() as folder:
            files = Path(folder)
            expected = self._expected(workload, reference, files)
            cells = {m: self._check(m, workload, expected, files) for m in methods}
        for _ in range(self.effort.rounds):
            for method, cell in cells.items():  # interleaved: a busy machine slows all alike
                if not cell.note and sum(cell.times) < 1e3 * self.effort.cap:
                    self._time(method, cell)
        return cells

    def close(self):
        for worker in self._workers.values():
            worker.close()

    def _expected(self, workload, reference, files):
        """The reference's numbers in double precision, or why there are none."""
        try:
            return self._build(reference, workload, "float64", files)
        except MethodError as error:
            return str(error)

    def _check(self, method, workload, expected, files):
        lacks = METHODS[method].lacks
        reason = lacks.get(workload.name)
        if reason:
            return Cell(note=reason)
        try:
            found = self._build(method, workload, "float32", files)
        except MethodError as error:
            return Cell(note=str(error))
        if METHODS[method].kind == "classical":
            return Cell()
        if isinstance(expected, str):
            return Cell(note=f"FAILED: nothing to compare with ({expected})")
        error = max(relative(found[name], expected[name]) for name in expected)
        tolerance = TOLERANCE if method in OURS else PEER_TOLERANCE
        failed = f"FAILED: off by {error:.1e}, allowed {tolerance:.0e}"
        return Cell(error=error, note="" if error <= tolerance else failed)

    def _build(self, method, workload, precision, files):
        file = files / f"{method}-{precision}.npz"
        request = {"build": workload.name, "precision": precision, "file": str(file)}
        self._ask(method, **request)
        return dict(np.load(file))

    def _time(self, method, cell):
        try:
            cell.times += self._ask(method, seconds=self.effort.seconds, most=self.effort.most)
        except MethodError as error:
            cell.note = str(error)

    def _ask(self, method, **request):
        if method in self._broken:
            raise MethodError(self._broken[method])
        try:
            if method not in self._workers:
                self._start(method)
            return self._workers[method].ask(request, self.effort.patience)
        except MethodError:
            self._workers.pop(method, None)  # a new process for the next workload
            raise

    def _start(self, method):
        worker = Worker(self.python, method)
        try:
            worker.answer(self.effort.patience)
        except MethodError as error:
            self._broken[method] = f"{error}, when imported"
            raise MethodError(self._broken[method]) from error
        self._workers[method] = worker


def relative(found, expected):
    """|found - expected| / |expected|, Euclidean; infinite where the shapes differ."""
    if found.shape != expected.shape or not np.isfinite(found).all():
        return float("inf")
    scale = np.linalg.norm(expected)
    return float(np.linalg.norm(found - expected) / scale) if scale else 0.0
