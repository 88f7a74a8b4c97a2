"""Multi-head attention weighted by fidelities of states, with nn.MultiheadAttention's call."""

from numbers import Integral
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ..base import HybridComponent
from ..data.numbers import whole
from ..errors import ConfigError, DataError
from ..memory.trained.strengths import product_states
from .attention_masks import joined_masks
from .options import check_precision, probability

_MAX_QUBITS = 12


class _Unpacked:
    """What ``nn.TransformerEncoder`` takes for a tensor that its fast path can not use."""

    @classmethod
    def __torch_function__(cls, *_: Any) -> Any:
        return NotImplemented


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
        embed_dim: width of queries and of the output.
        num_heads: divides ``embed_dim``; each head has projections of its own.
        dropout: probability with which a weight is set to 0 in training.
        bias: whether the projections of queries and values and the last one have biases. That of
            keys has none: only differences of angles count.
        add_bias_kv: must be False.
        add_zero_attn: must be False.
        kdim: width of keys, by default ``embed_dim``.
        vdim: width of values, likewise.
        batch_first: see above.
        device: of the parameters.
        dtype: of the parameters.
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

    in_proj_bias: ClassVar[None] = None
    """Layers of torch around it see by this, and by the next, that there is no fast path."""
    in_proj_weight: ClassVar[_Unpacked] = _Unpacked()

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        n_qubits: int = 4,
        copies: int = 1,
    ) -> None:
        super().__init__()
        if add_bias_kv or add_zero_attn:
            raise ConfigError(
                f"got add_bias_kv={add_bias_kv}, add_zero_attn={add_zero_attn}: expected False, "
                "because every key is one that is stored; append it to key and value instead"
            )
        kdim, vdim = embed_dim if kdim is None else kdim, embed_dim if vdim is None else vdim
        _check_sizes(embed_dim, num_heads, n_qubits, copies)
        self.kdim, self.vdim = whole("kdim", kdim), whole("vdim", vdim)
        check_precision(dtype)
        self.embed_dim, self.num_heads, self.batch_first = embed_dim, num_heads, batch_first
        self.n_qubits, self.copies, self.dropout = n_qubits, copies, probability("dropout", dropout)
        self.query = nn.Linear(embed_dim, num_heads * n_qubits, bias=bias)
        self.key = nn.Linear(kdim, num_heads * n_qubits, bias=False)
        self.value = nn.Linear(vdim, embed_dim, bias=bias)
        self.outward = nn.Linear(embed_dim, embed_dim, bias=bias)
        self.to(device=device, dtype=dtype)

    @property
    def out_proj(self) -> nn.Linear:
        """The last dense layer, by the name that it has in ``nn.MultiheadAttention``."""
        return self.outward

    @property
    def _qkv_same_embed_dim(self) -> bool:
        return self.embed_dim == self.kdim == self.vdim

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
        widths = self.embed_dim, self.kdim, self.vdim
        _check_inputs((query, key, value), widths, 0 if self.batch_first else 1, self.query.weight)
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
        weights = fidelity_weights(fidelity, self.copies, mask)
        weights = functional.dropout(weights, self.dropout, self.training)
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
        width = x.shape[2] // self.num_heads
        return x.view(*x.shape[:2], self.num_heads, width).transpose(1, 2)

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
    if not fidelity.shape[-1]:
        return fidelity
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


def _check_sizes(embed_dim: int, num_heads: int, n_qubits: int, copies: int) -> None:
    sizes = {"num_heads": num_heads, "n_qubits": n_qubits, "copies": copies}
    wrong = [name for name, size in sizes.items() if not isinstance(size, Integral)]
    if wrong:
        raise ConfigError(f"got {wrong[0]} {sizes[wrong[0]]!r}: expected a whole number")
    if (
        not isinstance(embed_dim, Integral)
        or min(embed_dim, num_heads) < 1
        or embed_dim % num_heads
    ):
        raise ConfigError(
            f"got embed_dim {embed_dim!r} and num_heads {num_heads}: expected a positive multiple; "
            "choose an embed_dim that num_heads divides"
        )
    if not 1 <= n_qubits <= _MAX_QUBITS:
        raise ConfigError(
            f"got n_qubits {n_qubits}: expected 1 to {_MAX_QUBITS}, because each key is simulated "
            "with 2**n_qubits amplitudes; use more heads instead"
        )
    if copies < 1:
        raise ConfigError(f"got copies {copies}: expected at least 1")


def _check_inputs(
    given: tuple[Tensor, Tensor, Tensor],
    widths: tuple[int, int, int],
    batch_axis: int,
    weight: Tensor,
) -> None:
    for name, x in zip(("query", "key", "value"), given, strict=True):
        _check_alike(name, x, weight)
    shapes = [tuple(x.shape) for x in given]
    fit = [s[-1:] == (width,) for s, width in zip(shapes, widths, strict=True)]
    if not all(fit) or any(len(s) != len(shapes[0]) or len(s) not in (2, 3) for s in shapes):
        last = widths[0] if len(set(widths)) == 1 else widths
        raise DataError(
            f"got query, key and value of shapes {shapes}: expected two axes each, or three with "
            f"the batch, the last of width {last}"
        )
    if shapes[1][:-1] != shapes[2][:-1]:
        raise DataError(
            f"got a key of shape {shapes[1]} and a value of shape {shapes[2]}: expected a value "
            "for each key"
        )
    if len(shapes[0]) == 3 and shapes[0][batch_axis] != shapes[1][batch_axis]:
        raise DataError(
            f"got {shapes[0][batch_axis]} samples of queries and {shapes[1][batch_axis]} of keys: "
            f"expected as many on axis {batch_axis} (batch_first is {batch_axis == 0})"
        )


def _check_alike(name: str, x: Tensor, weight: Tensor) -> None:
    """Refuse what the projections can not multiply; autocast brings floats to one precision."""
    if not isinstance(x, Tensor):
        raise DataError(f"got a {name} of type {type(x).__name__}: expected a tensor")
    if x.is_nested or x.layout != torch.strided:
        raise DataError(
            f"got a {name} that is nested or sparse: expected a dense tensor; of a "
            "nn.TransformerEncoder set enable_nested_tensor=False"
        )
    casts = x.is_floating_point() and torch.is_autocast_enabled(weight.device.type)
    if x.device != weight.device or (x.dtype != weight.dtype and not casts):
        raise DataError(
            f"got a {name} of {x.dtype} on {x.device} and weights of {weight.dtype} on "
            f"{weight.device}: expected the same; convert one of them"
        )
