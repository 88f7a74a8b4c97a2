"""Circuits of PennyLane and Qiskit as layers: drop-ins for their own connectors to PyTorch."""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..backends.imported import ImportedCircuit
from ..backends.pennylane import import_qnode
from ..backends.qiskit import import_circuit
from ..base import QuantumComponent
from ..circuits import Circuit
from ..errors import CircuitError
from ..simulation import compile_circuit
from ..simulation.plan import Strategy

InitMethod = Callable[[Tensor], Tensor] | Mapping[str, Callable[[Tensor], Tensor] | Tensor]


class CompiledCircuit(nn.Module):
    """A foreign circuit's outputs for weights that are given: it has none of its own."""

    combination: Tensor | None
    source: Tensor
    is_constant: Tensor
    constants: Tensor

    def __init__(self, imported: ImportedCircuit, strategy: Strategy) -> None:
        super().__init__()
        self.plan = compile_circuit(imported.circuit, strategy=strategy)
        self.n_amplitudes = imported.n_amplitudes
        self.sizes = imported.sizes
        self.layout = imported.layout
        matrix = imported.combination
        self._keep("combination", None if matrix is None else torch.from_numpy(matrix.T))
        columns = imported.columns
        self.rearranges = columns is not None
        if columns is not None:
            constant = [isinstance(column, float) for column in columns]
            self._keep("source", torch.tensor([0 if isinstance(c, float) else c for c in columns]))
            self._keep("is_constant", torch.tensor(constant))
            self._keep("constants", torch.tensor([float(column) for column in columns]))

    def _keep(self, name: str, values: Tensor | None) -> None:
        self.register_buffer(name, values, persistent=False)

    def forward(
        self, inputs: Float[Tensor, "*batch input"], weights: Float[Tensor, " weight"]
    ) -> Float[Tensor, "*batch output"]:
        if self.rearranges:
            constants = self.constants.to(inputs)
            inputs = torch.where(self.is_constant, constants, inputs[..., self.source])
        values: Tensor = self.plan(
            _first(inputs, self.plan.n_inputs), _first(weights, self.plan.n_weights)
        )
        if self.combination is not None:
            values = values @ self.combination.to(values)
        if self.n_amplitudes:
            amplitudes = inputs[..., : self.n_amplitudes]
            values = values * amplitudes.square().sum(-1, keepdim=True)
        return values


@dataclass(frozen=True)
class _Source:
    """A quantum function, which copies of a layer share."""

    function: Any

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Source":
        return self


class PennyLaneLayer(QuantumComponent):
    """A QNode as a layer, as ``qml.qnn.TorchLayer`` makes it, run by the engine.

    Parameters have the names of ``weight_shapes`` and the initial values that ``TorchLayer`` draws
    from the same random state; inputs are (..., n_inputs), and outputs have the shapes and the
    precision that ``TorchLayer`` returns: (...) for one expectation value, (..., outputs) for
    probabilities or a list, (measurement, ..., size) for a tuple.

    The QNode runs at the first call, on a few random numbers, and never again; copies and pickles
    made afterwards do without it. `from_pennylane` makes one.
    """

    def __init__(
        self,
        qnode: Any,
        weight_shapes: Mapping[str, int | Iterable[int]],
        init_method: InitMethod | None = None,
        *,
        strategy: Strategy = "auto",
    ) -> None:
        super().__init__()
        shapes = {name: _shape(size) for name, size in weight_shapes.items()}
        _check_arguments(getattr(qnode, "func", qnode), shapes)
        self._source: _Source | None = _Source(qnode)
        self._strategy = strategy
        self._n_inputs: int | None = None
        self._compiled: CompiledCircuit | None = None
        self._names = tuple(shapes)
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(_initial(name, shape, init_method)))

    @property
    def circuit(self) -> Circuit:
        """What the QNode was compiled from; it is known after the first call."""
        if self._compiled is None:
            raise CircuitError("the QNode is traced at the first call; call the layer first")
        return self._compiled.plan.circuit

    def forward(self, inputs: Float[Tensor, "*batch input"]) -> Float[Tensor, "..."]:
        compiled = self._traced(inputs)
        values: Tensor = compiled(inputs, self._weights(inputs))
        if compiled.layout == "single":
            return values.squeeze(-1) if compiled.sizes == (1,) else values
        if compiled.layout == "tuple":
            stacked = values.reshape(*values.shape[:-1], len(compiled.sizes), -1)
            return stacked.movedim(-2, 0)
        return values

    def extra_repr(self) -> str:
        function = "" if self._source is None else getattr(self._source.function, "func", "")
        return str(getattr(function, "__name__", ""))

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()  # type: ignore[no-untyped-call]
        return {**state, "_source": None} if self._compiled is not None else state

    def _weights(self, inputs: Tensor) -> Tensor:
        flat: list[Tensor] = [getattr(self, name).to(inputs).reshape(-1) for name in self._names]
        if len(flat) == 1:
            return flat[0]
        return torch.cat(flat) if flat else inputs.new_empty(0)

    def _traced(self, inputs: Tensor) -> CompiledCircuit:
        if inputs.ndim == 0:
            raise CircuitError("inputs are a single number; expected shape (..., n_inputs)")
        if self._compiled is None and self._source is not None:
            shapes = {name: tuple(getattr(self, name).shape) for name in self._names}
            imported = import_qnode(self._source.function, shapes, inputs.shape[-1])
            if imported.layout == "tuple" and len(set(imported.sizes)) > 1:
                raise CircuitError(
                    f"the function returns a tuple of measurements of sizes {imported.sizes}, "
                    "which TorchLayer cannot stack; return a list"
                )
            self._n_inputs = inputs.shape[-1]
            self._compiled = CompiledCircuit(imported, self._strategy).to(inputs.device)
        if self._compiled is None or inputs.shape[-1] != self._n_inputs:
            raise CircuitError(
                f"inputs have shape {tuple(inputs.shape)}, but the QNode was compiled for "
                f"{self._n_inputs} inputs: their last axis must be that long"
            )
        return self._compiled


class QiskitLayer(QuantumComponent):
    """A Qiskit circuit as a layer, as ``TorchConnector(EstimatorQNN(...))`` makes it.

    The parameter ``weight`` starts as ``TorchConnector`` draws it, uniformly from [-1, 1]; inputs
    are (..., n_inputs) and outputs (..., observable), in float32 as ``TorchConnector``'s. Gradients
    with respect to inputs are always there. Inside, as there, everything is float64. `from_qiskit`
    makes one.
    """

    def __init__(
        self,
        circuit: Any,
        input_params: Sequence[Any] | None = None,
        weight_params: Sequence[Any] | None = None,
        observables: Any = None,
        initial_weights: Any = None,
        *,
        strategy: Strategy = "auto",
    ) -> None:
        super().__init__()
        imported = import_circuit(circuit, input_params, weight_params, observables)
        self._compiled = CompiledCircuit(imported, strategy)
        self._n_inputs = len(input_params or ())
        n_weights = len(weight_params or ())
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


def from_pennylane(
    qnode: Any,
    weight_shapes: Mapping[str, int | Iterable[int]],
    init_method: InitMethod | None = None,
    *,
    strategy: Strategy = "auto",
) -> PennyLaneLayer:
    """A drop-in for ``qml.qnn.TorchLayer(qnode, weight_shapes, init_method)``.

    Args:
        qnode: a QNode on an exact device, or a function of operations and measurements; it has an
            argument ``inputs``, and all others are weights.
        weight_shapes: the shape of every weight, by name; 1 is a scalar.
        init_method: fills a tensor with initial weights, or such a function or a tensor for each
            weight; ``None`` draws uniformly from [0, 2 pi].
        strategy: as in `compile_circuit`.

    Raises:
        CircuitError: arguments and weights do not match, or, at the first call, something cannot
            be compiled; the message names it and its position.

    Example:
        >>> def function(inputs, weights):
        ...     qml.AngleEmbedding(inputs, wires=range(2))
        ...     qml.BasicEntanglerLayers(weights, wires=range(2))
        ...     return [qml.expval(qml.PauliZ(wire)) for wire in range(2)]
        >>> layer = from_pennylane(function, {"weights": (3, 2)})
    """
    return PennyLaneLayer(qnode, weight_shapes, init_method, strategy=strategy)


def from_qiskit(
    circuit: Any,
    input_params: Sequence[Any] | None = None,
    weight_params: Sequence[Any] | None = None,
    observables: Any = None,
    initial_weights: Any = None,
    *,
    strategy: Strategy = "auto",
) -> QiskitLayer:
    """A drop-in for ``TorchConnector(EstimatorQNN(...), initial_weights)``.

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
    return QiskitLayer(
        circuit, input_params, weight_params, observables, initial_weights, strategy=strategy
    )


def _first(values: Tensor, count: int) -> Tensor:
    """The entries that a circuit reads: usually all of them."""
    return values if values.shape[-1] == count else values[..., :count]


def _shape(size: int | Iterable[int]) -> tuple[int, ...]:
    if isinstance(size, Iterable):
        return tuple(size)
    return () if size == 1 else (size,)


def _initial(name: str, shape: tuple[int, ...], init_method: InitMethod | None) -> Tensor:
    """As TorchLayer: a scalar is the one entry of a vector that was filled."""
    method: Callable[[Tensor], Tensor] | Tensor
    if init_method is None:
        method = partial(nn.init.uniform_, b=2 * math.pi)
    elif isinstance(init_method, Mapping):
        if name not in init_method:
            raise CircuitError(f"init_method has no entry for weight {name!r}")
        method = init_method[name]
    else:
        method = init_method
    if isinstance(method, Tensor):
        if method.shape != shape:
            raise CircuitError(
                f"init_method gives weight {name!r} the shape {tuple(method.shape)}, but "
                f"weight_shapes the shape {shape}"
            )
        return method
    return method(torch.empty(shape)) if shape else method(torch.empty(1))[0]


def _check_arguments(function: Callable[..., Any], shapes: Mapping[str, tuple[int, ...]]) -> None:
    arguments = inspect.signature(function).parameters
    kinds = {argument.kind for argument in arguments.values()}
    if "inputs" not in arguments:
        raise CircuitError("the quantum function needs an argument named inputs for the data")
    if "inputs" in shapes:
        raise CircuitError("weight_shapes names inputs, whose length comes with the data")
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        raise CircuitError("the quantum function has *args; its weights must be named")
    takes_any = inspect.Parameter.VAR_KEYWORD in kinds
    if not takes_any and {*shapes, "inputs"} != set(arguments):
        raise CircuitError(
            f"the quantum function has arguments {', '.join(arguments)}, but weight_shapes names "
            f"{', '.join(shapes) or 'none'}; every argument but inputs needs a shape"
        )
