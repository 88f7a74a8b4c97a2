"""What wires would read without noise: probabilities, instead of values of observables."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from ..backends import Backend
from ..backends.outcomes import chances, words
from ..circuits import Circuit
from ..errors import CircuitError
from ..simulation import Measurement
from .automatic import mitigate
from .pipeline import MitigationPipeline

MAX_WIRES = 10


def mitigated_probabilities(
    backend: Backend,
    circuit: Circuit,
    inputs: Float[Tensor, "row n_inputs"],
    weights: Float[Tensor, " n_weights"],
    *,
    pipeline: MitigationPipeline | None = None,
    shots: int | None = None,
    seed: int = 0,
) -> Float[Tensor, "row outcome"]:
    """Probabilities of all outcomes, wire 0 the most significant bit, whatever is observed.

    The words of I and Z are mitigated, ``2^-n H <W>`` of their values are quasi-probabilities, and
    of all probabilities the nearest are taken; see `nearest_probabilities`.

    Args:
        backend: where circuits run; see `mitigate`, as for what follows.
        circuit: on at most `MAX_WIRES` wires.
        inputs: angles in radians.
        weights: in radians.
        pipeline: stages; None to have them chosen.
        shots: for each row in all.
        seed: of shots.

    Raises:
        CircuitError: more wires; else as `mitigate`.
        ConfigError: as `mitigate`.
        BackendError: as `mitigate`.
    """
    n = circuit.n_wires
    if n > MAX_WIRES:
        raise CircuitError(
            f"got {n} wires: expected at most {MAX_WIRES}, of whose 2^n outcomes all are mitigated;"
            " ask for observables on some of them instead"
        )
    setting = Measurement(tuple((wire, "Z") for wire in range(n)), ())
    asked = replace(circuit, observables=words(setting)[1:])
    found = mitigate(backend, asked, inputs, weights, pipeline=pipeline, shots=shots, seed=seed)
    whole = torch.cat((torch.ones_like(found.values[:, :1]), found.values), dim=1)
    return nearest_probabilities(chances(whole, setting))


def nearest_probabilities(
    quasi: Float[Tensor, "*batch outcome"],
) -> Float[Tensor, "*batch outcome"]:
    """The probabilities p with the least ``sum (p - q)^2``: ``p = max(q - t, 0)``.

    t is such that they add up to 1. Smolin, Gambetta and Smith, arXiv:1106.5458.

    Example:
        >>> nearest_probabilities(torch.tensor([0.8, 0.4, -0.2]))
        tensor([0.7000, 0.3000, 0.0000])
    """
    ordered = quasi.sort(dim=-1, descending=True).values
    n_kept = torch.arange(1, quasi.shape[-1] + 1).to(quasi)
    over = (ordered.cumsum(-1) - 1) / n_kept
    last = (ordered > over).sum(-1, keepdim=True) - 1
    found: Tensor = (quasi - over.gather(-1, last)).clamp(min=0)
    return found


def hellinger_fidelity(
    some: Float[Tensor, "*batch outcome"], others: Float[Tensor, "*batch outcome"]
) -> Float[Tensor, "*batch"]:
    """``(sum_x sqrt(p_x q_x))^2``, 1 of probabilities that are alike."""
    return (some * others).sqrt().sum(-1).square()
