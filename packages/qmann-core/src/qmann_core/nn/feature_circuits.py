"""Circuits with fixed random weights as features: nothing here is trained."""

import math
from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..base import ClassicalComponent, QMANNBase, QuantumComponent
from ..circuits import Circuit, angle, ising, pauli
from ..errors import CircuitError, ConfigError
from .quantum_layer import QuantumLayer

_FIELD = 0.5  # of the fixed rotations before the measurement, in radians


class Features(QMANNBase):
    """Random features that nothing trains: (..., n_inputs) -> (..., n_features)."""

    bandwidth: Tensor
    """What inputs are multiplied by."""
    n_inputs: int
    n_features: int
    n_amplitudes = 0
    """Of each block's state, if features are those; 0 for numbers."""

    @abstractmethod
    def forward(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch feature"]: ...

    def expected(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch feature"]:
        """The mean of what ``forward`` gives."""
        values: Tensor = self(x)
        return values


class FeatureCircuits(Features, QuantumComponent):
    """Expectation values <X>, <Y>, <Z> of every wire of blocks of weakly coupled spins, simulated.

    Each block (`circuits.ising`, a chain) turns its wires by ``bandwidth * x`` and couples
    neighbours by ``coupling * J``, with J uniform in [-1, 1] and fields uniform in [-1/2, 1/2],
    drawn once. Blocks share the inputs out, ``n_wires`` each; the last one's missing inputs are 0.
    Weakly coupled blocks with local observables keep the linear signal (Xiong et al.,
    arXiv:2312.15124, on what limits such features); for the bandwidth see Shaydulin and Wild,
    arXiv:2111.05451.

    Args:
        n_inputs: width of what is read.
        n_wires: of a block.
        bandwidth: radians for one unit of an input.
        coupling: largest angle of a coupling; 0 leaves the wires unentangled.
        states: the features are the blocks' states instead, real and imaginary parts in turn, of
            circuits that turn their wires by ``bandwidth * x`` again in the end: what comes after
            the last input drops out of fidelities.
        shots: measurements behind each value, which is 2 k / shots - 1 of a binomial k, each value
            on its own, with the gradient of the exact one; None for exact values.
        generator: of the fixed weights, from which the seed of shots follows; it moves on with
            every call.

    ``layer`` is the `QuantumLayer` that runs them: ``layer.noise`` makes its gates noisy, and
    ``layer.backend`` runs them elsewhere, all blocks of all samples in one call; shots are then
    those of the back end.

    Raises:
        CircuitError: no input, wire or bandwidth.
        ConfigError: noise or shots with states, when they are asked for.
    """

    drawn = ("fixed",)
    fixed: Tensor
    coupling: Tensor
    seed: Tensor

    def __init__(
        self,
        n_inputs: int,
        n_wires: int = 4,
        *,
        bandwidth: float = 0.1,
        coupling: float = 0.5,
        states: bool = False,
        shots: int | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if min(n_inputs, n_wires) < 1 or not bandwidth > 0:
            raise CircuitError(
                f"got {n_inputs} inputs, {n_wires} wires and bandwidth {bandwidth}: expected at "
                "least one of each, and a bandwidth above 0, without which nothing is encoded"
            )
        n_blocks = -(-n_inputs // n_wires)
        circuit = block(n_wires, twice=states)
        self.shots, self.n_inputs = shots, n_inputs
        self.n_amplitudes = 2**n_wires if states else 0
        self.n_parts = n_blocks * 2 * 2**n_wires
        self.n_features = self.n_parts if states else n_blocks * len(circuit.observables)
        self._wires = n_blocks, n_wires
        weights = 2 * torch.rand(n_blocks, 3 * n_wires - 1, generator=generator) - 1
        weights[:, n_wires - 1 :] *= _FIELD
        self.register_buffer("fixed", weights)
        self.register_buffer("bandwidth", torch.tensor(float(bandwidth)))
        self.register_buffer("coupling", torch.tensor(float(coupling)))
        self.register_buffer("seed", (weights[0, 0].abs() * 2**24).long())
        self.layer = QuantumLayer(circuit, generator=generator)
        self.layer.requires_grad_(requires_grad=False)  # it has no weights

    @property
    def disturbed(self) -> bool:
        """Whether values are other than exact ones of our simulation."""
        return any(each is not None for each in (self.shots, self.layer.noise, self.layer.backend))

    def forward(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch feature"]:
        if self.layer.backend is not None and not self.n_amplitudes:
            return self._elsewhere(x, self.shots)
        values = self.expected(x)
        return values if self.shots is None else self._measured(values, self.shots)

    def expected(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch feature"]:
        backend = self.layer.backend
        if backend is not None and not self.n_amplitudes:
            return self._elsewhere(x, None if backend.capabilities.exact else self.shots)
        if not self.n_amplitudes:
            values: Tensor = self.layer(self._rows(x))
            return values.flatten(-2)
        if self.disturbed:
            raise ConfigError(
                "got noise, shots or a back end for a kernel of fidelities: expected exact "
                "circuits, whose states are pure; leave them out, or set quantum.kernel=projected "
                "and fit again"
            )
        return self.states(x)

    def states(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch part"]:
        """Exact states of the blocks side by side, real and imaginary parts in turn."""
        states = self.layer.plan.states(self._rows(x), self.layer.weight)
        return torch.view_as_real(states).flatten(-3)

    def _rows(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch block angle"]:
        """What each block's circuit reads: angles, couplings and fields."""
        n_blocks, n_wires = self._wires
        padded = nn.functional.pad(self.bandwidth * x, (0, n_blocks * n_wires - self.n_inputs))
        angles = padded.reshape(*x.shape[:-1], n_blocks, n_wires)
        couplings, fields = self.fixed[:, : n_wires - 1], self.fixed[:, n_wires - 1 :]
        fixed = torch.cat((self.coupling * couplings, fields), dim=-1)
        return torch.cat((angles, fixed.expand(*angles.shape[:-1], -1)), dim=-1)

    def _elsewhere(
        self, x: Float[Tensor, "*batch input"], shots: int | None
    ) -> Float[Tensor, "*batch feature"]:
        self.seed += shots is not None
        return self.layer.measured(self._rows(x), shots, int(self.seed)).flatten(-2)

    def _measured(self, values: Tensor, shots: int) -> Tensor:
        generator = torch.Generator(values.device).manual_seed(int(self.seed))
        self.seed += 1
        chance = ((1 + values.detach()) / 2).clamp(0, 1)
        ones = torch.binomial(torch.full_like(chance, shots), chance, generator)
        return values + (2 * ones / shots - 1 - values).detach()


def block(n_wires: int, *, twice: bool = False) -> Circuit:
    """A chain of spins, of which <X>, <Y> and <Z> of every wire are measured.

    With ``twice`` RY(x_i) on every wire ends it, too.
    """
    observables = tuple(pauli(axis, (wire,)) for axis in "XYZ" for wire in range(n_wires))
    again = angle(n_wires) if twice else ()
    return Circuit(n_wires, ising(n_wires) + again, observables)


class TanhFeatures(Features, ClassicalComponent):
    """tanh(bandwidth * W x + b): the classical twin of `FeatureCircuits`, of any width.

    W is normal with variance 1 / n_inputs and b uniform in [-1, 1], drawn once.
    """

    drawn = ("weight", "bias")
    weight: Tensor
    bias: Tensor

    def __init__(
        self,
        n_inputs: int,
        n_features: int,
        *,
        bandwidth: float = 0.1,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.n_inputs, self.n_features = n_inputs, n_features
        weight = torch.randn(n_features, n_inputs, generator=generator) / math.sqrt(n_inputs)
        self.register_buffer("weight", weight)
        self.register_buffer("bias", 2 * torch.rand(n_features, generator=generator) - 1)
        self.register_buffer("bandwidth", torch.tensor(float(bandwidth)))

    def forward(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch feature"]:
        return torch.tanh(self.bandwidth * (x @ self.weight.mT) + self.bias)
