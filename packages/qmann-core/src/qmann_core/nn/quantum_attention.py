"""Multi-head attention weighted by fidelities of states, with nn.MultiheadAttention's call."""

from functools import reduce

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ..base import HybridComponent
from ..errors import ConfigError, DataError
from ..memory.trained.strengths import product_states

_MAX_QUBITS = 12

Shape = tuple[int, int, int, int]
"""Batch, heads, queries, keys."""


class QuantumAttention(HybridComponent):
    """Attention by the fidelity of key states, simulated; as ``nn.MultiheadAttention`` is called.

    Head h turns query i and key j into angles, these into product states of ``n_qubits`` wires, and

        F_ij = <q_i|k_j>^2 = prod_w cos^2((x_iw - y_jw) / 2)
        w_ij = F_ij^copies / sum_j F_ij^copies;  output = W_out concat_h sum_j w_ij v_j

    The weights are those with which a quantum memory that holds every k_j (``copies`` of each)
    gives back address j when it is asked for q_i: soft recall, exactly. More copies are sharper.
    Product states have no entanglement: a classical computer works these weights out as cheaply as
    those of dot products, and this one does.

    Call and return are those of ``nn.MultiheadAttention``: (time, batch, feature), or (batch, time,
    feature) with ``batch_first``, or (time, feature). Of masks, True means "left out"; numbers are
    added to the logarithm of the strengths, F^copies. Unlike there, a query that may read nothing
    gets weights 0 instead of NaN, and ``is_causal`` needs no ``attn_mask``.

    Args:
        embed_dim: width of queries, keys, values and of the output.
        num_heads: divides ``embed_dim``; each head has projections of its own.
        dropout: probability with which a weight is set to 0 in training.
        bias: whether the projections of queries and values and the last one have biases. That of
            keys has none: only differences of angles count.
        batch_first: see above.
        n_qubits: wires of a key state; 2**n_qubits amplitudes are simulated.
        copies: of each key.

    Raises:
        ConfigError: sizes that do not fit, or are out of range.

    Example:
        >>> attention = QuantumAttention(8, 2, batch_first=True)
        >>> x = torch.zeros(5, 7, 8)
        >>> output, weights = attention(x, x, x, is_causal=True)
        >>> output.shape, weights.shape
        (torch.Size([5, 7, 8]), torch.Size([5, 7, 7]))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        batch_first: bool = False,
        n_qubits: int = 4,
        copies: int = 1,
    ) -> None:
        super().__init__()
        _check_sizes(embed_dim, num_heads, n_qubits, copies)
        if not 0 <= dropout <= 1:
            raise ConfigError(f"got dropout {dropout}: expected a probability, 0 to 1")
        self.embed_dim, self.num_heads, self.batch_first = embed_dim, num_heads, batch_first
        self.n_qubits, self.copies = n_qubits, copies
        self.query = nn.Linear(embed_dim, num_heads * n_qubits, bias=bias)
        self.key = nn.Linear(embed_dim, num_heads * n_qubits, bias=False)
        self.value = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.outward = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Outputs and weights, (batch, query, key) or, not averaged, (batch, head, query, key).

        Args:
            query: see above.
            key: as many steps as ``value``.
            value: what is averaged.
            key_padding_mask: (batch, key).
            need_weights: False returns None for them.
            attn_mask: (query, key), or (batch * head, query, key).
            average_attn_weights: over heads.
            is_causal: query i reads keys j <= i only.

        Raises:
            DataError: a shape that does not fit.
        """
        _check_inputs(query, key, value, self.embed_dim, 0 if self.batch_first else 1)
        axes = query.dim()
        if axes == 2:
            query, key, value = (x.unsqueeze(0) for x in (query, key, value))
            key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
        elif not self.batch_first:
            query, key, value = (x.transpose(0, 1) for x in (query, key, value))
        mask = joined_masks(
            key_padding_mask,
            attn_mask,
            is_causal=is_causal,
            shape=(len(query), self.num_heads, query.shape[1], key.shape[1]),
            like=query,
        )
        asked = product_states(self._heads(self.query(query)))
        stored = product_states(self._heads(self.key(key)))
        fidelity = (asked @ stored.transpose(2, 3)).square()
        weights = self.dropout(fidelity_weights(fidelity, self.copies, mask))
        read = weights @ self._heads(self.value(value))
        output: Tensor = self.outward(read.transpose(1, 2).flatten(2))
        if average_attn_weights:
            weights = weights.mean(dim=1)
        if axes == 2:
            output, weights = output.squeeze(0), weights.squeeze(0)
        elif not self.batch_first:
            output = output.transpose(0, 1)
        return output, weights if need_weights else None

    def _heads(self, x: Tensor) -> Float[Tensor, "batch head time feature"]:
        return x.view(*x.shape[:2], self.num_heads, -1).transpose(1, 2)

    def extra_repr(self) -> str:
        return f"{self.num_heads} heads, {self.n_qubits} qubits, {self.copies} copies"


def fidelity_weights(
    fidelity: Float[Tensor, "*batch query key"],
    copies: int,
    mask: Float[Tensor, "*batch_or_one query_or_one key"] | None,
) -> Float[Tensor, "*batch query key"]:
    """F^copies e^mask, divided by their sum over keys; 0 where nothing may be read or overlaps.

    Fidelities and masks are first taken relative to the greatest of their row, which cancels, so
    that high powers of small fidelities do not all become 0.
    """
    factor = None
    if mask is not None:
        least = torch.finfo(mask.dtype).min  # a row of -inf alone gives 0, not NaN
        factor = (mask - mask.detach().amax(dim=-1, keepdim=True).clamp_min(least)).exp()
        fidelity = fidelity.masked_fill(factor == 0, 0.0)
    tiny = torch.finfo(fidelity.dtype).tiny
    peak = fidelity.detach().amax(dim=-1, keepdim=True).clamp_min(tiny)
    strength = (fidelity / peak) ** copies
    strength = strength if factor is None else strength * factor
    total = strength.sum(dim=-1, keepdim=True)
    return strength / total.masked_fill(total == 0, 1.0)


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
    if tuple(mask.shape) not in shapes:
        expected = " or ".join(map(str, shapes))
        raise DataError(f"got {name} of shape {tuple(mask.shape)}: expected {expected}")
    if mask.dtype == torch.bool:
        return like.new_zeros(mask.shape).masked_fill(mask, -torch.inf)
    if not mask.is_floating_point():
        raise DataError(f"got {name} of {mask.dtype}: expected bools (True: left out) or floats")
    return mask.to(like.dtype)


def _check_sizes(embed_dim: int, num_heads: int, n_qubits: int, copies: int) -> None:
    if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
        raise ConfigError(
            f"got embed_dim {embed_dim} and num_heads {num_heads}: expected a positive multiple; "
            "choose an embed_dim that num_heads divides"
        )
    if not 1 <= n_qubits <= _MAX_QUBITS:
        raise ConfigError(
            f"got n_qubits {n_qubits}: expected 1 to {_MAX_QUBITS}, because each key is simulated "
            "with 2**n_qubits amplitudes; use more heads instead"
        )
    if copies < 1:
        raise ConfigError(f"got copies {copies}: expected at least 1")


def _check_inputs(query: Tensor, key: Tensor, value: Tensor, width: int, batch_axis: int) -> None:
    shapes = [tuple(x.shape) for x in (query, key, value)]
    if any(len(s) != len(shapes[0]) or len(s) not in (2, 3) or s[-1] != width for s in shapes):
        raise DataError(
            f"got query, key and value of shapes {shapes}: expected two axes each, or three with "
            f"the batch, the last of width {width}"
        )
    if shapes[1] != shapes[2]:
        raise DataError(
            f"got a key of shape {shapes[1]} and a value of shape {shapes[2]}: expected a value "
            "for each key"
        )
    if len(shapes[0]) == 3 and shapes[0][batch_axis] != shapes[1][batch_axis]:
        raise DataError(
            f"got {shapes[0][batch_axis]} samples of queries and {shapes[1][batch_axis]} of keys: "
            f"expected as many on axis {batch_axis} (batch_first is {batch_axis == 0})"
        )
