"""A Qiskit circuit as a layer: a drop-in for TorchConnector(EstimatorQNN(...))."""

from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ...base import QuantumComponent
from ...circuits import Circuit
from ...errors import CircuitError
from ...simulation.lowering.strategy import Strategy
from ..compiled import CompiledCircuit
from .convert import from_qiskit


class QiskitLayer(QuantumComponent):
    """A Qiskit circuit as a layer, as ``TorchConnector(EstimatorQNN(...))`` makes it.

    The parameter ``weight`` starts as ``TorchConnector`` draws it, uniformly from [-1, 1]; inputs
    are (..., n_inputs) and outputs (..., observable), in float32 as ``TorchConnector``'s. Gradients
    with respect to inputs are always there. Inside, as there, everything is float64.

    Args:
        circuit: a ``QuantumCircuit``, qubit q of which becomes wire q.
        input_params: those of its parameters that are data, in order.
        weight_params: those that are trained, in order.
        observables: an operator or a list of them; ``None`` is Z on all qubits.
        initial_weights: the first weights; ``None`` draws them uniformly from [-1, 1].
        strategy: as in `compile_circuit`.

    Raises:
        CircuitError: a parameter is on no list or on both, or something cannot be compiled; the
            message names it and its position.
    """

    def __init__(
        self,
        circuit: Any,
        input_params: Iterable[Any] | None = None,
        weight_params: Iterable[Any] | None = None,
        observables: Any = None,
        initial_weights: Any = None,
        *,
        strategy: Strategy = "auto",
    ) -> None:
        super().__init__()
        data, trained = list(input_params or ()), list(weight_params or ())
        imported = from_qiskit(circuit, data, trained, observables)
        self._compiled = CompiledCircuit(imported, strategy)
        self._n_inputs, n_weights = len(data), len(trained)
        self.weight = nn.Parameter(torch.zeros(n_weights))
        with torch.no_grad():
            self.weight.uniform_(-1, 1)
        if initial_weights is not None:
            values = torch.as_tensor(initial_weights, dtype=torch.float).detach().clone()
            if values.shape != (n_weights,):
                raise CircuitError(
                    f"initial_weights have shape {tuple(values.shape)}, but the circuit has "
                    f"{n_weights} weights"
                )
            self.weight.data = values

    @property
    def circuit(self) -> Circuit:
        return self._compiled.plan.circuit

    def forward(
        self, input_data: Float[Tensor, "*batch input"] | None = None
    ) -> Float[Tensor, "*batch observable"]:
        inputs = self.weight.new_empty(0) if input_data is None else input_data
        if inputs.ndim == 0 or inputs.shape[-1] != self._n_inputs:
            raise CircuitError(
                f"inputs have shape {tuple(inputs.shape)}, but the circuit has {self._n_inputs} "
                "input_params: the last axis must be that long"
            )
        values: Tensor = self._compiled(inputs.double(), self.weight.double())
        return values.float()

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        state_dict.pop(prefix + "_weights", None)  # TorchConnector saves its weights twice
        super()._load_from_state_dict(state_dict, prefix, *rest)
