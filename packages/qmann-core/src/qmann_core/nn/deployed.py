"""A layer's circuit on a back end, with its weights as numbers, and the version that these are."""

from dataclasses import dataclass
from hashlib import sha256

from jaxtyping import Float
from torch import Tensor

from ..backends import Backend, Values
from ..circuits import Circuit
from ..errors import CircuitError
from .quantum_layer import QuantumLayer


@dataclass(frozen=True, kw_only=True, eq=False)
class Deployed:
    """What `QuantumClassicalInterface.synchronize` makes; refuses to run once it is stale.

    Attributes:
        layer: whose weights were deployed.
        backend: where the circuit runs.
        weights: in radians, as they were then.
        version: `version_of` the circuit and these weights.
    """

    layer: QuantumLayer
    backend: Backend
    weights: Float[Tensor, " n_weights"]
    version: str

    @property
    def circuit(self) -> Circuit:
        return self.layer.circuit

    def expectations(
        self, inputs: Float[Tensor, "sample n_inputs"], *, shots: int | None = None, seed: int = 0
    ) -> Values:
        """Expectation values with the deployed weights; see `Backend.expectations`.

        Raises:
            CircuitError: the layer's weights have changed, or what the back end refuses.
            BackendError: the simulator or device fails.
        """
        current = version_of(self.circuit, self.layer.weight)
        if current != self.version:
            raise CircuitError(
                f"{self.backend.name} has version {self.version} of the weights, and the layer has "
                f"version {current}: deploy it again by interface.synchronize(layer, backend)"
            )
        return self.backend.expectations(self.circuit, inputs, self.weights, shots=shots, seed=seed)


def version_of(circuit: Circuit, weights: Float[Tensor, " n_weights"]) -> str:
    """The first 12 digits of the SHA-256 of a circuit and its weights, in double precision."""
    numbers = weights.detach().double().cpu().numpy().tobytes()
    return sha256(repr(circuit).encode() + numbers).hexdigest()[:12]
