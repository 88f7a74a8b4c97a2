"""Where circuit weights start: uniform, small, or such that trainable blocks do nothing yet."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ..circuits import Circuit
from .mirrored import identity_pairs

Initialisation = Literal["uniform", "small_angles", "identity_blocks"]


def uniform(
    circuit: Circuit,
    generator: torch.Generator | None,
    *,
    gates: tuple[int, ...] = (),
    dtype: torch.dtype | None = None,
) -> Float[Tensor, "*gates weight"]:
    """Uniform angles from 0 to 2 pi.

    Deep circuits then have barren plateaus: McClean et al., arXiv:1803.11173. Without a generator
    the numbers come from torch's own, here and below, as in ``torch.nn.init``.
    """
    shape = (*gates, circuit.n_weights)
    device = _device(generator)
    return 2 * math.pi * torch.rand(shape, generator=generator, dtype=dtype, device=device)


def small_angles(
    circuit: Circuit,
    generator: torch.Generator | None,
    *,
    gates: tuple[int, ...] = (),
    dtype: torch.dtype | None = None,
) -> Float[Tensor, "*gates weight"]:
    """Normal angles of variance 1/(n L), where L is the number of weights per wire.

    The norm of the gradient then falls at most polynomially with wires and depth, for Gaussian
    angles whose variance falls as 1/depth: Zhang et al., arXiv:2203.09376.
    """
    deviation = 1 / math.sqrt(max(circuit.n_weights, 1))
    shape = (*gates, circuit.n_weights)
    device = _device(generator)
    return deviation * torch.randn(shape, generator=generator, dtype=dtype, device=device)


def identity_blocks(
    circuit: Circuit,
    generator: torch.Generator | None,
    *,
    gates: tuple[int, ...] = (),
    dtype: torch.dtype | None = None,
) -> Float[Tensor, "*gates weight"]:
    """Uniform angles, except that the second half of each block undoes its first half.

    The trainable part then is the identity, and gradients at the start are those of a single
    block, however many follow. Grant et al., arXiv:1903.05076. A block is an ansatz and its mirror
    image, as `mirrored` makes it; a circuit whose operations do not pair up has no such start.

    Raises:
        CircuitError: an operation that nothing undoes; the message names it.

    Example:
        >>> from qmann_core.circuits import Circuit, compose, strongly_entangling, z_each
        >>> from qmann_core.nn.mirrored import mirrored
        >>> block = mirrored(strongly_entangling(4, 1))
        >>> circuit = Circuit(4, compose(block, block), z_each(4))
        >>> identity_blocks(circuit, torch.Generator().manual_seed(0)).shape
        torch.Size([48])
    """
    weights = uniform(circuit, generator, gates=gates, dtype=dtype)
    pairs = identity_pairs(circuit)
    if pairs:
        first, second = map(list, zip(*pairs, strict=True))
        weights[..., second] = -weights[..., first]
    return weights


INITIALISATIONS: Mapping[Initialisation, Callable[..., Tensor]] = MappingProxyType(
    {"uniform": uniform, "small_angles": small_angles, "identity_blocks": identity_blocks}
)


def _device(generator: torch.Generator | None) -> torch.device | None:
    return None if generator is None else generator.device
