"""Which keys a query may read: masks in the forms that nn.MultiheadAttention takes."""

from functools import reduce

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..errors import DataError

Shape = tuple[int, int, int, int]
"""Batch, heads, queries, keys."""


def causal(steps: int, like: Tensor) -> Bool[Tensor, "query key"]:
    """True where a key is later than the query."""
    return torch.ones(steps, steps, dtype=torch.bool, device=like.device).triu(1)


def joined_masks(
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    *,
    is_causal: bool,
    shape: Shape,
    like: Tensor,
) -> Float[Tensor, "batch_or_one head_or_one query_or_one key"] | None:
    """What is added to the logarithm of strengths; -inf where a key is left out.

    Args:
        key_padding_mask: (batch, key), bools (True: left out) or numbers.
        attn_mask: (query, key) or (batch * head, query, key), likewise.
        is_causal: leave out keys later than the query.
        shape: of the weights.
        like: a tensor of the dtype and on the device that are wanted.

    Raises:
        DataError: a mask of the wrong shape or dtype.
    """
    batch, heads, queries, keys = shape
    parts = []
    if key_padding_mask is not None:
        mask = _numbers("key_padding_mask", key_padding_mask, like, [(batch, keys)])
        parts.append(mask.view(batch, 1, 1, keys))
    if attn_mask is not None:
        shapes = [(queries, keys), (batch * heads, queries, keys)]
        mask = _numbers("attn_mask", attn_mask, like, shapes)
        each = (batch, heads) if mask.dim() == 3 else (1, 1)
        parts.append(mask.view(*each, queries, keys))
    if is_causal:
        if queries != keys:
            raise DataError(
                f"got is_causal with {queries} queries and {keys} keys: expected as many of each; "
                "pass an attn_mask that says which keys a query may read"
            )
        mask = _numbers("is_causal", causal(keys, like), like, [(keys, keys)])
        parts.append(mask.view(1, 1, keys, keys))
    return reduce(torch.add, parts) if parts else None


def _numbers(name: str, mask: Tensor, like: Tensor, shapes: list[tuple[int, ...]]) -> Tensor:
    if not isinstance(mask, Tensor):
        raise DataError(f"got {name} of type {type(mask).__name__}: expected a tensor")
    if tuple(mask.shape) not in shapes:
        expected = " or ".join(map(str, shapes))
        raise DataError(f"got {name} of shape {tuple(mask.shape)}: expected {expected}")
    if mask.dtype == torch.bool:
        return like.new_zeros(mask.shape).masked_fill(mask, -torch.inf)
    if not mask.is_floating_point():
        raise DataError(f"got {name} of {mask.dtype}: expected bools (True: left out) or floats")
    return mask.to(like.dtype)
