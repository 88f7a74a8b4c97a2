"""13 tasks in the gates RZ, SX, X and CNOT, and what their noise and their layout are.

Randomised benchmarking (Magesan et al., arXiv:1009.3639), mirror circuits (Proctor et al.,
arXiv:2008.11294), strongly entangling layers, GHZ states, and an Ising chain in Trotter steps.
"""

from dataclasses import replace
from functools import cache
from itertools import product
from math import pi

import numpy as np
import torch
from qiskit import transpile
from qiskit.quantum_info import Operator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from qmann_core.backends import backend
from qmann_core.backends.fake import fake_device
from qmann_core.circuits import (
    Circuit,
    Operation,
    inverse,
    pauli,
    probabilities,
    strongly_entangling,
    substitute,
    z_each,
)
from qmann_core.interop import from_qiskit, to_qiskit

NATIVE = ("rz", "sx", "x", "cx")
QUARTER = pi / 2
TURNS = [(a, b, c) for a, b, c in product(range(4), range(3), range(4)) if b == 1 or c == 0]
"""The 24 Clifford gates on a wire, as quarter turns about Z, Y, Z; `AXES` exchange X, Y and Z."""
HADAMARD, AXES = (2, 1, 0), ((0, 0, 0), (1, 1, 0), (0, -1, -1))
NO_WEIGHTS = torch.zeros(0, dtype=torch.float64)
NO_INPUTS = torch.zeros(1, 0, dtype=torch.float64)
Steps = tuple[Operation, ...]


def turned(wire: int, quarters: tuple[int, int, int]) -> Steps:
    return (Operation("Rot", (wire,), tuple(QUARTER * each for each in quarters)),)


def cnot(control: int, target: int) -> Operation:
    return Operation("CNOT", (control, target))


def native(operation: Operation) -> Steps:
    """Rot by SX and X where it turns by one or two quarters about Y, else by two SX."""
    if operation.gate != "Rot":
        return (operation,)
    a, b, c = operation.parameters
    if b < 0:
        a, b, c = a + pi, -b, c + pi
    if b == 0:
        return rz_and(operation.wires, a + c)
    if b in (QUARTER, pi):
        gate = "SX" if b == QUARTER else "X"
        return rz_and(operation.wires, a - QUARTER, gate, c + QUARTER)
    return rz_and(operation.wires, a, "SX", b + pi, "SX", c + pi)


def rz_and(wires: tuple[int, ...], *steps: float | str) -> Steps:
    return tuple(
        Operation(step, wires) if isinstance(step, str) else Operation("RZ", wires, (step,))
        for step in steps
    )


@cache
def pair_cliffords() -> tuple[list[Steps], list[Steps]]:
    """The 11,520 of Clifford's group on two wires: any of the first, then any of the second.

    Corcoles et al., arXiv:1210.7011.
    """
    before = [turned(0, a) + turned(1, b) for a, b in product(TURNS, TURNS)]
    axes = [turned(0, a) + turned(1, b) for a, b in product(AXES, AXES)]
    one, two = (cnot(0, 1),), (cnot(0, 1), cnot(1, 0))
    return before, [(), *(one + each for each in axes), *(two + each for each in axes), two + one]


def benchmarking(n_cliffords: int, seed: int) -> Steps:
    """Random Clifford operations on two wires, then the one that undoes them all."""
    rng, (before, after) = np.random.default_rng(seed), pair_cliffords()
    made: Steps = ()
    for _ in range(n_cliffords):
        made += before[rng.integers(len(before))] + after[rng.integers(len(after))]
    firsts, thens = (np.stack([matrix(each) for each in part]) for part in (before, after))
    overlaps = np.abs(np.einsum("kab,ibc,ca->ik", thens, firsts, matrix(made), optimize=True))
    first, then = np.unravel_index(overlaps.argmax(), overlaps.shape)
    return made + before[first] + after[then]


def matrix(operations: Steps) -> np.ndarray:
    return Operator(to_qiskit(Circuit(2, operations, ()))).data


def mirror(n_wires: int, n_layers: int, seed: int) -> Steps:
    """Random Clifford gates and CNOTs, random Pauli gates, and the first part undone."""
    rng = np.random.default_rng(seed)
    made: Steps = ()
    for layer in range(n_layers):
        for wire in range(n_wires):
            made += turned(wire, TURNS[rng.integers(len(TURNS))])
        made += tuple(cnot(wire, wire + 1) for wire in range(layer % 2, n_wires - 1, 2))
    paulis = [(0, 0, 0), (0, 2, 2), (0, 2, 0), (2, 0, 0)]
    middle = [turned(wire, paulis[rng.integers(4)]) for wire in range(n_wires)]
    return made + sum(middle, ()) + inverse(made)


def entangling(n_wires: int, n_layers: int, seed: int) -> Steps:
    angles = np.random.default_rng(seed).uniform(-pi, pi, 3 * n_wires * n_layers).tolist()
    return tuple(
        replace(
            each,
            parameters=tuple(substitute(p, lambda w: angles[w.index]) for p in each.parameters),
        )
        for each in strongly_entangling(n_wires, n_layers)
    )


def ghz(n_wires: int, *, turn: bool = False) -> Steps:
    """The state, and with ``turn`` a Hadamard gate on every wire of it."""
    chain = tuple(cnot(wire, wire + 1) for wire in range(n_wires - 1))
    last = [turned(wire, HADAMARD) for wire in range(n_wires) if turn]
    return turned(0, HADAMARD) + chain + sum(last, ())


def trotter(n_wires: int, n_steps: int, angle: float = -0.4) -> Steps:
    """exp(-i angle/2 (sum ZZ + sum X)), n_steps times, to first order."""
    made: Steps = ()
    for _ in range(n_steps):
        for wire in (*range(0, n_wires - 1, 2), *range(1, n_wires - 1, 2)):
            link = cnot(wire, wire + 1)
            made += (link, Operation("RZ", (wire + 1,), (angle,)), link)
        about_x = (QUARTER, angle, -QUARTER)
        made += tuple(Operation("Rot", (wire,), about_x) for wire in range(n_wires))
    return made


def tasks() -> dict[str, Circuit]:
    likely = {"rb2": (2, benchmarking(6, 41))}
    likely |= {f"mirror{n}": (n, mirror(n, 3, 40 + n)) for n in (2, 3, 4, 5)}
    others = {f"entangling4_{k}": (entangling(4, 2, k), z_each(4)) for k in (41, 42, 43)}
    others |= {
        "ghz4_z": (ghz(4), (pauli("ZZZZ"),)),
        "ghz4_x": (ghz(4, turn=True), (pauli("ZZZZ"),)),
    }
    others |= {f"ising4_{k}": (trotter(4, k), z_each(4)) for k in (1, 3, 5)}
    made = {name: with_likeliest(*of) for name, of in likely.items()}
    made |= {name: Circuit(4, *of) for name, of in others.items()}
    return {
        name: replace(circuit, operations=sum(map(native, circuit.operations), ()))
        for name, circuit in made.items()
    }


def with_likeliest(n_wires: int, operations: Steps) -> Circuit:
    """With the projector on the outcome that is read for certain without noise."""
    circuit = Circuit(n_wires, operations, probabilities(tuple(range(n_wires))))
    return replace(circuit, observables=(circuit.observables[int(exactly(circuit).argmax())],))


def exactly(circuit: Circuit) -> torch.Tensor:
    return backend("exact").expectations(circuit, NO_INPUTS, NO_WEIGHTS).mean


def on_line(circuit: Circuit) -> Circuit:
    """Laid on a line by Qiskit where some CNOT is not between neighbours."""
    if all(abs(o.wires[0] - o.wires[-1]) <= 1 for o in circuit.operations):
        return circuit
    line = [[wire, wire + 1] for wire in range(circuit.n_wires - 1)]
    start = list(range(circuit.n_wires))
    made = transpile(
        to_qiskit(circuit),
        basis_gates=NATIVE,
        coupling_map=[*line, *(pair[::-1] for pair in line)],
        initial_layout=start,
        seed_transpiler=7,
        optimization_level=1,
    )
    places = made.layout.final_index_layout()
    observables = tuple(
        replace(each, wires=tuple(places[wire] for wire in each.wires))
        for each in circuit.observables
    )
    return replace(
        circuit, operations=from_qiskit(made).circuit.operations, observables=observables
    )


def depolarising() -> NoiseModel:
    model = NoiseModel(basis_gates=list(NATIVE))
    model.add_all_qubit_quantum_error(depolarizing_error(0.002, 1), ["sx", "x"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.02, 2), ["cx"])
    model.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.02, 0.98]]))
    return model


NOISE = {
    "depolarising": (depolarising, lambda circuit: circuit),
    "fake_manila": (lambda: NoiseModel.from_backend(fake_device("fake_manila")), on_line),
}
"""A noise model of Aer's, and how circuits are laid for it."""
