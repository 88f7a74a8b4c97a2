"""Ansätze: trainable operations, each counting its weights from 0."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from numbers import Integral
from types import MappingProxyType

from ..errors import CircuitError
from .gates import Operation
from .parameters import Input, Weight
from .wires import MAX_SIZE, check_size


def strongly_entangling(n_wires: int, n_layers: int) -> tuple[Operation, ...]:
    """Rot on every wire, then a ring of CNOTs whose reach grows from layer to layer.

    Layer l has CNOTs from i to (i + r) mod n with r = l mod (n - 1) + 1; one wire has none.
    Weights are ordered (layer, wire, 3), as in PennyLane's ``StronglyEntanglingLayers``.
    Schuld et al., arXiv:1804.00633.
    """
    fresh = _fresh_weights(n_wires, n_layers)
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


def basic_entangler(n_wires: int, n_layers: int) -> tuple[Operation, ...]:
    """RX on every wire, then a ring of CNOTs from each wire to the next.

    Two wires have one CNOT, one wire has none. Weights are ordered (layer, wire), as in
    PennyLane's ``BasicEntanglerLayers``; the ring is that of Schuld et al., arXiv:1804.00633.
    """
    fresh = _fresh_weights(n_wires, n_layers)
    ring = [Operation("CNOT", pair) for pair in _ring(n_wires)]
    operations: list[Operation] = []
    for _ in range(n_layers):
        operations += [Operation("RX", (wire,), (next(fresh),)) for wire in range(n_wires)]
        operations += ring
    return tuple(operations)


def hardware_efficient(n_wires: int, n_layers: int) -> tuple[Operation, ...]:
    """RY and RZ on every wire and a chain of CNOTs, ``n_layers`` times, then RY and RZ again.

    Qiskit's ``efficient_su2(n_wires, entanglement="linear", reps=n_layers)``: weights are ordered
    (layer, gate, wire), ``2 * n_wires * (n_layers + 1)`` of them. Kandala et al., arXiv:1704.05018.
    """
    fresh = _fresh_weights(n_wires, n_layers)
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


def simplified_two_design(n_wires: int, n_layers: int) -> tuple[Operation, ...]:
    """RY on every wire, then layers of blocks on (0, 1), (2, 3), ..., (1, 2), (3, 4), ....

    A block is CZ, then RY on both wires. Weights are ordered wire, then (layer, block, 2), as in
    PennyLane's ``SimplifiedTwoDesign``. Its gradients vanish as those of random circuits do: a
    yardstick rather than a first choice for many wires. All gates are real. Cerezo et al.,
    arXiv:2001.00550.
    """
    fresh = _fresh_weights(n_wires, n_layers)
    operations = [Operation("RY", (wire,), (next(fresh),)) for wire in range(n_wires)]
    for _ in range(n_layers):
        for pair in _bricks(n_wires):
            operations.append(Operation("CZ", pair))
            operations += [Operation("RY", (wire,), (next(fresh),)) for wire in pair]
    return tuple(operations)


def tree_tensor_network(n_wires: int, n_layers: int) -> tuple[Operation, ...]:
    """A binary tree of blocks on two wires: of each block the second wire goes up a level.

    A block is RY on both wires and CNOT, ``n_layers`` times. The levels on 8 wires are (0, 1),
    (2, 3), (4, 5), (6, 7), then (1, 3), (5, 7), then (3, 7), as in PennyLane's ``TTN``. Where a
    level has an odd number of wires, its last one goes up alone, so any number of wires will do.
    The root is the last wire: measured alone, it sees all the others. Weights are ordered
    (block, layer, 2). All gates are real. Huggins et al., arXiv:1803.11537.
    """
    fresh = _fresh_weights(n_wires, n_layers)
    operations: list[Operation] = []
    level = list(range(n_wires))
    while len(level) > 1:
        for pair in zip(level[::2], level[1::2], strict=False):
            for _ in range(n_layers):
                operations += [Operation("RY", (wire,), (next(fresh),)) for wire in pair]
                operations.append(Operation("CNOT", pair))
        level = level[1::2] + level[len(level) // 2 * 2 :]
    return tuple(operations)


def qaoa(n_wires: int, n_layers: int) -> tuple[Operation, ...]:
    """RX(x_i) on every wire, exp(-i w ZZ / 2) around a ring, RY on every wire; at last RX(x_i).

    It reads ``n_wires`` inputs itself and so needs no encoding before it. Two wires have one ZZ,
    one wire has none. Weights are ordered (layer, ZZ of the ring then RY of the wires), as in
    PennyLane's ``QAOAEmbedding``. Lloyd et al., arXiv:2001.03622.
    """
    fresh = _fresh_weights(n_wires, n_layers)
    upload = [Operation("RX", (wire,), (Input(wire),)) for wire in range(n_wires)]
    operations: list[Operation] = []
    for _ in range(n_layers):
        operations += upload
        operations += [Operation("IsingZZ", pair, (next(fresh),)) for pair in _ring(n_wires)]
        operations += [Operation("RY", (wire,), (next(fresh),)) for wire in range(n_wires)]
    return (*operations, *upload)


def chen_v0(n_wires: int, n_layers: int) -> tuple[Operation, ...]:
    """CNOTs on (0, 1), (2, 3), ..., CNOTs on (1, 2), (3, 4), ..., then RY on every wire.

    Weights are ordered (layer, wire). All gates are real. The circuit in the script released with
    Chen, Yoo and Fang, arXiv:2009.01783; its encoding is `hadamard_angle`.
    """
    fresh = _fresh_weights(n_wires, n_layers)
    bricks = [Operation("CNOT", pair) for pair in _bricks(n_wires)]
    operations: list[Operation] = []
    for _ in range(n_layers):
        operations += bricks
        operations += [Operation("RY", (wire,), (next(fresh),)) for wire in range(n_wires)]
    return tuple(operations)


def _fresh_weights(n_wires: int, n_layers: int) -> Iterator[Weight]:
    check_size("n_wires", n_wires)
    if not isinstance(n_layers, Integral) or not 0 <= n_layers <= MAX_SIZE:
        raise CircuitError(f"n_layers is 0 or more, got {n_layers!r}; up to {MAX_SIZE}")
    return map(Weight, count())


def _ring(n_wires: int) -> list[tuple[int, int]]:
    n_pairs = n_wires if n_wires > 2 else n_wires - 1
    return [(wire, (wire + 1) % n_wires) for wire in range(n_pairs)]


def _bricks(n_wires: int) -> list[tuple[int, int]]:
    starts = (*range(0, n_wires - 1, 2), *range(1, n_wires - 1, 2))
    return [(wire, wire + 1) for wire in starts]


ANSATZE: Mapping[str, Callable[[int, int], tuple[Operation, ...]]] = MappingProxyType(
    {
        "strongly_entangling": strongly_entangling,
        "basic_entangler": basic_entangler,
        "hardware_efficient": hardware_efficient,
        "simplified_two_design": simplified_two_design,
        "tree_tensor_network": tree_tensor_network,
        "qaoa": qaoa,
        "chen_v0": chen_v0,
    }
)
