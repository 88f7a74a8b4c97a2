"""A circuit as a PyTorch layer."""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .. import interop
from ..backends import Backend
from ..backends import backend as named
from ..base import QuantumComponent
from ..circuits import ANSATZE, Circuit, angle, compose, z_each
from ..config import QuantumConfig
from ..data.numbers import whole
from ..errors import CircuitError
from ..simulation import (
    Estimator,
    NoiseModel,
    compile_circuit,
    depolarising,
    noisy_expectations,
)
from ..simulation.arguments import check_inputs
from ..simulation.lowering.strategy import Strategy
from ..simulation.shots.evaluation import Evaluation
from .initialise import Initialisation, initial_weights

Gradient = Literal["exact", "parameter_shift", "spsa", "finite_difference"]


def configured_circuit(config: QuantumConfig) -> Circuit:
    """Angle encoding, the ansatz, <Z> of every wire; without two-qubit gates if not entangled."""
    n = config.n_qubits
    ansatz = ANSATZE[config.ansatz](n, config.n_layers)
    circuit = Circuit(n, compose(angle(n), ansatz), z_each(n))
    return circuit if config.entangled else circuit.separable()


class QuantumLayer(QuantumComponent):
    """Expectation values of a circuit: (..., n_inputs) -> (..., n_gates, n_observables).

    y_k = <0| U(x, w)^dagger P_k U(x, w) |0>, simulated. With ``n_gates`` set, that many copies of
    the circuit share the encoded input, each with its own weights, and the output has an axis for
    them; by default there is one and no such axis.

    Args:
        circuit: what is computed.
        n_gates: copies with weights of their own.
        strategy: how it is simulated, see `compile_circuit`.
        initialise: where the weights start, see `initial_weights`.
        gradient: ``"exact"`` is the simulation's own (adjoint in kernels, backpropagation in
            PyTorch); the others use more values of the circuit, as hardware would; see `Estimator`.
        shots: measurements behind each value; None for exact values.
        generator: of the first weights and, after that, of shots and SPSA's directions.

    With ``layer.noise`` set to a `NoiseModel`, exact values are those of noisy gates. With
    ``layer.backend`` set to a `Backend` values come from there: one call for each forward pass, in
    which all that its backward pass needs is measured, too, with ``layer.shots``.
    ``from_pennylane``, a `PennyLaneLayer`, takes the place of ``qml.qnn.TorchLayer``, and
    ``from_qiskit``, a `QiskitLayer`, that of ``TorchConnector(EstimatorQNN(...))``.

    Raises:
        CircuitError: shots with the exact gradient, or an initialisation that does not exist or
            does not suit the circuit.

    Example:
        >>> from qmann_core.circuits import Circuit, angle, strongly_entangling, z_each
        >>> circuit = Circuit(4, angle(4) + strongly_entangling(4, 2), z_each(4))
        >>> QuantumLayer(circuit)(torch.zeros(32, 4)).shape
        torch.Size([32, 4])
    """

    from_pennylane = staticmethod(interop.PennyLaneLayer)
    from_qiskit = staticmethod(interop.QiskitLayer)

    def __init__(
        self,
        circuit: Circuit,
        *,
        n_gates: int | None = None,
        strategy: Strategy = "auto",
        initialise: Initialisation = "small_angles",
        gradient: Gradient = "exact",
        shots: int | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.plan = compile_circuit(circuit, strategy=strategy)
        gates = () if n_gates is None else (whole("n_gates", n_gates),)
        self.weight = nn.Parameter(initial_weights(initialise, circuit, generator, gates=gates))
        if gradient == "exact" and shots is not None:
            raise CircuitError(
                f"got shots={shots} with the exact gradient: finite shots are differentiated by "
                "gradient='parameter_shift', 'spsa' or 'finite_difference'"
            )
        self.noise: NoiseModel | None = None
        self.backend: Backend | None = None
        self._calls = 0
        self.differentiate(gradient, shots, generator)

    @property
    def circuit(self) -> Circuit:
        return self.plan.circuit

    def differentiate(
        self, gradient: Gradient, shots: int | None, generator: torch.Generator | None = None
    ) -> None:
        """Take values and gradients otherwise from now on; see the arguments of the layer."""
        self.shots, self.estimator, self.generator = shots, None, None
        if gradient != "exact":
            self.estimator = Estimator(self.circuit, gradient, shots=shots)
            self.generator = generator

    @property
    def disturbed(self) -> bool:
        """Whether values or gradients are other than the exact ones of our simulation."""
        return any(each is not None for each in (self.backend, self.estimator, self.noise))

    def forward(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch_and_output"]:
        return self._disturbed(x, self.weight) if self.disturbed else self.plan(x, self.weight)

    def prepared(self, gates: int | slice = slice(None)) -> Callable[[Tensor], Tensor]:
        """The same function of x, for some of the gates and for as long as weights stay."""
        weight = self.weight[gates]
        if self.disturbed:
            return lambda x: self._disturbed(x, weight)
        plan, ready = self.plan, self.plan.prepare(weight)
        return lambda x: plan.evaluate(x, ready)

    def _disturbed(self, x: Tensor, weight: Tensor) -> Tensor:
        if self.backend is not None:
            seed = 0 if self.shots is None else self._next_seed()
            return self._measured(x, weight, self.shots, seed)
        if self.estimator is not None:
            return self.estimator(x, weight, self.generator)
        assert self.noise is not None
        return noisy_expectations(self.circuit, x, weight, self.noise)

    def measured(
        self, x: Float[Tensor, "*batch input"], shots: int | None, seed: int
    ) -> Float[Tensor, "*batch_and_output"]:
        """What ``backend`` gives.

        Raises:
            CircuitError: the layer has noise of its own, a gradient is wanted that the back end
                does not give, or what the back end refuses.
        """
        return self._measured(x, self.weight, shots, seed)

    def _measured(self, x: Tensor, weight: Tensor, shots: int | None, seed: int) -> Tensor:
        backend = self.backend
        assert backend is not None
        if self.noise is not None:
            raise CircuitError(
                "got layer.noise beside layer.backend: noise belongs to the back end, as in "
                "backend(name, noise=...)"
            )

        def run(circuit: Circuit, rows: Tensor) -> Tensor:
            values = backend.expectations(circuit, rows, rows.new_empty(0), shots=shots, seed=seed)
            return values.mean.to(rows)

        if self.estimator is not None:
            return self.estimator(x, weight, self.generator, run)
        gives = backend.capabilities.gradients and shots is None
        wanted = x.requires_grad or (weight.requires_grad and weight.numel() > 0)
        if wanted and torch.is_grad_enabled() and not gives:
            raise CircuitError(
                f"{backend.name} gives no gradients: make the layer with "
                "gradient='parameter_shift' or 'spsa', or call it under torch.no_grad()"
            )
        check_inputs(x, self.circuit.n_inputs, weight)
        return Evaluation(self.circuit, shots, None, run)(x, weight)

    def _next_seed(self) -> int:
        self._calls += 1
        if self.generator is None:
            return self._calls
        return int(torch.randint(2**31, (), generator=self.generator, device=self.generator.device))

    def extra_repr(self) -> str:
        return f"{self.circuit.n_wires} wires, {self.plan.strategy}"


def add_noise(module: nn.Module, p: float) -> bool:
    """Let a depolarising error of chance ``p`` follow each gate of every `QuantumLayer` inside.

    Returns:
        Whether there is one.
    """
    layers = _layers(module)
    for layer in layers:
        layer.noise = _depolarised(p)
    return bool(layers)


def run_on(
    module: nn.Module,
    there: str | Backend,
    noise: float | str | None = None,
    *,
    gradient: Gradient | None = None,
    shots: int | None = None,
    generator: torch.Generator | None = None,
) -> bool:
    """Let the circuits of each `QuantumLayer` inside run on a back end.

    Args:
        module: such a layer, or with some: a `QuantumLSTM`, a `FeatureCircuits`, a whole model.
        there: a back end, or the name of one; see `backends.backend`.
        noise: with a name, the chance of a depolarising error after each gate, or a noise that the
            back end knows.
        gradient: how training goes on there, as of `QuantumLayer`; None for values alone, or as
            the layer was made.
        shots: behind each value, as of `QuantumLayer`; `FeatureCircuits` have their own.
        generator: as of `QuantumLayer`.

    Returns:
        Whether there is one.

    Raises:
        ConfigError: no such back end, or noise that it does not know.
    """
    layers, there = _layers(module), made(there, noise)
    for layer in layers:
        layer.backend = there
        if (gradient, shots) != (None, None):
            layer.differentiate(gradient or "exact", shots, generator)
    return bool(layers)


def made(there: str | Backend, noise: float | str | None = None) -> Backend:
    """A back end as it is, or that of a name with such noise; see `run_on`."""
    if isinstance(there, Backend):
        return there
    given = noise if isinstance(noise, str | None) else _depolarised(noise)
    return named(there, **({} if given is None else {"noise": given}))


def _layers(module: nn.Module) -> list[QuantumLayer]:
    return [layer for layer in module.modules() if isinstance(layer, QuantumLayer)]


def _depolarised(p: float) -> NoiseModel:
    channel = (depolarising(p),)
    return NoiseModel(one_wire=channel, two_wire=channel)
