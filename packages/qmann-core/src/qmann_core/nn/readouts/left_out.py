"""What a readout gives for rows that it was not solved on, from the solution on all rows."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from .losses import Design, Eta, Loss, Targets

Blocks = Sequence[Int64[Tensor, "_ _"]]
"""A row for each group with its members, groups of equal size together."""


def without(
    loss: Loss,
    x: Design,
    y: Targets,
    ridge: Tensor,
    weights: Float[Tensor, "term output"],
    blocks: Blocks,
) -> Eta:
    """Eta of rows left out by one Newton step from all rows' weights.

    For single rows as in Rad and Maleki (2020, arXiv:1801.10243). With the Hessian H of all rows
    and R^T R, g what a group adds to n H and to n times the gradient, weights change by
    (H - R^T R / n)^-1 g / n. All is turned to coordinates in which H is one.
    """
    n, n_outputs = len(x), weights.shape[1]
    eta = x @ weights
    _, hessian = loss.derivatives(eta, y, x)
    factor = torch.linalg.cholesky(hessian + ridge)
    inverse = torch.linalg.solve_triangular(factor, torch.eye(len(factor)).to(factor), upper=False)
    reach = torch.einsum("nt,wto->now", x, inverse.reshape(len(factor), -1, n_outputs))
    score, root = loss.influence(eta, y, reach)
    left_out = eta.clone()
    for rows in blocks:
        pull, bend = score[rows].sum(dim=1).unsqueeze(2), root[rows].flatten(1, 2)
        rest = torch.eye(bend.shape[1]).to(bend) - bend @ bend.mT / n
        pull = pull + bend.mT @ torch.linalg.solve(rest, bend @ pull) / n
        step = reach[rows].flatten(1, 2) @ pull / n
        left_out[rows] += step.reshape(*rows.shape, n_outputs)
    return left_out
