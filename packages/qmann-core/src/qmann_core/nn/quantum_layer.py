"""A circuit as a PyTorch layer."""

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..base import QuantumComponent
from ..circuits import ANSATZE, Circuit, angle, compose, z_each
from ..config import QuantumConfig
from ..simulation import compile_circuit


def configured_circuit(config: QuantumConfig) -> Circuit:
    """Angle encoding, the ansatz, <Z> of every wire; without two-qubit gates if not entangled."""
    n = config.n_qubits
    ansatz = ANSATZE[config.ansatz](n, config.n_layers)
    circuit = Circuit(n, compose(angle(n), ansatz), z_each(n))
    return circuit if config.entangled else circuit.separable()


class QuantumLayer(QuantumComponent):
    """Expectation values of a circuit: (..., n_inputs) -> (..., n_gates, n_observables).

    y_k = <0| U(x, w)^dagger P_k U(x, w) |0>, simulated exactly. With ``n_gates`` set, that many
    copies of the circuit share the encoded input, each with its own weights, and the output has
    an axis for them; by default there is one and no such axis.

    Weights start as small angles of variance 1/(n_wires * depth), against barren plateaus
    (Zhang et al., arXiv:2203.09376), where depth is the number of weights per wire.

    Example:
        >>> from qmann_core.circuits import Circuit, angle, strongly_entangling, z_each
        >>> circuit = Circuit(4, angle(4) + strongly_entangling(4, 2), z_each(4))
        >>> QuantumLayer(circuit)(torch.zeros(32, 4)).shape
        torch.Size([32, 4])
    """

    def __init__(
        self,
        circuit: Circuit,
        *,
        n_gates: int | None = None,
        strategy: Literal["auto", "fused", "gates"] = "auto",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.plan = compile_circuit(circuit, strategy=strategy)
        shape = (circuit.n_weights,) if n_gates is None else (n_gates, circuit.n_weights)
        deviation = 1 / math.sqrt(max(circuit.n_weights, 1))
        self.weight = nn.Parameter(deviation * torch.randn(shape, generator=generator))

    @property
    def circuit(self) -> Circuit:
        return self.plan.circuit

    def forward(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch_and_output"]:
        return self.plan(x, self.weight)

    def extra_repr(self) -> str:
        return f"{self.circuit.n_wires} wires, {self.plan.strategy}"
