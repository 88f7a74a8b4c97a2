"""How strongly each remembered case answers a query: differentiable, in PyTorch.

Every read is "weights proportional to strengths", w_a = s_a / sum_b s_b, which is what measuring
the address register gives after a success. Strengths are powers of the fidelity F_a = <q|k_a>^2
(b copies of the key give F^b), a smooth step of it, or a bounded polynomial of the overlap.
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


def smooth_step(
    fidelity: Float[Tensor, "*batch"], threshold: Float[Tensor, "*batch_or_one"], length: int
) -> Float[Tensor, "*batch"]:
    """Success probability of a fixed-point sequence of odd length L on the key register.

    g(F) = 1 - (T_L(sqrt(1 - F) / w) / T_L(1 / w))^2 with w = sqrt(1 - tau): 0 at F = 0, at least
    1 - T_L(1 / w)^-2 for F >= tau, and 1 at F = 1. It is a polynomial of F, because
    2 T_L(x)^2 = 1 + T_L(2 x^2 - 1). Yoder, Low and Chuang, arXiv:1409.3305.

    Args:
        fidelity: in [0, 1].
        threshold: tau, in (0, 1).
        length: L, odd.
    """
    scaled = 1 / (1 - threshold)
    return 1 - (1 + _chebyshev(2 * (1 - fidelity) * scaled - 1, length)) / (
        1 + _chebyshev(2 * scaled - 1, length)
    )


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


def _chebyshev(x: Tensor, degree: int) -> Tensor:
    """T_degree(x) by its recurrence, for any real x."""
    previous, current = torch.ones_like(x), x
    for _ in range(degree - 1):
        previous, current = current, 2 * x * current - previous
    return current
