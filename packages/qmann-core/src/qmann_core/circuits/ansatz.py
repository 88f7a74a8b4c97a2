"""Ansätze: trainable operations, each counting its weights from 0."""

from collections.abc import Callable, Mapping
from itertools import count
from types import MappingProxyType

from .circuit import Operation, Weight


def strongly_entangling(n_wires: int, n_layers: int) -> tuple[Operation, ...]:
    """Rot on every wire, then a ring of CNOTs whose reach grows from layer to layer.

    Layer l has CNOTs from i to (i + r) mod n with r = l mod (n - 1) + 1; one wire has none.
    Weights are ordered (layer, wire, 3), as in PennyLane's ``StronglyEntanglingLayers``.
    Schuld et al., arXiv:1804.00633.
    """
    fresh = map(Weight, count())
    operations: list[Operation] = []
    for layer in range(n_layers):
        operations += [
            Operation("Rot", (wire,), (next(fresh), next(fresh), next(fresh)))
            for wire in range(n_wires)
        ]
        if n_wires > 1:
            reach = layer % (n_wires - 1) + 1
            operations += [
                Operation("CNOT", (wire, (wire + reach) % n_wires)) for wire in range(n_wires)
            ]
    return tuple(operations)


def hardware_efficient(n_wires: int, n_layers: int) -> tuple[Operation, ...]:
    """RY and RZ on every wire and a chain of CNOTs, ``n_layers`` times, then RY and RZ again.

    Qiskit's ``efficient_su2(n_wires, entanglement="linear", reps=n_layers)``: weights are ordered
    (layer, gate, wire), ``2 * n_wires * (n_layers + 1)`` of them. Kandala et al., arXiv:1704.05018.
    """
    fresh = map(Weight, count())
    chain = [Operation("CNOT", (wire, wire + 1)) for wire in range(n_wires - 1)]
    operations: list[Operation] = []
    for layer in range(n_layers + 1):
        operations += chain if layer else []
        operations += [
            Operation(gate, (wire,), (next(fresh),))
            for gate in ("RY", "RZ")
            for wire in range(n_wires)
        ]
    return tuple(operations)


def chen_v0(n_wires: int, n_layers: int) -> tuple[Operation, ...]:
    """CNOTs on (0, 1), (2, 3), ..., CNOTs on (1, 2), (3, 4), ..., then RY on every wire.

    Weights are ordered (layer, wire). All gates are real. The circuit in the script released with
    Chen, Yoo and Fang, arXiv:2009.01783; its encoding is `hadamard_angle`.
    """
    fresh = map(Weight, count())
    starts = (*range(0, n_wires - 1, 2), *range(1, n_wires - 1, 2))
    bricks = [Operation("CNOT", (wire, wire + 1)) for wire in starts]
    operations: list[Operation] = []
    for _ in range(n_layers):
        operations += bricks
        operations += [Operation("RY", (wire,), (next(fresh),)) for wire in range(n_wires)]
    return tuple(operations)


ANSATZE: Mapping[str, Callable[[int, int], tuple[Operation, ...]]] = MappingProxyType(
    {
        "strongly_entangling": strongly_entangling,
        "hardware_efficient": hardware_efficient,
        "chen_v0": chen_v0,
    }
)
