"""The back end ``aer`` beside Aer itself with the same circuits: 256 samples, one call.

    uv run python tests/benchmarks/backends.py [--repeats 9]

Three settings (X, Y, Z) of a block of weakly coupled spins, transpiled once before the clock
starts. Directly means ``AerSimulator.run`` with values for the parameters, and its result; the back
end also makes expectation values and standard errors of it. CPU seconds of all threads, medians;
each pair is measured in turn. All simulated.
"""

import argparse
import time
from statistics import median

import torch
from qiskit import ClassicalRegister, generate_preset_pass_manager
from qiskit_aer import AerSimulator

from qmann_core.backends import backend
from qmann_core.interop import to_qiskit
from qmann_core.nn.feature_circuits import block

SAMPLES, SHOTS, TARGET = 256, (None, 1024, 4096), 1.3
TURNS = {"X": ("h",), "Y": ("sdg", "h"), "Z": ()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    print(f"{'wires':>5}{'shots':>8}{'Aer, s':>10}{'qmann, s':>10}{'ratio':>8}")
    for n_wires in (2, 4, 8):
        circuit = block(n_wires)
        inputs = torch.randn(SAMPLES, circuit.n_inputs, dtype=torch.float64)
        for shots in SHOTS:
            ours, theirs = through_backend(circuit, inputs, shots), directly(circuit, inputs, shots)
            pairs = [(spent(theirs), spent(ours)) for _ in range(repeats + 1)][1:]
            aer, qmann = (median(column) for column in zip(*pairs, strict=True))
            ratio = median(one / other for other, one in pairs)
            held = "" if ratio <= TARGET else f"  above {TARGET}"
            label = shots or "exact"
            print(f"{n_wires:>5}{label:>8}{aer:>10.3f}{qmann:>10.3f}{ratio:>8.2f}{held}")


def through_backend(circuit, inputs, shots):
    aer, none = backend("aer"), inputs.new_empty(0)
    return lambda: aer.expectations(circuit, inputs, none, shots=shots, seed=1)


def directly(circuit, inputs, shots):
    simulator = AerSimulator()
    manager = generate_preset_pass_manager(0, simulator)
    made = [manager.run(measured(circuit, turns, shots)) for turns in TURNS.values()]
    columns = inputs.T.numpy()

    def run():
        binds = [{p: columns[p.index].tolist() for p in each.parameters} for each in made]
        options = {} if shots is None else {"shots": shots, "seed_simulator": 1}
        result = simulator.run(made, binds, **options).result()
        assert len(result.results) == 3 * SAMPLES

    return run


def measured(circuit, turns, shots):
    made, qubits = to_qiskit(circuit), range(circuit.n_wires)
    for name in turns:
        getattr(made, name)(qubits)
    if shots is None:
        made.save_probabilities(qubits)
    else:
        made.add_register(ClassicalRegister(circuit.n_wires))
        made.measure(qubits, qubits)
    return made


def spent(run):
    start = time.process_time()
    run()
    return time.process_time() - start


if __name__ == "__main__":
    main()
