"""What is computed: the workloads of the benchmark, as numbers that every method is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

N_GATES = 4  # input, forget, cell, output


@dataclass(frozen=True)
class Workload:
    """RY or amplitude encoding, strongly entangling layers, <Z> of every wire.

    With ``steps``, four such circuits are the gates of an LSTM between two dense layers, as in the
    public QLSTM repositories. The loss is the sum of squared outputs, everywhere.
    """

    name: str
    n_wires: int
    batch: int
    n_layers: int = 2
    encoding: Literal["angle", "amplitude"] = "angle"
    steps: int = 0
    features: int = 4
    """Input size of the recurrent workloads."""
    hidden: int = 4

    @property
    def rings(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """CNOTs (control, target) of each strongly entangling layer."""
        n = self.n_wires
        reaches = (layer % (n - 1) + 1 for layer in range(self.n_layers))
        return tuple(tuple((wire, (wire + r) % n) for wire in range(n)) for r in reaches)

    @property
    def arrays(self) -> "Arrays":
        """Inputs and weights, the same in every process."""
        draw = np.random.default_rng(7)
        size = self.n_wires if self.encoding == "angle" else 2**self.n_wires
        shape = (self.steps, self.batch, self.features) if self.steps else (self.batch, size)
        weights = (N_GATES if self.steps else 1, self.n_layers, self.n_wires, 3)
        dense = {
            "inward": (self.n_wires, self.features + self.hidden),
            "inward_bias": (self.n_wires,),
            "outward": (self.hidden, self.n_wires),
            "outward_bias": (self.hidden,),
        }
        inputs = draw.normal(size=shape)
        return Arrays(
            inputs=inputs if self.encoding == "angle" else abs(inputs),  # as a picture's pixels
            weights=draw.uniform(0, 2 * np.pi, size=weights),
            dense={name: draw.uniform(-0.5, 0.5, size=size) for name, size in dense.items()},
        )


@dataclass(frozen=True)
class Arrays:
    inputs: np.ndarray
    """(batch, input), or (time, batch, feature)."""
    weights: np.ndarray
    """(gate, layer, wire, 3), radians; one gate where nothing recurs."""
    dense: Mapping[str, np.ndarray]


def _layer(n_wires: int, batch: int) -> Workload:
    return Workload(f"W1 ({n_wires}, {batch})", n_wires, batch)


W1 = tuple(_layer(*size) for size in ((4, 32), (4, 256), (8, 32), (8, 256), (12, 32), (16, 8)))
W2 = Workload("W2", 4, 32, steps=10)
W3 = Workload("W3", 8, 64, encoding="amplitude")
SEQUENCES = tuple(
    Workload(f"sequence ({n_wires}, {hidden})", n_wires, 32, steps=50, hidden=hidden)
    for n_wires in (4, 5, 6, 8)
    for hidden in (8, 16, 32, 64)
)
DEEP = Workload("20 qubits, 4 layers, batch 1", 20, 1, n_layers=4)
WIDE = Workload("8 qubits, batch 10,000", 8, 10_000)

WORKLOADS: Mapping[str, Workload] = MappingProxyType(
    {workload.name: workload for workload in (*W1, W2, W3, *SEQUENCES, DEEP, WIDE)}
)
