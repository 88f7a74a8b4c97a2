"""Running a quantum function on chosen numbers, to see which operations it makes of them."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast

import torch
from torch import Tensor

from ...circuits.gates import GATES
from ...circuits.parameters import Input, Symbol, Weight
from ...errors import CircuitError
from ..sdk import sdk

Data = Literal["numbers", "unit vectors", "bits"]
"""What the function accepts as inputs: anything, vectors of norm 1, or zeros and ones."""

Layout = Literal["single", "list", "tuple"]

NAMES: Mapping[str, str] = {
    **{gate.pennylane: gate.name for gate in GATES.values()},
    "U1": "PhaseShift",
}
"""Our name of every gate that PennyLane has too; all others are decomposed."""

STATES = ("StatePrep", "AmplitudeEmbedding")
BITS = ("BasisState", "BasisEmbedding")


@dataclass(frozen=True, eq=False)
class Step:
    """One gate that an operation of the function was decomposed into."""

    where: str
    """The operation, by position and name."""
    operator: Any


@dataclass(frozen=True, eq=False)
class Trace:
    """What the function did with some inputs and weights."""

    inputs: Tensor
    """(input,), or (sample, input) if it was given a batch."""
    weights: tuple[Tensor, ...]
    steps: tuple[Step, ...]
    measurements: tuple[Any, ...]
    layout: Layout
    wires: tuple[Any, ...]
    """The labels of the device, or of what was done if it has none."""

    @property
    def sample(self) -> Tensor:
        """The inputs whose angles are looked at: sample 0 of the batch."""
        return self.inputs[0] if self.inputs.ndim == 2 else self.inputs

    @cached_property
    def point(self) -> dict[Symbol, float]:
        """The value of every input of sample 0, and of every weight."""
        weights = torch.cat([w.detach().reshape(-1) for w in self.weights] or [torch.empty(0)])
        return {
            **{Input(place): value for place, value in enumerate(self.sample.tolist())},
            **{Weight(place): value for place, value in enumerate(weights.tolist())},
        }

    @property
    def signature(self) -> list[tuple[str, tuple[Any, ...]]]:
        """What was done, without the angles."""
        return [(step.operator.name, tuple(step.operator.wires)) for step in self.steps]

    def angle(self, parameter: Any) -> Tensor | float:
        """The angle that sample 0 gets.

        Raises:
            ValueError: it is not one number for every sample.
        """
        if not isinstance(parameter, Tensor):
            return float(parameter)
        if parameter.ndim == 0:
            return parameter
        if self.inputs.ndim == 2 and parameter.shape == self.inputs.shape[:1]:
            return parameter[0]
        raise ValueError(f"an angle has shape {tuple(parameter.shape)}; expected one number")

    def gradient(self, function: Tensor | float) -> dict[Symbol, Tensor | float]:
        """The derivatives of an angle that do not vanish.

        Raises:
            ValueError: the angle of sample 0 depends on the inputs of another sample.
            CircuitError: it depends on a tensor that is neither among the inputs nor the weights.
        """
        if not isinstance(function, Tensor) or not function.requires_grad:
            return {}
        leaves = (self.inputs, *self.weights)
        slopes = torch.autograd.grad(function, leaves, create_graph=True, allow_unused=True)
        if all(slope is None for slope in slopes):
            raise CircuitError("reads a trainable tensor that is not an argument of the function")
        found: dict[Symbol, Tensor | float] = {}
        if slopes[0] is not None:
            samples = slopes[0].reshape(-1, self.inputs.shape[-1])
            if samples[1:].any():
                raise ValueError("the angles of one sample depend on another sample")
            found |= {Input(j): samples[0, j] for j in _nonzero(samples[0])}
        first = 0
        for leaf, slope in zip(self.weights, slopes[1:], strict=True):
            if slope is not None:
                flat = slope.reshape(-1)
                found |= {Weight(first + j): flat[j] for j in _nonzero(flat)}
            first += leaf.numel()
        return found


def trace(
    qnode: Any,
    weight_shapes: Mapping[str, tuple[int, ...]],
    n_inputs: int,
    *,
    batched: bool,
    data: Data,
    seed: int,
) -> Trace:
    """Run the function of ``qnode`` on random inputs and weights, chosen by ``seed``.

    The numbers of seed 0 are odd multiples of 1/16, whose products are exact.

    Raises:
        CircuitError: it makes several circuits, is sampled, or returns something unknown.
        Exception: whatever the function raises.
    """
    qml = sdk("pennylane")
    generator = torch.Generator().manual_seed(seed)
    n_samples = 3 if n_inputs == 2 else 2
    shape = (n_samples, n_inputs) if batched else (n_inputs,)
    inputs = _drawn(shape, data, seed, generator).requires_grad_()
    weights = {
        name: _drawn(shape, "numbers", seed, generator).requires_grad_()
        for name, shape in weight_shapes.items()
    }
    returned: list[Any] = []
    recorded = copy.copy(qnode)

    def function(*args: Any, **kwargs: Any) -> Any:
        returned.append(qnode.func(*args, **kwargs))
        return returned[-1]

    recorded.func = function
    construct = qml.workflow.construct_batch(recorded, level="user")
    tapes, postprocess = construct(inputs=inputs, **weights)
    if len(tapes) != 1 or not _is_identity(postprocess):
        raise CircuitError(
            "the QNode's transforms make several circuits or rework the results, which cannot be "
            "compiled; take them off, the engine needs none of them"
        )
    (tape,) = tapes
    if tape.shots:
        raise CircuitError(
            f"the QNode samples {tape.shots.total_shots} shots, but the engine is exact; "
            "set shots=None"
        )
    return Trace(
        inputs=inputs,
        weights=tuple(weights.values()),
        steps=tuple(_steps(tape.operations, bits_are_data=data == "bits")),
        measurements=tuple(tape.measurements),
        layout=_layout(returned[-1], len(tape.measurements)),
        wires=tuple(qnode.device.wires or tape.wires),
    )


def _drawn(shape: tuple[int, ...], data: Data, seed: int, generator: torch.Generator) -> Tensor:
    def integers(low: int, high: int) -> Tensor:
        return torch.randint(
            low, high, shape, generator=generator, dtype=torch.float64, device="cpu"
        )

    if data == "bits":
        return integers(0, 2)
    if data == "numbers" and seed == 0:
        return (2 * integers(-16, 16) + 1) / 16
    normal = torch.randn(shape, generator=generator, dtype=torch.float64, device="cpu")
    return normal / normal.norm(dim=-1, keepdim=True) if data == "unit vectors" else normal


def _steps(operations: list[Any], *, bits_are_data: bool) -> Iterator[Step]:
    for position, operator in enumerate(operations):
        where = f"operation {position} ({operator.name})"
        yield from _decomposed(operator, where, bits_are_data=bits_are_data)


def _decomposed(operator: Any, where: str, *, bits_are_data: bool) -> Iterator[Step]:
    if (
        operator.name in NAMES
        or (operator.name in STATES and _reads_data(operator))
        or (operator.name in BITS and bits_are_data)
    ):
        yield Step(where, operator)
    elif operator.has_decomposition:
        for part in operator.decomposition():
            yield from _decomposed(part, where, bits_are_data=bits_are_data)
    else:
        inner = "" if f"({operator.name})" in where else f", which needs {operator.name},"
        raise CircuitError(
            f"{where}{inner} cannot be compiled: {_reason(operator)}; "
            "use unitary gates that PennyLane can decompose"
        )


def _reason(operator: Any) -> str:
    qml = sdk("pennylane")
    if isinstance(operator, qml.operation.Channel):
        return "it is noise, and the engine computes pure states exactly"
    if operator.name in ("MidMeasureMP", "MidMeasure") or operator.name.startswith("Conditional"):
        return "it measures, or depends on a measurement, before the circuit ends"
    return "the engine has no such gate and PennyLane no decomposition of it"


def _reads_data(operator: Any) -> bool:
    (state,) = operator.parameters
    return isinstance(state, Tensor) and state.requires_grad


def _is_identity(postprocess: Any) -> bool:
    result = object()
    try:
        returned = postprocess((result,))
    except (AttributeError, IndexError, TypeError, ValueError):
        return False
    return returned is result or (
        isinstance(returned, list | tuple) and len(returned) == 1 and returned[0] is result
    )


def _layout(returned: Any, n_measurements: int) -> Layout:
    measurement = sdk("pennylane").measurements.MeasurementProcess
    if isinstance(returned, measurement):
        return "single"
    if (
        isinstance(returned, list | tuple)
        and len(returned) == n_measurements
        and all(isinstance(each, measurement) for each in returned)
    ):
        return "tuple" if isinstance(returned, tuple) and n_measurements > 1 else "list"
    raise CircuitError(
        f"the function returns {returned!r}; expected a measurement or a flat list of them, such "
        "as [qml.expval(qml.PauliZ(0))]"
    )


def _nonzero(row: Tensor) -> list[int]:
    return cast("list[int]", row.nonzero().flatten().tolist())
