"""From a circuit to a plan that runs it on batches of samples."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import prod
from typing import get_args

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from ..circuits import Circuit, probabilities
from ..errors import CircuitError
from .arguments import check_inputs, check_weights
from .cpu import function as compiled
from .cpu.program import KernelProgram
from .lowering.angles import PlainCircuit
from .lowering.lower import Lowered, lower
from .lowering.strategy import Strategy, TorchStrategy, check_memory, choose
from .tensors.fused import FusedProgram, Waves
from .tensors.parts import Amplitudes
from .tensors.state import as_matrix
from .tensors.sweep.gatewise import SweepProgram
from .tensors.tables import Tensors, constants

_AT_ONCE = 12, 2000  # wires and operations up to which both programs are made at once


@dataclass(frozen=True)
class Prepared:
    """What a plan made of some weights; for as long as those weights stay the same."""

    gates: tuple[int, ...]
    """Leading axes of the weights."""
    weights: Float[Tensor, "*gates weight"]
    plain: Float[Tensor, "gate plain"]
    """Weights of the plain circuit."""
    tables: tuple[Amplitudes, ...] | None
    """What the PyTorch path made of the weights; None where kernels run."""
    constants: Tensors | None


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
        self._plain = PlainCircuit(circuit)
        self._requested = strategy
        self.strategy = "kernel" if strategy == "auto" else strategy
        wires, operations = _AT_ONCE
        small = circuit.n_wires <= wires and len(circuit.operations) <= operations
        if small or self.strategy != "kernel":
            self._torch_program  # noqa: B018  (made now: while a graph is traced it can not be)

    @cached_property
    def program(self) -> KernelProgram:
        """The circuit as compiled kernels run it."""
        plain = self._plain
        return KernelProgram(plain.circuit, plain.n_inputs, plain.n_weights)

    @cached_property
    def _lowered(self) -> Lowered:
        return lower(self._plain.circuit)

    @cached_property
    def _torch_strategy(self) -> tuple[TorchStrategy, str]:
        return choose(self._lowered, self._requested)

    @cached_property
    def _torch_program(self) -> FusedProgram | SweepProgram:
        """The circuit as PyTorch runs it: on other devices, while tracing, and twice derived."""
        strategy, _ = self._torch_strategy
        parts = self._lowered, self._plain.n_inputs, self._plain.n_weights
        if strategy == "fused":
            return FusedProgram(*parts)
        return SweepProgram(*parts, undoes=strategy == "adjoint")

    @property
    def is_plain(self) -> bool:
        """Whether every angle is an input, a weight or a number."""
        return (self._plain.n_inputs, self._plain.n_weights) == (self.n_inputs, self.n_weights)

    def prepare(
        self, weights: Float[Tensor, "*gates n_weights"], *, traced: bool = False
    ) -> Prepared:
        """Work out what depends on weights only, once per forward pass or sequence.

        Args:
            weights: circuit weights in radians; leading axes are several sets of them (the gates
                of a recurrent cell), which share the encoded inputs.
            traced: use the PyTorch path, which can be differentiated again.

        Raises:
            CircuitError: a wrong number of weights, a precision other than float32 or float64,
                autocast is on, or kernels are asked for where they can not run.
        """
        check_weights(weights, self.n_weights)
        plain = self._plain.weights(as_matrix(weights))
        gates = tuple(weights.shape[:-1])
        if not traced and self.runs_compiled(weights):
            return Prepared(gates, weights, plain, None, None)
        if torch.compiler.is_compiling() and "_torch_program" not in vars(self):
            raise CircuitError(
                "a circuit of more than {} wires or {} operations is traced with strategy 'gates' "
                "or 'adjoint' only; construct it with one of them".format(*_AT_ONCE)
            )
        kept = constants(self._torch_program, weights.dtype, weights.device)
        return Prepared(gates, weights, plain, self._torch_program.build(plain, kept), kept)

    def runs_compiled(self, weights: Tensor) -> bool:
        """Whether `evaluate` will run kernels for such weights.

        Raises:
            CircuitError: kernels are asked for where they can not run.
        """
        possible = compiled.can_run(weights)
        if self._requested == "kernel" and not possible:
            raise CircuitError(
                f"strategy 'kernel' runs on the CPU, outside torch.compile, torch.export and "
                f"torch.func; these weights are on {weights.device}; use strategy 'auto'"
            )
        return possible and self.strategy == "kernel"

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
            CircuitError: a wrong number of inputs, another precision or device than the weights
                have, an input that is not finite, an all-zero sample for an amplitude encoding, or
                autocast is on.
        """
        check_inputs(inputs, self.n_inputs, prepared.weights)
        if self._plain.is_mixed and prepared.gates:
            return self._gate_by_gate(inputs, prepared)
        samples = self._plain.inputs(as_matrix(inputs), prepared.weights)
        n_gates = prod(prepared.gates)
        n_values = len(self.circuit.observables) or 2 * 2**self.circuit.n_wires  # see `states`
        if prepared.tables is None or prepared.constants is None:
            values = compiled.expectations(self.program, samples, prepared.plain, self._again)
        else:
            if compiled.can_run(samples):
                compiled.check_finite(samples.detach().numpy())
            values = self._torch_program.run(samples, prepared.tables, prepared.constants, n_gates)
        return values.reshape(*inputs.shape[:-1], *prepared.gates, n_values)

    def waves(self, prepared: Prepared) -> Waves | None:
        """The Fourier series that ``prepared`` holds, if it is one of the inputs themselves."""
        tables, kept = prepared.tables, prepared.constants
        if tables is None or kept is None or not self.is_plain:
            return None
        program = self._torch_program
        if not isinstance(program, FusedProgram):
            return None
        return program.waves(tables, kept, prod(prepared.gates))

    def _gate_by_gate(self, inputs: Tensor, prepared: Prepared) -> Tensor:
        """Angles that read an input and a weight differ from gate to gate."""
        each = as_matrix(prepared.weights).unbind()
        values = torch.stack([self(inputs, weights) for weights in each], dim=-2)
        return values.reshape(*inputs.shape[:-1], *prepared.gates, values.shape[-1])

    def _again(self, samples: Tensor, weights: Tensor) -> Tensor:
        """Expectation values of plain inputs and weights by PyTorch."""
        kept = constants(self._torch_program, weights.dtype, weights.device)
        tables: tuple[Amplitudes, ...] = self._torch_program.build(weights, kept)
        values = self._torch_program.run(samples, tables, kept, len(weights))
        return values.reshape(len(samples), len(weights), -1)

    def __call__(
        self,
        inputs: Float[Tensor, "*batch n_inputs"],
        weights: Float[Tensor, "*gates n_weights"],
    ) -> Float[Tensor, "*batch_and_gates n_observables"]:
        """`prepare` and `evaluate` in one."""
        return self.evaluate(inputs, self.prepare(weights))

    def probabilities(
        self,
        inputs: Float[Tensor, "*batch n_inputs"],
        weights: Float[Tensor, "*gates n_weights"],
    ) -> Float[Tensor, "*batch_and_gates outcome"]:
        """Probability of each of the ``2**n_wires`` outcomes of measuring all wires."""
        measured = probabilities(tuple(range(self.circuit.n_wires)))
        everything = replace(self.circuit, observables=measured)
        return compile_circuit(everything, strategy=self._requested)(inputs, weights)

    def states(
        self,
        inputs: Float[Tensor, "*batch n_inputs"],
        weights: Float[Tensor, "*gates n_weights"],
    ) -> Complex[Tensor, "*batch_and_gates amplitude"]:
        """Final states U(inputs, weights)|0...0>, differentiable: (batch..., gates..., 2**n_wires).

        Wire 0 is the most significant bit of an amplitude's index. A state moves through the
        circuit in PyTorch whatever the strategy, undone by ``"adjoint"``, else kept: what kernels
        and fused tables make are expectation values.

        Raises:
            CircuitError: as `prepare` and `evaluate`.
        """
        whole = replace(self.circuit, observables=())
        moved = _compile(whole, "adjoint" if self._torch_strategy[0] == "adjoint" else "gates")
        return torch.view_as_complex(torch.unflatten(moved(inputs, weights), -1, (-1, 2)))

    def __reduce__(self) -> tuple[Callable[..., "ExecutionPlan"], tuple[Circuit, Strategy]]:
        return _compile, (self.circuit, self._requested)

    def explain(self) -> str:
        """Which strategy was chosen and why, in words, and what became of the gates, as a table."""
        size = (
            f"circuit: {self.circuit.n_wires} wires, {self.n_inputs} inputs, "
            f"{self.n_weights} weights, {len(self.circuit.observables)} observables"
        )
        lines = [size]
        if self.strategy == "kernel":
            asked = self._requested == "kernel"
            lines.append(
                f"strategy: kernel, {'as asked for' if asked else 'for tensors on the CPU'}"
            )
            if self._requested == "auto":
                strategy, why = self._torch_strategy
                lines.append(f"elsewhere, and while tracing: {strategy}, {why}")
            return "\n".join([*lines, *self.program.explain()])
        lowered = self._lowered
        start = f"start: {lowered.n_start} of {lowered.n_operations} operations; "
        lines += [
            f"strategy: {self.strategy}, as asked for",
            start + self._torch_program.start.explain(),
            self._torch_program.explain(),
            f"amplitudes: {'real' if lowered.is_real else 'complex'} numbers",
        ]
        return "\n".join(lines)


def compile_circuit(circuit: Circuit, *, strategy: Strategy = "auto") -> ExecutionPlan:
    """The plan that runs ``circuit``; the same plan for an equal circuit and strategy.

    Args:
        circuit: what is computed.
        strategy: ``"kernel"`` runs compiled code on the CPU; ``"fused"`` turns the gates after the
            encoding into one table per set of weights, ``"gates"`` moves a state through the
            circuit and keeps the states between layers, ``"adjoint"`` undoes them instead (less
            memory, no second derivatives), all in PyTorch. ``"auto"`` runs kernels for tensors on
            the CPU; elsewhere, and while a graph is traced, it fuses where it can and there are at
            most `strategy.MAX_FUSED_WIRES` wires, and undoes layers of very many.

    Raises:
        CircuitError: nothing is measured, the strategy is unknown, or ``"fused"`` is asked for a
            circuit that reads inputs after weights or entangling gates; more wires than memory
            allows.
    """
    if not isinstance(circuit, Circuit):
        raise CircuitError(f"got a circuit of type {type(circuit).__name__}: expected a Circuit")
    if strategy not in get_args(Strategy):
        raise CircuitError(f"unknown strategy {strategy!r}; use one of {get_args(Strategy)}")
    if not circuit.observables:
        raise CircuitError("the circuit measures nothing; give it observables such as z_each(n)")
    check_memory(circuit.n_wires)
    return _compile(circuit, strategy)


@lru_cache(maxsize=256)
def _compile(circuit: Circuit, strategy: Strategy) -> ExecutionPlan:
    return ExecutionPlan(circuit, strategy)
