"""A QNode as a layer: a drop-in for PennyLane's TorchLayer."""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ...base import QuantumComponent
from ...circuits import Circuit
from ...errors import CircuitError
from ...simulation.lowering.strategy import Strategy
from ..compiled import CompiledCircuit
from . import from_pennylane

InitMethod = Callable[[Tensor], Tensor] | Mapping[str, Callable[[Tensor], Tensor] | Tensor]


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
    made afterwards do without it.

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
        >>> layer = PennyLaneLayer(function, {"weights": (3, 2)})
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

    def forward(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
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
            imported = from_pennylane(self._source.function, shapes, inputs.shape[-1])
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
