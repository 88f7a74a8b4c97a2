"""Circuits of every kind, and numbers to run them on."""

import numpy as np
import torch

from qmann_core.circuits import (
    ANSATZE,
    ENCODINGS,
    Circuit,
    compose,
    ising,
    pauli,
    probabilities,
    projector,
    reuploading,
    strongly_entangling,
)
from qmann_core.memory.hardware import Contents, Hard, Soft, grover, recall_circuit
from qmann_core.memory.keys.predicates import Equal
from qmann_core.nn.feature_circuits import block


def observed(n_wires):
    """Words of one letter and of all, projectors, and the identity."""
    last = n_wires - 1
    return (
        *(pauli(letter, (wire,)) for wire in {0, last} for letter in "XYZ"),
        pauli(("XYZ" * 3)[:n_wires]),
        pauli("I" * n_wires),
        projector("1", (last,)),
        projector("01"[: min(2, n_wires)], tuple(range(last, -1, -1))[:2]),
        *probabilities((0,)),
    )


def circuits(n_wires):
    """Every feature circuit, ansatz and encoding on so many wires."""
    ansatz = strongly_entangling(n_wires, 2)
    made = {
        "block": block(n_wires),
        "block twice": block(n_wires, twice=True),
        **{
            name: compose(ENCODINGS["angle"](n_wires), f(n_wires, 2)) for name, f in ANSATZE.items()
        },
        **{name: compose(f(n_wires), ansatz) for name, f in ENCODINGS.items()},
        "ising": compose(ising(n_wires), ansatz),
        "reuploading": reuploading(ENCODINGS["angle"](n_wires), [ansatz, ansatz], scaled=True),
    }
    return {
        name: each if isinstance(each, Circuit) else Circuit(n_wires, each, observed(n_wires))
        for name, each in made.items()
    }


def recalls():
    """Circuits of QMatrix: one that is asked for a key, and one for what is like a query."""
    rng = np.random.default_rng(0)
    bits = Contents("basis", np.arange(3), np.array([[0, 0], [0, 1], [1, 1]]), n_address=2)
    rows = Contents("amplitude", np.arange(4), rng.normal(size=(4, 4)), n_address=2)
    return {
        "hard": recall_circuit(bits, Hard(Equal((0, 1))), grover(1)),
        "soft": recall_circuit(rows, Soft(rng.normal(size=4)), grover(1)),
    }


def numbers(circuit, n_samples=3, seed=0):
    """Inputs and weights in double precision."""
    generator = torch.Generator().manual_seed(seed)
    drawn = (
        torch.randn(*shape, generator=generator, dtype=torch.float64)
        for shape in ((n_samples, circuit.n_inputs), (circuit.n_weights,))
    )
    return tuple(drawn)
