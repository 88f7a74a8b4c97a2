"""A circuit as a PyTorch layer."""

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
        self.estimator = None if gradient == "exact" else Estimator(circuit, gradient, shots=shots)
        self.generator = generator if self.estimator is not None else None
        self.noise: NoiseModel | None = None
        self.backend: Backend | None = None
        self.shots, self._calls = shots, 0

    @property
    def circuit(self) -> Circuit:
        return self.plan.circuit

    def forward(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch_and_output"]:
        if self.backend is not None:
            return self.measured(x, self.shots, 0 if self.shots is None else self._next_seed())
        if self.estimator is not None:
            return self.estimator(x, self.weight, self.generator)
        if self.noise is not None:
            return noisy_expectations(self.circuit, x, self.weight, self.noise)
        return self.plan(x, self.weight)

    def measured(
        self, x: Float[Tensor, "*batch input"], shots: int | None, seed: int
    ) -> Float[Tensor, "*batch_and_output"]:
        """What ``backend`` gives.

        Raises:
            CircuitError: the layer has noise of its own, a gradient is wanted that the back end
                does not give, or what the back end refuses.
        """
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
            return self.estimator(x, self.weight, self.generator, run)
        gives = backend.capabilities.gradients and shots is None
        wanted = x.requires_grad or (self.weight.requires_grad and self.weight.numel() > 0)
        if wanted and torch.is_grad_enabled() and not gives:
            raise CircuitError(
                f"{backend.name} gives no gradients: make the layer with "
                "gradient='parameter_shift' or 'spsa', or call it under torch.no_grad()"
            )
        check_inputs(x, self.circuit.n_inputs, self.weight)
        return Evaluation(self.circuit, shots, None, run)(x, self.weight)

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


def run_on(module: nn.Module, there: str | Backend, noise: float | str | None = None) -> bool:
    """Let the circuits of each `QuantumLayer` inside run on a back end.

    Args:
        module: with layers whose gradient is not asked for.
        there: a back end, or the name of one; see `backends.backend`.
        noise: with a name, the chance of a depolarising error after each gate, or a noise that the
            back end knows.

    Returns:
        Whether there is one.

    Raises:
        ConfigError: no such back end, or noise that it does not know.
    """
    layers, there = _layers(module), made(there, noise)
    for layer in layers:
        layer.backend = there
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
