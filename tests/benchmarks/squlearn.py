"""Time of a projected quantum kernel of 1,000 rows: this engine, and sQUlearn beside it.

    uv run --with squlearn python tests/benchmarks/squlearn.py [--rows 1000] [--wires 4 6]

The kernel is exp(-|f(a) - f(b)|^2) of f = <X>, <Y>, <Z> of every wire after RY(x), a chain of ZZ
rotations, RX and RY, with fixed angles; both simulate the same circuit, exactly, in double
precision, and must give the same matrix to 1e-6. Each runs with one thread, warm, and sQUlearn
without its cache of results; a time is the median of several, on the clock of the CPU. All of
sQUlearn's local executors are timed on the first rows, and the fastest of them on all. sQUlearn
(arXiv:2311.08990) is no dependency of the project: ``--with`` installs it for this command alone.
"""

import argparse
import os
import statistics
import sys
import time
import warnings
from functools import partial
from pathlib import Path

for library in ("OMP", "OPENBLAS", "MKL", "RAYON", "QULACS"):  # read when they are imported
    os.environ[f"{library}_NUM_THREADS"] = "1"
sys.path.remove(str(Path(__file__).parent))  # where this file would be taken for sQUlearn

import numpy as np  # noqa: E402
import pennylane as qml  # noqa: E402
import qiskit  # noqa: E402
import squlearn  # noqa: E402
import torch  # noqa: E402
from squlearn import Executor  # noqa: E402
from squlearn.encoding_circuit import QiskitEncodingCircuit  # noqa: E402
from squlearn.kernel.lowlevel_kernel import ProjectedQuantumKernel  # noqa: E402

from qmann_core.circuits import Circuit, Input, Operation, pauli  # noqa: E402
from qmann_core.simulation import compile_circuit  # noqa: E402

EXECUTORS = {
    "PennyLane default.qubit": lambda: Executor("pennylane"),
    "PennyLane lightning.qubit": lambda: Executor(qml.device("lightning.qubit")),
    "Qiskit statevector_simulator": lambda: Executor("statevector_simulator"),
    "Qulacs": lambda: Executor("qulacs"),
}
PROBED = 50  # rows that show which executor is the fastest
SAME = 1e-6
MORE = 10  # times as many runs of what takes milliseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--wires", type=int, nargs="*", default=[4, 6])
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"sQUlearn {squlearn.__version__}, PennyLane {qml.__version__}, Qiskit", end=" ")
    print(
        f"{qiskit.__version__}, {arguments.rows} rows, simulated, 1 thread, CPU time, median of",
        end=" ",
    )
    print(f"{arguments.runs} warm runs")
    for n_wires in arguments.wires:
        compare(n_wires, arguments.rows, arguments.runs)


def compare(n_wires, n_rows, runs):
    rng = np.random.default_rng(0)
    angles = rng.uniform(-1, 1, size=(3, n_wires))
    x = rng.normal(size=(n_rows, n_wires))
    own = engine(angles)
    kernels = {name: peer(angles, executor()) for name, executor in EXECUTORS.items()}
    probes = {}
    for name, kernel in kernels.items():
        probes[name], matrix = timed(kernel, x[:PROBED], 1)
        np.testing.assert_allclose(matrix, own(x[:PROBED]), rtol=0, atol=SAME)
        show(n_wires, PROBED, f"sQUlearn, {name}", probes[name])
    best = min(probes, key=probes.get)
    theirs, expected = timed(kernels[best], x, runs)
    ours, found = timed(own, x, MORE * runs)
    np.testing.assert_allclose(found, expected, rtol=0, atol=SAME)
    show(n_wires, n_rows, f"sQUlearn, {best}", theirs)
    show(n_wires, n_rows, "this engine", ours)
    print(f"{n_wires} wires: {theirs / ours:.0f} times as fast, values equal to {SAME:g}")


def show(n_wires, n_rows, name, seconds):
    print(f"{n_wires} wires, {n_rows:5} rows  {name:<40}{1e3 * seconds:10.2f} ms", flush=True)


def timed(kernel, x, runs):
    """Median seconds of CPU after a warm run, and the matrix."""
    matrix, times = kernel(x), []
    for _ in range(runs):
        started = time.process_time()
        kernel(x)
        times.append(time.process_time() - started)
    return statistics.median(times), matrix


def engine(angles):
    """By a plan."""
    n_wires = angles.shape[1]
    operations = [Operation("RY", (wire,), (Input(wire),)) for wire in range(n_wires)]
    operations += [
        Operation("IsingZZ", (wire, wire + 1), (angles[0, wire],)) for wire in range(n_wires - 1)
    ]
    operations += [
        Operation(gate, (wire,), (turns[wire],))
        for gate, turns in zip(("RX", "RY"), angles[1:], strict=True)
        for wire in range(n_wires)
    ]
    observables = tuple(pauli(axis, (wire,)) for axis in "XYZ" for wire in range(n_wires))
    plan = compile_circuit(Circuit(n_wires, tuple(operations), observables))
    return partial(gaussian, plan)


def gaussian(plan, x):
    values = plan(torch.from_numpy(x), torch.zeros(0, dtype=torch.float64))
    squares = values.square().sum(dim=1)
    distances = squares[:, None] + squares - 2 * values @ values.mT
    return distances.neg_().exp_().numpy()


def peer(angles, executor):
    """By sQUlearn."""
    n_wires = angles.shape[1]
    x = qiskit.circuit.ParameterVector("x", n_wires)
    circuit = qiskit.QuantumCircuit(n_wires)
    for wire in range(n_wires):
        circuit.ry(x[wire], wire)
    for wire in range(n_wires - 1):
        circuit.rzz(angles[0, wire], wire, wire + 1)
    for wire in range(n_wires):
        circuit.rx(angles[1, wire], wire)
        circuit.ry(angles[2, wire], wire)
    encoding = QiskitEncodingCircuit(circuit, mode="features")
    kernel = ProjectedQuantumKernel(
        encoding, executor, measurement="XYZ", outer_kernel="gaussian", gamma=1.0, caching=False
    )
    return kernel.evaluate


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
