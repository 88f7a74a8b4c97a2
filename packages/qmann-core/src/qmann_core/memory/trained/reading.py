"""How strongly each remembered case answers a query: differentiable, in PyTorch.

Every read is "weights proportional to strengths", w_a = s_a / sum_b s_b, which is what measuring
the address register gives after a success.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def product_states(angles: Float[Tensor, "*batch wire"]) -> Float[Tensor, "*batch amplitude"]:
    """Amplitudes of the product states that RY(x_i) on each wire i makes of |0...0>.

    They are real, so the fidelity of two of them is the square of their dot product,
    prod_i cos^2((x_i - y_i) / 2). Wire 0 is the most significant bit.
    """
    pairs = torch.stack(((angles / 2).cos(), (angles / 2).sin()), dim=-1)
    state = pairs[..., 0, :]
    for wire in range(1, angles.shape[-1]):
        state = (state.unsqueeze(-1) * pairs[..., wire, :].unsqueeze(-2)).flatten(-2)
    return state


def bounded(
    overlap: Float[Tensor, "*batch"], coefficients: Float[Tensor, " degree"], *, odd: bool
) -> Float[Tensor, "*batch"]:
    """A polynomial of definite parity that is at most 1 in absolute value on [-1, 1].

    P(x) = sum_j c_j T_{2j + odd}(x) / max(1, sum_j |c_j|): what quantum singular value
    transformation can apply to the overlap with one more qubit (Gilyen et al., arXiv:1806.01838).
    """
    previous, current = torch.ones_like(overlap), overlap
    total = torch.zeros_like(overlap)
    for degree in range(2 * len(coefficients) - 1 + odd):
        if degree % 2 == odd:
            total = total + coefficients[degree // 2] * previous
        previous, current = current, 2 * overlap * current - previous
    return total / coefficients.abs().sum().clamp_min(1.0)


def normalised(strength: Float[Tensor, "*batch slot"]) -> Float[Tensor, "*batch slot"]:
    """Strengths divided by their sum; where all are 0, they stay 0, with finite gradients."""
    total = strength.sum(dim=-1, keepdim=True)
    return strength / total.masked_fill(total == 0, 1.0)
