"""Which remembered cases are near-duplicates of which."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int64
from torch import Tensor

_BLOCK = 256  # cases whose neighbours are compared at a time


def representatives(
    keys: Float[Tensor, "bank case code"],
    compare: Callable[[Tensor, Tensor], Tensor],
    *,
    group: Int64[Tensor, " case"],
    settled: Int64[Tensor, " case"],
    tolerance: float,
) -> Int64[Tensor, " case"]:
    """The case that can stand for each case: itself, or the last settled that is nearly equal.

    Nearly equal are cases of one group whose likeness is above 1 - tolerance in every bank. What
    stands for others stands for itself, so no chain of small steps joins cases that differ; where
    duplicates form such a chain, some are left for the next time.

    Cases are put in order of group and of their first key's first number, and each is compared
    with the 256 to 511 before and behind it: of up to 512 cases all pairs are seen, of more all
    but those with hundreds of others between them, in time and memory linear in the cases.
    """
    order = keys[0, :, 0].sort().indices
    order = order[group[order].sort(stable=True).indices]
    n = len(order)
    rank = torch.empty_like(order)
    rank[settled.sort(stable=True).indices] = torch.arange(n, device=rank.device)
    keys, group, placed = keys[:, order], group[order], rank[order]
    best = placed.clone()
    for start in range(0, n, _BLOCK):
        here = slice(start, start + _BLOCK)
        around = slice(max(0, start - _BLOCK), start + 2 * _BLOCK)
        near = (compare(keys[:, here], keys[:, around]) > 1 - tolerance).all(dim=0)
        near &= group[here].unsqueeze(1) == group[around]
        highest = placed[around].expand_as(near).masked_fill(~near, -1).amax(dim=1)
        best[here] = torch.maximum(placed[here], highest)
    by_rank = torch.empty_like(order)
    by_rank[placed] = order
    stand_in = torch.empty_like(order)
    stand_in[order] = by_rank[best]
    itself = stand_in[stand_in] == stand_in
    return torch.where(itself, stand_in, torch.arange(n, device=order.device))
