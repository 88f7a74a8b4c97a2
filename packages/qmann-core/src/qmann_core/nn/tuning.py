"""Training what was drawn of fixed circuits: by the gradient through the solve of the readout."""

import logging
import math

import torch
from torch import Tensor

from ..base import QMANNBase
from ..data import Samples
from .network import QMANN

_LOG = logging.getLogger("qmann.nn")
_RATE = 0.003  # of Adam, in radians or weights; ten times as much learns rows by heart


def tune(network: QMANN, train: Samples, check: Samples, steps: int) -> bool:
    """Descend what left-out rows of ``train`` lose, and keep what loses least on ``check``.

    What the controller's parts have ``drawn`` at random is changed by Adam; settings and penalty
    stay as chosen. The gradient is that through the readout, which is solved in every step (Golub
    and Pereyra 1973, doi:10.1137/0710036, on separable problems).

    Returns:
        Whether anything is better than what was drawn, which else is back in its place.
    """
    places = [
        (part, name)
        for part in network.controller.modules()
        if isinstance(part, QMANNBase)
        for name in part.drawn
    ]

    def put(tensors: list[Tensor]) -> None:
        for (part, name), tensor in zip(places, tensors, strict=True):
            setattr(part, name, tensor)

    kept = [getattr(part, name) for part, name in places]
    if not kept:
        return False
    leaves = [tensor.clone().requires_grad_() for tensor in kept]
    optimiser = torch.optim.Adam(leaves, lr=_RATE)
    losses = list[float]()
    for step in range(steps + 1):
        put(leaves)
        expected = network.solve(train)
        with torch.no_grad():
            raw = network(check.x, check.regressors, at=check.origin)
            losses.append(float(network.head.loss(raw, check.y, check.aux)))
        if losses[-1] < min(losses[:-1], default=math.inf):
            kept = [leaf.detach().clone() for leaf in leaves]
        if step < steps:
            gradients = torch.autograd.grad(expected, leaves)
            for leaf, gradient in zip(leaves, gradients, strict=True):
                leaf.grad = gradient
            optimiser.step()
    put(kept)
    best = min(losses)
    _LOG.info("trained circuits: held-out loss %.5g, of drawn ones %.5g", best, losses[0])
    return best < losses[0]
