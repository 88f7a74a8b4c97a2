"""What the gated cells of QuantumLSTM and QuantumGRU are made of."""

import math
from typing import NamedTuple

import torch
from torch import nn

from ..config import QuantumConfig
from .quantum_layer import QuantumLayer, configured_circuit

_INITIAL_SCALE = 3.0  # sigmoid(3 <Z>) reaches from 0.05 to 0.95
_INITIAL_ANGLE = math.pi / 2  # around 0, <Z> = cos is blind to the sign of its input
_INITIAL_GAIN = 0.7  # keeps most angles where the cosine is monotone


class GateParts(NamedTuple):
    """gate_k = s_k * (W_out <Z>_k + b_out) + b_k, at angles W_in v + b_in."""

    inward: nn.Linear
    circuits: QuantumLayer
    outward: nn.Linear
    scale: nn.Parameter | None
    """(gate, 1); None without ``gate_scaling``"""
    bias: nn.Parameter | None
    """(gate, hidden); likewise"""


def gate_parts(
    sizes: tuple[int, int],
    config: QuantumConfig,
    generator: torch.Generator | None,
    *,
    n_gates: int,
    opened: int,
) -> GateParts:
    """New parts for ``sizes`` (input, hidden); the gate ``opened`` starts with bias 1."""
    n, hidden_size = config.n_qubits, sizes[1]
    inward = nn.Linear(sum(sizes), n)
    nn.init.constant_(inward.bias, _INITIAL_ANGLE)
    with torch.no_grad():
        inward.weight.mul_(_INITIAL_GAIN)
    circuit = configured_circuit(config)
    circuits = QuantumLayer(circuit, n_gates=n_gates, strategy=config.strategy, generator=generator)
    outward = nn.Linear(n, hidden_size)
    if not config.gate_scaling:
        return GateParts(inward, circuits, outward, None, None)
    bias = torch.zeros(n_gates, hidden_size)
    bias[opened] = 1.0
    scale = torch.full((n_gates, 1), _INITIAL_SCALE)
    return GateParts(inward, circuits, outward, nn.Parameter(scale), nn.Parameter(bias))
