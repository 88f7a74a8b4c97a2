"""Milliseconds of planning at the first call, for circuits of 16 wires and 10 layers.

    python -m engine_peers.planning

Prints a JSON object. Planning is compiling the circuit, plus what the first call takes beyond a
later one; what the engine loads once per process (its kernels) was loaded by a smaller circuit.
"""

import json
import statistics
import time

import torch

from qmann_core.circuits import ANSATZE, Circuit, angle, compose, z_each
from qmann_core.nn import QuantumLayer

N_WIRES, N_LAYERS = 16, 10


def main():
    torch.set_num_threads(1)
    milliseconds = {}
    for name, ansatz in ANSATZE.items():
        for wires, layers in ((N_WIRES - 1, 1), (N_WIRES, N_LAYERS)):
            circuit = Circuit(wires, compose(angle(wires), ansatz(wires, layers)), z_each(wires))
            took = planning(circuit)
        milliseconds[name] = took
    print(json.dumps(milliseconds))


def planning(circuit):
    started = time.process_time()
    layer = QuantumLayer(circuit)
    built = time.process_time() - started
    x = torch.zeros(1, circuit.n_inputs)
    calls = []
    for _ in range(6):
        started = time.process_time()
        layer(x)
        calls.append(time.process_time() - started)
    return 1e3 * (built + calls[0] - statistics.median(calls[1:]))


if __name__ == "__main__":
    main()
