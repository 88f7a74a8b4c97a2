"""Least squares of no more rows than features, by what rows say of each other: exact and fast."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from .left_out import Blocks

Dual = tuple[float, Float[Tensor, "feature output"], Float[Tensor, "row output"] | None]
"""Penalty, weights, and each row's eta were its group left out."""


def dual(
    z: Float[Tensor, "row feature"],
    y: Float[Tensor, "row output"],
    penalties: Sequence[float],
    blocks: Blocks,
    near: float | None = None,
) -> Iterator[Dual]:
    """Minima of mean |y - z w|^2 / 2 + penalty / 2 |w|^2, without an intercept, in float64.

    With G = z z^T / n and A = (G + penalty)^-1, w = z^T A y / n, and a group of rows that is left
    out is missed by r_G = (A_GG)^-1 (A y)_G: a Cholesky factor and its inverse for each penalty,
    some 2 n^3 / 3 operations, in place of eigenvalues, which take twenty times as long.

    Args:
        z: as many features as rows, or more.
        y: targets.
        penalties: to try, from the largest down.
        blocks: rows that are left out together; none are where there are none.
        near: begin at the nearest of the penalties, and go on in both directions while the loss of
            rows left out falls; None tries all.
    """
    n, wanted = len(y), y.numpy()
    gram = (z.numpy() @ z.numpy().T) / n

    def at(penalty: float) -> Dual:
        inverse = _root_of_inverse(gram, penalty)
        acting = torch.from_numpy(inverse.T @ (inverse @ wanted))
        left_out = y.clone()
        for rows in blocks:
            if rows.shape[1] == 1:
                among = torch.from_numpy(np.square(inverse).sum(axis=0))[rows].unsqueeze(2)
            else:
                reach = torch.from_numpy(np.ascontiguousarray(inverse.T))[rows]
                among = reach @ reach.mT
            left_out[rows] -= torch.linalg.solve(among, acting[rows])
        return penalty, z.mT @ acting / n, left_out if blocks else None

    def lost(found: Dual) -> float:
        assert found[2] is not None
        return float((found[2] - y).square().sum())

    if near is None or not blocks:
        yield from map(at, penalties)
        return
    yield from _walk(at, lost, penalties, int(np.abs(np.log(penalties) - np.log(near)).argmin()))


def alone(z: Float[Tensor, "row feature"], jitter: float) -> Float[Tensor, " row"]:
    """1 / [(z z^T + jitter)^-1]_ii: what of each row none of the others says."""
    rows = z.double().numpy()
    return torch.from_numpy(1 / np.square(_root_of_inverse(rows @ rows.T, jitter)).sum(axis=0))


def _root_of_inverse(gram: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    """L^-1 of L L^T = gram + ridge."""
    from scipy.linalg import lapack  # half a second, which predictions need not wait for

    factor, failed = lapack.dpotrf((gram + ridge * np.eye(len(gram))).T, lower=1, overwrite_a=1)
    assert not failed  # eigenvalues are the ridge or more
    inverse, _ = lapack.dtrtri(factor, lower=1, overwrite_c=1)
    found: NDArray[np.float64] = inverse
    return found


def _walk(
    at: Callable[[float], Dual], lost: Callable[[Dual], float], along: Sequence[float], start: int
) -> Iterator[Dual]:
    """What is visited on the way to where the loss is least."""
    first = at(along[start])
    yield first
    least, moved = lost(first), False
    for step in (-1, 1):
        place = start + step
        while 0 <= place < len(along) and not moved:
            found = at(along[place])
            yield found
            if lost(found) >= least:
                break
            least, place = lost(found), place + step
        moved = abs(place - start) > 1
