"""Public examples for PennyLane's TorchLayer and Qiskit's TorchConnector, with one line changed.

    uv run python tests/benchmarks/byo.py

Every program of tests/support/foreign.py is run twice on one thread: with its own connector and
with `QuantumLayer.from_pennylane` or `from_qiskit`. The seconds are those of the whole program:
building the model, tracing the circuit, and every training step. The kernels are compiled by a
first step that is not counted, as they are once for an installation.
"""

import argparse
import sys
import time
from pathlib import Path

import pennylane as qml
import torch

from qmann_core.interop import PennyLaneLayer, QiskitLayer

sys.path.append(str(Path(__file__).parents[1] / "support"))

import foreign

PENNYLANE = (qml.qnn.TorchLayer, PennyLaneLayer)
QISKIT = (foreign.qiskit_connector, QiskitLayer)
EXAMPLES = (
    (foreign.moons, PENNYLANE, 240),
    (foreign.qlstm, PENNYLANE, 60),
    (foreign.reuploading, PENNYLANE, 240),
    (foreign.amplitudes, PENNYLANE, 240),
    (foreign.estimator, QISKIT, 20),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="times as many steps")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    heads = ("steps", "largest difference", "CPU s theirs", "CPU s ours", "ratio")
    print(f"{'example':<14}{heads[0]:>7}{heads[1]:>20}{heads[2]:>14}{heads[3]:>12}{heads[4]:>8}")
    for example, (connector, ours), count in EXAMPLES:
        steps = max(1, round(arguments.scale * count))
        example(ours, 1)
        expected, slow = timed(example, connector, steps)
        found, fast = timed(example, ours, steps)
        difference = max(abs(a - b) for a, b in zip(expected, found, strict=True))
        print(
            f"{example.__name__:<14}{len(found):>7}{difference:>20.1e}"
            f"{slow:>14.2f}{fast:>12.3f}{slow / fast:>8.0f}"
        )


def timed(example, connector, steps):
    started = time.process_time()
    losses = example(connector, steps)
    return losses, time.process_time() - started


if __name__ == "__main__":
    main()
