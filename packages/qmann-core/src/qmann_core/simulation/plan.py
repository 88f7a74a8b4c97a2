"""From a circuit to a plan that runs it on batches of samples."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from ..circuits import Circuit
from ..errors import CircuitError
from .fused import FusedProgram
from .gatewise import GatewiseProgram
from .lowering import Lowered, lower
from .state import as_matrix
from .tables import COMPLEX, Tensors, constants

Strategy = Literal["auto", "fused", "gates"]
MAX_FUSED_WIRES = 6  # measured, forward and backward, batches of 32 and 256: beyond, gates win


@dataclass(frozen=True)
class Prepared:
    """What a plan made of some weights; for as long as those weights stay the same."""

    gates: tuple[int, ...]
    """Leading axes of the weights."""
    dtype: torch.dtype
    tables: tuple[Tensor, ...]
    constants: Tensors


class ExecutionPlan:
    """How one circuit is run; made by `compile_circuit`.

    A plan never changes and is rebuilt from its circuit where it is unpickled, so it can be shared
    between modules and processes. Results have the precision of the weights: float32 (inside,
    complex64) or float64 (complex128).
    """

    def __init__(self, circuit: Circuit, strategy: Strategy) -> None:
        self.circuit = circuit
        self.n_inputs = circuit.n_inputs
        self.n_weights = circuit.n_weights
        self._lowered = lower(circuit)
        self._requested = strategy
        self.strategy: Literal["fused", "gates"] = _choose(self._lowered, strategy)
        program = FusedProgram if self.strategy == "fused" else GatewiseProgram
        self._program = program(self._lowered, self.n_inputs, self.n_weights)

    def prepare(self, weights: Float[Tensor, "*gates n_weights"]) -> Prepared:
        """Work out what depends on weights only, once per forward pass or sequence.

        Args:
            weights: circuit weights in radians; leading axes are several sets of them (the gates
                of a recurrent cell), which share the encoded inputs.

        Raises:
            CircuitError: a wrong number of weights, a precision other than float32 or float64, or
                autocast is on.
        """
        _check("weights", weights, self.n_weights)
        if weights.dtype not in COMPLEX:
            raise CircuitError(f"weights are {weights.dtype}; use torch.float32 or torch.float64")
        kept = constants(self._program, weights.dtype, weights.device)
        tables = self._program.build(as_matrix(weights), kept)
        return Prepared(tuple(weights.shape[:-1]), weights.dtype, tables, kept)

    def evaluate(
        self, inputs: Float[Tensor, "*batch n_inputs"], prepared: Prepared
    ) -> Float[Tensor, "*batch_and_gates n_observables"]:
        """Expectation values of every sample under every gate.

        Args:
            inputs: angles in radians, or amplitudes.
            prepared: from `prepare` of the same plan.

        Returns:
            (batch..., gates..., observable), each in [-1, 1].

        Raises:
            CircuitError: a wrong number of inputs, another precision than the weights have, an
                all-zero sample for an amplitude encoding, or autocast is on.
        """
        _check("inputs", inputs, self.n_inputs)
        if inputs.dtype != prepared.dtype:
            raise CircuitError(
                f"inputs are {inputs.dtype} but weights {prepared.dtype}; convert one of them"
            )
        shape = (*inputs.shape[:-1], *prepared.gates, len(self.circuit.observables))
        n_gates = prod(prepared.gates)
        values = self._program.run(inputs, prepared.tables, prepared.constants, n_gates)
        return values if values.shape == shape else values.reshape(shape)

    def __call__(
        self,
        inputs: Float[Tensor, "*batch n_inputs"],
        weights: Float[Tensor, "*gates n_weights"],
    ) -> Float[Tensor, "*batch_and_gates n_observables"]:
        """`prepare` and `evaluate` in one."""
        return self.evaluate(inputs, self.prepare(weights))

    def __reduce__(self) -> tuple[Callable[..., "ExecutionPlan"], tuple[Circuit, Strategy]]:
        return _compile, (self.circuit, self._requested)

    def explain(self) -> str:
        """Which strategy was chosen and why, and what became of the operations, in plain words."""
        lowered = self._lowered
        size = (
            f"circuit: {lowered.n_wires} wires, {self.n_inputs} inputs, {self.n_weights} weights, "
            f"{len(self.circuit.observables)} observables"
        )
        start = (
            f"start: {lowered.n_start} of {lowered.n_operations} operations; "
            f"{self._program.start.explain()}"
        )
        return "\n".join(
            (
                size,
                f"strategy: {self.strategy}, {_reason(lowered, self._requested)}",
                start,
                self._program.explain(),
                f"amplitudes: {'real' if lowered.is_real else 'complex'} numbers",
            )
        )


def compile_circuit(circuit: Circuit, *, strategy: Strategy = "auto") -> ExecutionPlan:
    """The plan that runs ``circuit``; the same plan for an equal circuit and strategy.

    Args:
        circuit: what is computed.
        strategy: ``"fused"`` turns the gates after the encoding into one table per set of weights,
            ``"gates"`` moves a state through the circuit, ``"auto"`` takes the first where it can
            and there are at most `MAX_FUSED_WIRES` wires.

    Raises:
        CircuitError: nothing is measured, the strategy is unknown, or ``"fused"`` is asked for a
            circuit that reads inputs after weights or entangling gates.
    """
    if strategy not in get_args(Strategy):
        raise CircuitError(f"unknown strategy {strategy!r}; use one of {get_args(Strategy)}")
    if not circuit.observables:
        raise CircuitError("the circuit measures nothing; give it observables such as z_each(n)")
    return _compile(circuit, strategy)


@lru_cache(maxsize=256)
def _compile(circuit: Circuit, strategy: Strategy) -> ExecutionPlan:
    return ExecutionPlan(circuit, strategy)


def _check(name: str, values: Tensor, expected: int) -> None:
    if values.ndim == 0 or values.shape[-1] != expected:
        raise CircuitError(
            f"{name} have shape {tuple(values.shape)}, but the circuit reads {expected} {name}: "
            "their last axis must be that long"
        )
    if torch.is_autocast_enabled(values.device.type):
        raise CircuitError(
            "autocast would round the simulation to half precision; run circuits under "
            f"torch.autocast({values.device.type!r}, enabled=False)"
        )


def _choose(lowered: Lowered, strategy: Strategy) -> Literal["fused", "gates"]:
    if strategy == "auto":
        small = lowered.n_wires <= MAX_FUSED_WIRES
        return "fused" if small and not lowered.rereads_inputs else "gates"
    if strategy == "fused" and lowered.rereads_inputs:
        raise CircuitError(
            "strategy 'fused' needs gates after the encoding that read weights only, but this "
            "circuit reads inputs after weights or entangling gates; use 'auto' or 'gates'"
        )
    return strategy


def _reason(lowered: Lowered, requested: Strategy) -> str:
    if requested != "auto":
        return "as asked for"
    if lowered.rereads_inputs:
        return "because inputs are read after weights or entangling gates"
    relation = "at most" if lowered.n_wires <= MAX_FUSED_WIRES else "more than"
    return f"because there are {relation} {MAX_FUSED_WIRES} wires"
