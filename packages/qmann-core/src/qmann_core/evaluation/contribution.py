"""What circuits did: how much of a model's answers depends on them, and what that is worth."""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from ..base import QuantumComponent
from ..data import Samples
from ..nn import Ensemble, FeatureCircuits, Readout, Squared

_PERMUTATIONS = 8
_ROWS = 4096  # of more, the first: enough for two digits
_FEWEST = 3  # samples, of which a regression can leave one out

Answer = Callable[[Int64[Tensor, " sample"]], Float[Tensor, "sample *output"]]
"""Answers to all samples where the circuits' outputs are those of these rows."""


@dataclass(frozen=True)
class Contribution:
    """What a model's circuits did, on samples that it had not seen."""

    share: float
    """Part of the answers that depends on the circuits' outputs, 0 to 1; see `effects`."""
    rise: float
    """What is added to the loss where each sample gets the circuits' outputs of another."""
    nonlinear: float
    """Part of the answers' variance that no linear function of the inputs explains; see `bend`."""
    entangled: float | None = None
    """What is added to the loss without couplings, with the same settings and the readout solved
    again; None for circuits that are trained or have none."""

    @staticmethod
    def of(parts: Sequence[Float[Tensor, "6"]], sizes: Sequence[int]) -> "Contribution":
        """That of several parts of the samples together, from `network_effects` in each."""
        weights = torch.tensor(sizes, dtype=torch.float64)
        means = (weights @ torch.stack(tuple(parts))) / weights.sum()
        through, around, rise, bent, varied, entangled = means.tolist()
        return Contribution(
            share=through / (through + around) if through + around else 0.0,
            rise=rise,
            nonlinear=min(bent / varied, 1.0) if varied else 0.0,
            entangled=None if math.isnan(entangled) else entangled,
        )


def effects(
    answer: Answer,
    loss: Callable[[Tensor], Tensor],
    n: int,
    *,
    outputs: Callable[[Tensor], Tensor] = torch.Tensor.double,
    generator: torch.Generator,
) -> Float[Tensor, "3"]:
    """Mean squared effects of circuits and of all else on the answers, and of circuits on the loss.

    With f_i = f(c_i, q_i) of circuits' outputs q and all else c, and permutations p,

        T_q = mean (f(c_i, q_p(i)) - f_i)^2    and    T_c = mean (f(c_i, q_p(i)) - f_p(i))^2

    are twice the total Sobol effects (Sobol 2001, doi:10.1016/S0378-4754(00)00270-6, by the
    estimator of Jansen); T_q / (T_q + T_c) is the share. Of several ``outputs`` made of raw ones
    the squares are added up: of a location and a scale, that is the squared 2-Wasserstein distance
    between normal answers.
    """
    raw = answer(torch.arange(n))
    found, before, rows = outputs(raw), loss(raw), []
    for _ in range(_PERMUTATIONS):
        other = torch.randperm(n, generator=generator)
        mixed = answer(other)
        through, around = (
            (outputs(mixed) - same).square().mean() for same in (found, found[other])
        )
        rows.append(torch.stack((through, around, (loss(mixed) - before).double())))
    return torch.stack(rows).mean(dim=0)


def bend(
    outputs: Float[Tensor, "sample output"], inputs: Float[Tensor, "sample input"]
) -> Float[Tensor, "2"]:
    """Mean squares of what a ridge regression on the inputs misses of outputs, and their variance.

    Each sample is left out of its own prediction, with the penalty that is best so (`Readout`).
    """
    if len(outputs) < _FEWEST:
        return torch.zeros(2, dtype=torch.float64)
    readout = Readout(Squared(), inputs.shape[1], outputs.shape[1]).double()
    missed = outputs - readout.fit(inputs.double(), outputs)
    return torch.stack([missed.square().mean(), outputs.var(dim=0, correction=0).mean()])


def _uncoupled(model: Ensemble, train: Samples) -> Ensemble | None:
    """The same without couplings, its readouts solved again; None where there are none to leave."""
    if not any(isinstance(m, FeatureCircuits) and m.coupling > 0 for m in model.modules()):
        return None
    other = copy.deepcopy(model)
    for part in other.modules():
        if isinstance(part, FeatureCircuits):
            part.coupling.zero_()
    for member in other:
        member.fit_statistics(train)
    return other


@torch.no_grad()
def network_effects(model: Ensemble, samples: Samples, train: Samples) -> Float[Tensor, "6"] | None:
    """`effects` of what an ensemble's circuits say, `bend` of its answers, price of entanglement.

    Of ``samples`` that it has not seen, after a fit to ``train``. What a controller says all goes
    through its circuits, but for the classical part of a `Blend`. None for networks without
    circuits in their controllers.
    """
    if not any(
        isinstance(m, QuantumComponent) for each in model for m in each.controller.modules()
    ):
        return None
    part = samples[np.arange(min(len(samples), _ROWS))]
    said = [(member, member.encode(part.x)) for member in model]

    def answer(rows: Tensor) -> Tensor:
        given = part.regressors, part.origin
        mixed = [(each, each.with_circuits_of(rows, features)) for each, features in said]
        return torch.stack([each.answer(features, *given) for each, features in mixed]).mean(0)

    def outputs(raw: Tensor) -> Tensor:
        decoded = model.head.decode(raw).values()
        return torch.cat([each.flatten(1) for each in decoded], dim=1).double()

    def loss(raw: Tensor) -> Tensor:
        return model.head.loss(raw, part.y, part.aux)

    generator = torch.Generator().manual_seed(0)
    found = effects(answer, loss, len(part), outputs=outputs, generator=generator)
    inputs, raw = next(iter(model)).scaling(part.x).flatten(1), answer(torch.arange(len(part)))
    other, price = _uncoupled(model, train), torch.tensor([math.nan], dtype=torch.float64)
    if other is not None:
        price[0] = loss(other(part.x, part.regressors, at=part.origin)) - loss(raw)
    return torch.cat((found, bend(outputs(raw), inputs), price))
