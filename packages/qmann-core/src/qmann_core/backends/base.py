"""Where a circuit is computed: one protocol for simulators and devices."""

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..circuits import Circuit
from ..config import PriceConfig
from ..errors import CircuitError
from ..simulation.arguments import check_inputs, check_weights
from .cost import Cost, Gradient, forecast
from .values import Values


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a back end can do."""

    n_wires: int | None = None
    """The most; None: as many as memory holds."""
    exact: bool = True
    """Whether ``shots`` may be None."""
    noise: bool = True
    """Whether ``noise`` is understood."""
    gradients: bool = False
    """Whether values are differentiable by autograd."""
    devices: tuple[str, ...] = ()
    """What may stand behind the colon of its name; the first one is the default."""


class Backend(ABC):
    """Runs circuits: expectation values and bit strings of a whole batch in one call."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What messages and reports call it."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities: ...

    @property
    def simulated(self) -> bool:
        """Whether no device is behind it."""
        return True

    @abstractmethod
    def _run(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int | None, seed: int
    ) -> Values: ...

    @abstractmethod
    def _sample(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int, seed: int
    ) -> tuple[Counter[str], ...]: ...

    def native(self, circuit: Circuit) -> "tuple[Backend, Circuit]":
        """A circuit without weights in the gates of the device, and what runs it as it stands.

        Error mitigation works on such circuits, so that nothing that it adds is taken out again.
        A service that mitigates itself, as ``ibm`` with ``options={"resilience_level": 2}``, is
        asked for that without our stages.

        Raises:
            ConfigError: the service is to mitigate itself.
        """
        return self, circuit

    def with_gain(self, gain: float | int) -> "Backend":
        """The same, with the noise of every gate to the power of ``gain``; see `NoiseModel.raised`.

        Raises:
            CircuitError: only simulations with a noise model that is known can do that.
        """
        if gain == 1:
            return self
        raise CircuitError(
            f"{self.name} cannot raise the noise of its gates to the power of {gain:g}: fold the "
            "circuit, as with ZNE(fold='global'), or use backend('exact', noise=NoiseModel(...))"
        )

    def holding(self, n_wires: int) -> tuple[str, ...]:
        """Some that hold ``n_wires``, for the message where this one does not."""
        del n_wires
        return ("exact",)

    def expectations(
        self,
        circuit: Circuit,
        inputs: Float[Tensor, "sample n_inputs"],
        weights: Float[Tensor, " n_weights"],
        *,
        shots: int | None = None,
        seed: int = 0,
    ) -> Values:
        """Expectation values of every observable for every sample, simulated or measured.

        Args:
            circuit: what is run.
            inputs: angles in radians, or amplitudes.
            weights: in radians.
            shots: measurements of each sample in each setting, a setting being a set of observables
                that commute on every wire (`simulation.measurements`); None for exact values.
            seed: of the shots, where they are simulated.

        Raises:
            CircuitError: nothing is measured, inputs or weights of another shape or not finite,
                shots that make no sense or that this back end needs, a circuit wider than it, or an
                operation that it lacks.
            BackendError: the simulator or device fails.

        Example:
            >>> from qmann_core.circuits import Circuit, angle, z_each
            >>> circuit = Circuit(2, angle(2), z_each(2))
            >>> backend("exact").expectations(circuit, torch.zeros(1, 2), torch.zeros(0)).mean
            tensor([[1., 1.]], dtype=torch.float64)
        """
        if not circuit.observables:
            raise CircuitError("the circuit measures nothing; give it observables like z_each(n)")
        self.check(circuit, inputs, weights, shots, seed)
        if len(inputs) == 0:
            empty = torch.zeros(0, len(circuit.observables), dtype=torch.float64)
            return Values(mean=empty, error=empty)
        return self._run(circuit, inputs.double().cpu(), weights.double().cpu(), shots, seed)

    def sample(
        self,
        circuit: Circuit,
        inputs: Float[Tensor, "sample n_inputs"],
        weights: Float[Tensor, " n_weights"],
        *,
        shots: int,
        seed: int = 0,
    ) -> tuple[Counter[str], ...]:
        """How often each bit string is read from each sample, wire 0 first; see `expectations`."""
        self.check(circuit, inputs, weights, shots, seed)
        if len(inputs) == 0:
            return ()
        inputs, weights = inputs.detach().double().cpu(), weights.detach().double().cpu()
        return self._sample(circuit, inputs, weights, shots, seed)

    def cost(
        self,
        circuit: Circuit,
        n_samples: int,
        *,
        shots: int | None,
        gradient: Gradient | None = None,
        passes: int = 1,
        price: PriceConfig | None = None,
    ) -> Cost:
        """What it takes to evaluate or to train a circuit here; see `cost.forecast`.

        Raises:
            CircuitError: shots that make no sense or that this back end needs.
        """
        self._check_shots(shots)
        evaluations = 1 + (gradient.evaluations(circuit) if gradient else 0)
        return self._cost(circuit, passes * n_samples * evaluations, shots, price)

    def _cost(
        self, circuit: Circuit, n_rows: int, shots: int | None, price: PriceConfig | None
    ) -> Cost:
        return forecast(circuit, n_rows, shots=shots, price=price)

    def _check_shots(self, shots: int | None) -> None:
        if shots is not None:
            _check_whole("shots", shots, 1)
        elif not self.capabilities.exact:
            raise CircuitError(f"{self.name} has no exact values; say how many shots")

    def check(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int | None, seed: int
    ) -> None:
        """Refuse arguments of `expectations` that make no sense, as it says there."""
        check_inputs(inputs, circuit.n_inputs, weights)
        check_weights(weights, circuit.n_weights)
        if inputs.ndim != 2 or weights.ndim != 1:
            raise CircuitError(
                f"got inputs of shape {tuple(inputs.shape)} and weights of shape "
                f"{tuple(weights.shape)}: expected (sample, n_inputs) and (n_weights,)"
            )
        for name, values in (("inputs", inputs), ("weights", weights)):
            if not bool(values.isfinite().all()):
                raise CircuitError(f"{name} are not all finite; replace NaN and infinite values")
        self._check_shots(shots)
        _check_whole("seed", seed, 0)
        most = self.capabilities.n_wires
        if most is not None and circuit.n_wires > most:
            raise CircuitError(
                f"{self.name} has {most} wires, the circuit {circuit.n_wires}: make it narrower, "
                f"or use what holds it, such as {', '.join(self.holding(circuit.n_wires))}"
            )


def _check_whole(name: str, number: int, least: int) -> None:
    is_whole = isinstance(number, int) and not isinstance(number, bool)
    if not (is_whole and least <= number < 2**32):
        raise CircuitError(
            f"{name}: expected a whole number from {least} to 2**32 - 1, got {number!r}"
        )
