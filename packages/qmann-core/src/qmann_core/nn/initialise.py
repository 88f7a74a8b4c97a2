"""Where circuit weights start: uniform, small, or such that trainable blocks do nothing yet."""

import math
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from ..circuits import Circuit
from ..errors import CircuitError
from .mirrored import identity_pairs
from .options import check_generator

Initialisation = Literal["uniform", "small_angles", "identity_blocks"]


def initial_weights(
    initialise: str,
    circuit: Circuit,
    generator: torch.Generator | None,
    *,
    gates: tuple[int, ...] = (),
    dtype: torch.dtype | None = None,
) -> Float[Tensor, "*gates weight"]:
    """First angles of a circuit; without a generator, from torch's own, as in ``torch.nn.init``.

    ``"uniform"``: from 0 to 2 pi. Deep circuits then have barren plateaus: McClean et al.,
    arXiv:1803.11173.

    ``"small_angles"``: normal, of variance 1/(n L), where L is the number of weights per wire. The
    norm of the gradient then falls at most polynomially with wires and depth, for Gaussian angles
    whose variance falls as 1/depth: Zhang et al., arXiv:2203.09376.

    ``"identity_blocks"``: uniform, except that the second half of each block undoes its first half.
    The trainable part then is the identity, and gradients at the start are those of a single block,
    however many follow: Grant et al., arXiv:1903.05076. A block is an ansatz and its mirror image,
    as `mirrored` makes it; a circuit whose operations do not pair up has no such start.

    Raises:
        CircuitError: an unknown initialisation, or an operation that nothing undoes, by name.

    Example:
        >>> from qmann_core.circuits import Circuit, compose, strongly_entangling, z_each
        >>> from qmann_core.nn import mirrored
        >>> block = mirrored(strongly_entangling(4, 1))
        >>> circuit = Circuit(4, compose(block, block), z_each(4))
        >>> initial_weights("identity_blocks", circuit, torch.Generator()).shape
        torch.Size([48])
    """
    check_generator(generator)
    if initialise not in get_args(Initialisation):
        known = ", ".join(get_args(Initialisation))
        raise CircuitError(f"unknown initialisation {initialise!r}; use one of {known}")
    shape = (*gates, circuit.n_weights)
    device = None if generator is None else generator.device
    if initialise == "small_angles":
        deviation = 1 / math.sqrt(max(circuit.n_weights, 1))
        return deviation * torch.randn(shape, generator=generator, dtype=dtype, device=device)
    weights = 2 * math.pi * torch.rand(shape, generator=generator, dtype=dtype, device=device)
    pairs = identity_pairs(circuit) if initialise == "identity_blocks" else []
    if pairs:
        first, second = map(list, zip(*pairs, strict=True))
        weights[..., second] = -weights[..., first]
    return weights
