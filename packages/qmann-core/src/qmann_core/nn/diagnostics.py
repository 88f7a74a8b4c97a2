"""Can a circuit be trained from where it starts? Statistics of its gradient over random weights."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..circuits import Circuit
from ..errors import CircuitError
from ..simulation import compile_circuit
from ..simulation.shots.sampling import MAX_AMPLITUDES
from .initialise import Initialisation, initial_weights


@dataclass(frozen=True, eq=False)
class GradientStatistics:
    """Mean and variance of d<observable>/d weight over random weights."""

    mean: Float[Tensor, "observable weight"]
    variance: Float[Tensor, "observable weight"]
    samples: int

    @property
    def mean_square(self) -> Float[Tensor, "observable weight"]:
        """Of the gradient itself: what counts where the mean is not 0, as for small angles."""
        return self.mean.square() + (1 - 1 / self.samples) * self.variance


def gradient_variance(
    circuit: Circuit,
    *,
    generator: torch.Generator,
    samples: int = 200,
    initialise: Initialisation = "uniform",
    inputs: Float[Tensor, " n_inputs"] | None = None,
) -> GradientStatistics:
    """The barren-plateau diagnostic of McClean et al., arXiv:1803.11173.

    A circuit has a barren plateau if the variance falls exponentially with its wires: compare
    several sizes. If both sides of a rotation are 2-designs on d = 2**n dimensions, a Pauli word
    has variance ``d**2 / (2 (d**2 - 1) (d + 1))``.

    Args:
        circuit: what is differentiated; every observable by every weight.
        generator: draws the weights.
        samples: sets of weights, evaluated together.
        initialise: where they come from.
        inputs: the sample that is encoded, where the circuit reads inputs.

    Raises:
        CircuitError: a circuit without weights, fewer than 2 samples, an unknown initialisation,
            or inputs missing or of the wrong shape.
    """
    if not circuit.n_weights:
        raise CircuitError("the circuit has no weights, so there is no gradient to look at")
    if samples < 2:
        raise CircuitError(f"a variance needs at least 2 samples, got {samples}")
    weights = initial_weights(initialise, circuit, generator, gates=(samples,), dtype=torch.float64)
    encoded = weights.new_empty(0) if inputs is None else inputs.detach().to(weights)
    if encoded.shape != (circuit.n_inputs,):
        raise CircuitError(
            f"the circuit reads {circuit.n_inputs} inputs; pass one sample of shape "
            f"({circuit.n_inputs},), got {tuple(encoded.shape)}"
        )
    n_stored = (1 + len(circuit.operations)) * 2**circuit.n_wires  # autograd keeps every state
    parts = torch.split(weights, max(1, 8 * MAX_AMPLITUDES // n_stored))
    gradients = torch.cat([_gradients(circuit, encoded, part) for part in parts], dim=1)
    return GradientStatistics(gradients.mean(1), gradients.var(1), samples)


def _gradients(
    circuit: Circuit, inputs: Tensor, weights: Float[Tensor, "sample weight"]
) -> Float[Tensor, "observable sample weight"]:
    leaf = weights.detach().requires_grad_()
    with torch.enable_grad():
        values = compile_circuit(circuit)(inputs, leaf)  # (sample, observable)
        sums = values.sum(0).unbind()
    return torch.stack([torch.autograd.grad(s, leaf, retain_graph=True)[0] for s in sums])
